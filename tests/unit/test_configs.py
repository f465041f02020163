"""Configs: wire and flat, what is wrong and what is unfinished, for every component and every kind of nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows import configs
from apps.workflows.components import registry
from pipelit.errors import ConfigError

COMPONENTS = sorted(registry.all_components().items())
FIELDS = [(name, field) for name, component in COMPONENTS for field in configs.fields_of(component.Config)]
NONSENSE: list[Any] = [
    None, "", "x", "{{ x", "{{ x }}", "{% for %}", "\x00", 0, -1, 10**30, 1.5, float("inf"), True, [], [1], [[]], [{}],
    [{"id": []}], [{"id": {}, "field": 1, "operator": None}], [{"id": "a", "field": "{{ x }}"}], {}, {"a": []},
    {"": None}, {"type": 5}, {"type": "object", "properties": []}, {"a": {"a": {"a": "{{ a }}"}}}, {"a": "{{ oops"},
]  # fmt: skip


@pytest.mark.parametrize(("component_type", "field"), FIELDS)
def test_nonsense_is_judged_and_never_a_crash(component_type: str, field: str) -> None:
    component = registry.get(component_type)
    for value in NONSENSE:
        found = configs.faults(component, {field: value})
        for sentences in (*found.errors.values(), *found.missing.values()):
            assert all(isinstance(sentence, str) and sentence for sentence in sentences)


@pytest.mark.parametrize(("component_type", "component"), COMPONENTS)
def test_examples_are_sound_and_survive_the_wire(component_type: str, component: Any) -> None:
    flat = {name: value for name, value in component.example.get("config", {}).items() if value is not None}
    assert configs.faults(component, flat).errors == {}
    wire = configs.unflatten(flat, component)
    assert configs.flatten(wire, component) == flat
    assert configs.unflatten(configs.flatten(wire, component), component) == wire
    assert set(wire) == {*configs.columns(component), "extra_config"} | (
        {"trigger_config"} if component.is_trigger() else set()
    )


def test_fields_lie_where_their_family_has_them() -> None:
    agent = registry.get("agent")
    wire = configs.unflatten({"system_prompt": "hi", "temperature": 0.1, "max_iterations": 3}, agent)
    assert (wire["system_prompt"], wire["temperature"], wire["model_name"]) == ("hi", 0.1, None)
    assert wire["extra_config"] == {"max_iterations": 3}
    assert "credential_id" not in wire


def test_fields_in_the_wrong_place_are_found() -> None:
    values = registry.get("set")
    assert configs.flatten({"values": {"a": 1}}, values) == {"values": {"a": 1}}
    given = {"extra_config": {"values": {"a": 1}}, "values": {"a": 2}}
    assert configs.flatten(given, values) == {"values": {"a": 2}}
    assert configs.flatten({"extra_config": None, "trigger_config": {}}, values) == {}
    for nonsense in ("x", [1], 5, [], "", 0, False):
        flat = configs.flatten({"extra_config": nonsense}, values)
        assert "extra_config" in configs.faults(values, flat).errors


def test_wrong_and_unfinished_are_told_apart() -> None:
    transform = registry.get("transform")
    found = configs.faults(transform, {})
    assert (found.errors, list(found.missing)) == ({}, ["template"])
    found = configs.faults(transform, {"template": "{{ a", "colour": 1})
    assert (list(found.errors), list(found.missing)) == (["colour"], ["template"])


def test_expressions_pass_any_type_only_where_they_are_allowed() -> None:
    values, loop = registry.get("set"), registry.get("loop")
    assert configs.faults(values, {"values": "{{ a }}"}).errors == {}
    assert list(configs.faults(values, {"values": "a"}).errors) == ["values"]
    assert list(configs.faults(loop, {"concurrency": "{{ a }}"}).errors) == ["concurrency"]


def test_nested_faults_name_their_place() -> None:
    rules = [{"id": "a", "field": "x", "operator": "gt"}, {"id": "b", "field": "x", "operator": "resembles"}]
    (sentence, *_) = configs.faults(registry.get("switch"), {"rules": rules}).errors["rules"]
    assert sentence.startswith("1.operator:")


def test_parsing_gives_the_config_or_names_field_and_value() -> None:
    loop = registry.get("loop")
    assert configs.parse(loop, {"concurrency": 3}).concurrency == 3
    with pytest.raises(ConfigError, match=r"'concurrency' \(\"At once\"\) of Loop does not take 500"):
        configs.parse(loop, {"concurrency": 500})
    with pytest.raises(ConfigError) as caught:
        configs.parse(registry.get("set"), {"values": "x" * 1000})
    assert "..." in caught.value.detail
    assert len(caught.value.detail) < 300


def test_strings_are_found_at_any_depth() -> None:
    assert configs.strings({"a": ["x", {"b": "y"}], "c": 1, "d": None}) == ["x", "y"]
