"""What every registered component must do, third-party ones included."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.workflows import configs
from apps.workflows.components import registry
from apps.workflows.components.base import (
    MODEL_FIELDS,
    Answer,
    Category,
    Component,
    Effect,
    Family,
    NodeConfig,
    StepConfig,
)
from apps.workflows.components.describe import describe
from pipelit.errors import PipelitError

from .twin import FakeCtx, run, tool_of

ROOT = Path(__file__).parents[2]
COMPONENTS = registry.all_components()
each = pytest.mark.parametrize("kind", [pytest.param(c, id=name) for name, c in COMPONENTS.items()])

EXPECTED = {
    "trigger_manual", "trigger_chat", "trigger_webhook", "trigger_workflow", "trigger_error",
    "trigger_schedule", "trigger_form",
    "ai_model", "agent", "llm", "categorizer",
    "switch", "loop", "merge", "filter", "set", "transform", "wait", "code", "human_confirmation", "workflow",
    "assertion", "reply",
    "http_request", "calculator", "datetime",
}  # fmt: skip


def test_all_are_found() -> None:
    assert not EXPECTED - COMPONENTS.keys()


@each
def test_declares_itself(kind: Component) -> None:
    assert kind.type == kind.type.lower()
    assert kind.label
    assert isinstance(kind.category, Category)
    assert isinstance(kind.family, Family)
    assert isinstance(kind.effect, Effect)
    assert kind.icon
    assert kind.version >= 1
    assert len(type(kind).__doc__ or "") > 60, "the docstring is the documentation"
    assert kind.example, "an example is shown and executed"


@each
def test_file_is_named_for_its_type(kind: Component) -> None:
    module = type(kind).__module__
    if module.startswith("apps.workflows.components."):
        assert module.rpartition(".")[2] == kind.type


@each
def test_ports_are_named_once_and_described(kind: Component) -> None:
    for ports in (kind.inputs, kind.outputs):
        names = [port.name for port in ports]
        assert len(names) == len(set(names))
        for port in ports:
            assert port.name.isidentifier()
            assert not port.name.startswith("_")
            assert port.description
    known = configs.fields_of(kind.Config)
    for port in kind.inputs:
        assert set(port.filled_by) <= known.keys()
    if kind.is_trigger():
        assert not kind.inputs


@each
def test_fields_have_title_help_and_default(kind: Component) -> None:
    for name, info in configs.fields_of(kind.Config).items():
        assert info.title, name
        assert info.description, name
        assert info.description.endswith((".", ")")), f"{name}: help texts are sentences"
    schema = json.loads(json.dumps(kind.Config.model_json_schema()))
    assert schema["additionalProperties"] is False


@each
def test_config_is_of_its_family(kind: Component) -> None:
    known = configs.fields_of(kind.Config).keys()
    assert issubclass(kind.Config, NodeConfig)
    if kind.is_trigger():
        assert {"credential_id", "is_active", "priority"} <= known
        assert not issubclass(kind.Config, StepConfig)
    elif kind.executable:
        assert issubclass(kind.Config, StepConfig)
        assert not {"is_active", "priority"} & known
    if kind.family in (Family.AI, Family.MODEL) and kind.executable | (kind.attaches_as == "llm"):
        assert set(MODEL_FIELDS) <= known


@each
def test_an_empty_config_is_a_draft(kind: Component) -> None:
    assert configs.faults(kind, {}).errors == {}


@each
def test_faults_of_garbage_are_sentences(kind: Component) -> None:
    for value in (None, 7, "x", [1], {"a": [None]}, [{"id": 3}], "{{ unclosed"):
        found = configs.faults(kind, dict.fromkeys(configs.fields_of(kind.Config), value))
        for sentences in (*found.errors.values(), *found.missing.values()):
            assert all(isinstance(sentence, str) and sentence for sentence in sentences)
    assert "no_such_field" in configs.faults(kind, {"no_such_field": 1}).errors


@each
def test_description_is_json(kind: Component) -> None:
    described = json.loads(json.dumps(describe(kind)))
    assert described["component_type"] == kind.type
    assert {port["name"] for port in described["outputs"]} == {port.name for port in kind.outputs}
    assert described["config_schema"]["properties"]


def test_only_what_exists_may_be_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> set[str]:
        return {one["label"] for one in describe(COMPONENTS["agent"])["attachments"]}

    class Notebook(type(COMPONENTS["calculator"])):  # type: ignore[misc]
        type = "notebook"
        attaches_as = "memory"

    everything = {one.attaches_as for one in COMPONENTS.values()}
    assert offered() <= everything
    monkeypatch.setattr(registry, "all_components", lambda: {**COMPONENTS, "notebook": Notebook()})
    assert "memory" in offered()


@each
def test_effect_is_declared_for_every_config(kind: Component) -> None:
    config = kind.Config.model_validate(dict(kind.example.get("config", {})))
    assert isinstance(kind.effect_of(config), Effect)


@each
def test_config_round_trips(kind: Component) -> None:
    flat = dict(kind.example.get("config", {}))
    assert configs.flatten(configs.unflatten(flat, kind), kind) == flat
    assert kind.upgrade(dict(flat), kind.version) == flat


@each
def test_example_runs(kind: Component) -> None:
    example = kind.example
    config = dict(example.get("config", {}))
    faults = configs.faults(kind, config)
    assert (faults.errors, faults.missing) == ({}, {})
    if not kind.executable:
        with pytest.raises(TypeError):
            kind.run(FakeCtx(), None, {})
        return
    answer = example.get("answer")
    world = FakeCtx(
        scope=example.get("scope"),
        sources=example.get("sources", ()),
        llm=example.get("llm", ()),
        http=example.get("http", ()),
        answers={"": Answer(**answer)} if answer else None,
        children=example.get("children"),
        tools=[tool_of(tool["type"], tool["config"]) for tool in example.get("tools", ())],
    )
    output = run(kind.type, config, world, **example.get("inputs", {}))
    expected = example["output"]
    assert {name: output.get(name) for name in expected} == expected
    ports = {name for name in output if not name.startswith("_")}
    assert ports <= {port.name for port in kind.outputs}
    assert not ports or ports == {port.name for port in kind.outputs}


@each
def test_what_attaches_as_a_tool_gives_tools(kind: Component) -> None:
    if kind.attaches_as == "tool":
        tool = tool_of(kind.type, {})
        assert tool.description
        assert tool.metadata is not None
        assert Effect(tool.metadata["effect"])
        assert tool.metadata["node_id"] == "node"


@each
def test_hostile_inputs_are_errors_of_ours(kind: Component) -> None:
    """Whatever an edge brings, a component answers JSON or raises one of our errors."""
    if not kind.executable or kind.type == "code":
        return
    for value in (None, "", 0, -1.5, True, "x" * 1000, [], [None, [1]], {}, {"type": "human"}, {"a": {"b": "\x00"}}):
        world = FakeCtx(
            scope=kind.example.get("scope"), llm=kind.example.get("llm", ()), http=kind.example.get("http", ()),
            sources=[("a", value)], answers={"": Answer("confirmed", value)}, children={"double": value},
            tools=[tool_of(tool["type"], tool["config"]) for tool in kind.example.get("tools", ())],
        )  # fmt: skip
        inputs: dict[str, Any] = dict.fromkeys((port.name for port in kind.inputs), value)
        try:
            run(kind.type, kind.example.get("config"), world, **inputs)
        except PipelitError as error:
            faults = [error.detail] if not error.detail or error.code == "internal_error" else []
            if faults:
                pytest.fail(f"{value!r}: {faults}")


def test_components_know_no_django() -> None:
    """Importing all of them and running one needs no Django."""
    script = (
        "import sys\n"
        "from apps.workflows.components import registry\n"
        "registry.all_components()\n"
        "import apps.workflows.components.ai._react\n"
        "bad = sorted(m for m in sys.modules if m.split('.')[0] in ('django', 'rest_framework'))\n"
        "assert not bad, bad[:5]\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_categories_have_no_strangers() -> None:
    assert {c.category for c in COMPONENTS.values()} <= set(Category)
