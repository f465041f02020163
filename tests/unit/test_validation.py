"""Whole graphs: what keeps them from running, and what may be a slip."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.components.base import DataType, Port
from apps.workflows.edges import EdgeValidator, converts, edge_faults
from apps.workflows.topology import Edge, Graph
from apps.workflows.validation import errors_reachable, validate
from tests.engine.harness import edge, node


def snapshot(nodes: list[dict[str, Any]], *edges: tuple[Any, ...]) -> dict[str, Any]:
    return {"format": 1, "nodes": nodes, "edges": [edge(*parts) for parts in edges]}


def errors(drawn: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["code"], entry.get("node_id", "")) for entry in validate(drawn).errors]


def warnings(drawn: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["code"], entry.get("node_id", "")) for entry in validate(drawn).warnings]


START = node("start", "trigger_manual")
RULE = {"id": "big", "field": "start.payload.n", "operator": "gt", "value": 1}


def test_a_sound_graph() -> None:
    report = validate(snapshot([START, node("say", "reply", text="hi {{ start.text }}")], ("start", "say")))
    assert report.valid
    assert (report.errors, report.warnings) == ([], [])


def test_every_entry_is_a_sentence_that_names_its_node() -> None:
    drawn = snapshot([START, node("say", "reply"), node("ask", "agent"), node("turn", "transform")], ("start", "turn"))
    for entry in validate(drawn).errors + validate(drawn).warnings:
        assert entry["message"].endswith(".")
        assert f'"{entry["node_id"]}"' in entry["message"]


def test_nothing_starts_it() -> None:
    assert errors(snapshot([])) == [("no_trigger", "")]
    assert errors(snapshot([node("a", "set")])) == [("no_trigger", "")]


def test_required_inputs() -> None:
    assert errors(snapshot([START, node("say", "reply")])) == [("missing_input", "say")]
    assert errors(snapshot([START, node("say", "reply", text="hi")])) == []
    assert errors(snapshot([START, node("say", "reply")], ("start", "say"))) == []
    assert errors(snapshot([START, node("each", "loop")])) == [("missing_input", "each")]
    assert errors(snapshot([START, node("each", "loop", items=[1])])) == []


def test_a_model_is_attached_or_chosen() -> None:
    nodes = [START, node("ask", "agent")]
    assert errors(snapshot(nodes, ("start", "ask"))) == [("missing_attachment", "ask")]
    chosen = [START, node("ask", "agent", llm_credential_id=1)]
    assert errors(snapshot(chosen, ("start", "ask"))) == []
    nodes += [node("model", "ai_model", llm_credential_id=1), node("calc", "calculator")]
    assert errors(snapshot(nodes, ("start", "ask"), ("model", "ask", "llm"), ("calc", "ask", "tool"))) == []


def test_configs_are_judged_by_field() -> None:
    drawn = snapshot([START, node("turn", "transform", template="{{ a"), node("each", "loop", items=1, concurrency=0)])
    found = {(entry["node_id"], entry["field"]) for entry in validate(drawn).errors}
    assert found == {("turn", "template"), ("each", "concurrency")}


def test_an_unknown_component_is_an_error_and_no_crash() -> None:
    gone = {**START, "node_id": "gone", "component_type": "teleporter", "config": {"a": "{{ b }}"}}
    drawn = snapshot([START, gone, node("say", "reply")], ("start", "gone"), ("gone", "say"))
    assert errors(drawn) == [("unknown_component_type", "gone")]
    assert errors_reachable(drawn, "start")[0]["code"] == "unknown_component_type"


@pytest.mark.parametrize("text", ["{{ ghost }}", "{% for x in ghost %}{{ x }}{% endfor %}", "a {{ 1 + ghost.b[0] }}"])
def test_names_of_nothing(text: str) -> None:
    drawn = snapshot([START, node("say", "reply", text=text)], ("start", "say"))
    assert warnings(drawn) == [("unknown_name", "say")]
    assert errors(drawn) == []


def test_fixed_names_and_ancestors_may_be_used() -> None:
    text = "{{ trigger.text }}{{ execution.id }}{{ workflow.slug }}{{ vars.a }}{{ start.text }}{{ calc.output }}"
    nodes = [START, node("calc", "set"), node("say", "reply", text=text), node("side", "set")]
    drawn = [("start", "calc"), ("calc", "say"), ("start", "side")]
    assert warnings(snapshot(nodes, *drawn)) == []
    nodes[2] = node("say", "reply", text="{{ side.output }}{{ say.sent }}")
    found = validate(snapshot(nodes, *drawn)).warnings
    assert [entry["code"] for entry in found] == ["unknown_name"] * 2
    assert "no path of edges" in found[0]["message"]


def test_a_body_sees_what_leads_to_its_loop() -> None:
    nodes = [START, node("each", "loop", items="{{ start.payload.list }}")]
    nodes += [node("step", "set", values={"a": "{{ start.text }}{{ loop.item }}"})]
    drawn = [("start", "each"), ("each", "step", "loop_body"), ("step", "each", "loop_return")]
    assert warnings(snapshot(nodes, *drawn)) == []


def test_a_tool_sees_what_its_agent_sees() -> None:
    nodes = [
        START,
        node("ask", "agent", llm_credential_id=1),
        node("calc", "calculator", expression="{{ start.text }}"),
    ]
    assert warnings(snapshot(nodes, ("start", "ask"), ("calc", "ask", "tool"))) == []


def test_routes_that_no_rule_has() -> None:
    rules = [{"id": "big", "field": "start.payload.n", "operator": "gt", "value": 1}]
    nodes = [START, node("pick", "switch", rules=rules, enable_fallback=True)]
    nodes += [node(name, "set") for name in ("a", "b", "c")]
    drawn = [("start", "pick"), ("pick", "a", "", "big"), ("pick", "b", "", "__other__"), ("pick", "c", "", "small")]
    assert warnings(snapshot(nodes, *drawn)) == [("unknown_route", "pick")]


def test_what_no_trigger_reaches() -> None:
    assert warnings(snapshot([START, node("lost", "set")])) == [("unreachable", "lost")]


def test_faults_of_the_graph_are_errors() -> None:
    nodes = [START, node("a", "set"), node("b", "set")]
    (entry,) = validate(snapshot(nodes, ("start", "a"), ("a", "b"), ("b", "a"))).errors
    assert entry["code"] == "cycle"
    (entry,) = validate(snapshot(nodes, ("start", "a"), ("a", "b", "", "yes"))).errors
    assert entry["edge"] == {"source_node_id": "a", "target_node_id": "b", "edge_label": ""}


def test_only_what_the_trigger_reaches_counts() -> None:
    nodes = [START, node("other", "trigger_chat"), node("fine", "set"), node("bad", "transform")]
    drawn = snapshot(nodes, ("start", "fine"), ("other", "bad"), ("other", "fine"))
    assert errors_reachable(drawn, "start") == []
    assert [entry["node_id"] for entry in errors_reachable(drawn, "other")] == ["bad"]
    assert errors(drawn) == [("config_error", "bad")]


def test_an_edge_is_judged_by_itself() -> None:
    drawn = snapshot([START, node("a", "set")], ("start", "a"))
    graph = Graph(drawn["nodes"], drawn["edges"])
    checker = EdgeValidator(graph)
    assert list(checker.faults(Edge("start", "a"))) == []
    assert [fault.code for fault in checker.faults(Edge("start", "x"))] == ["missing_node"]
    assert [fault.code for fault in checker.faults(Edge("a", "a"))] == ["self_edge"]
    assert edge_faults(graph) == []


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        (DataType.ANY, DataType.ARRAY, True),
        (DataType.NUMBER, DataType.ANY, True),
        (DataType.NUMBER, DataType.STRING, True),
        (DataType.STRING, DataType.MESSAGES, True),
        (DataType.STRING, DataType.NUMBER, False),
        (DataType.OBJECT, DataType.ARRAY, False),
        (DataType.BOOLEAN, DataType.MESSAGES, False),
    ],
)
def test_conversions(given: DataType, wanted: DataType, fits: bool) -> None:
    assert converts(Port("a", given), Port("b", wanted)) is fits


@pytest.mark.parametrize(
    ("drawn", "finished", "told"),
    [
        (node("n", "loop", items=[1]), None, "has no body"),
        (node("n", "switch"), node("n", "switch", rules=[RULE]), "no rules: nothing goes on"),
        (node("n", "switch", enable_fallback=True), None, "no rules: everything goes to 'otherwise'"),
        (node("n", "human_confirmation"), node("n", "human_confirmation", prompt="Go?"), "question is empty"),
        (node("n", "trigger_schedule"), node("n", "trigger_schedule", cron="0 8 * * *"), "no time"),
        (node("n", "switch", rules=[RULE, RULE | {"id": "b", "field": ""}]), None, "Rule 2 is not filled in"),
        (
            node("n", "filter", source_node="start", rules=[{"id": "a"}]),
            node("n", "filter", source_node="start", rules=[{"value": 1}, {"operator": "is_not_empty"}, RULE]),
            "Rule 1 is not filled in",
        ),
        (
            node("n", "assertion", rules=[{"operator": "gt", "value": 1}]),
            node("n", "assertion", rules=[RULE]),
            "Rule 1 is not filled in",
        ),
        (node("n", "set", values={"": 1}), node("n", "set", values={"a": ""}), "no name"),
    ],
)
def test_what_is_likely_unfinished_is_a_warning(drawn: Any, finished: Any, told: str) -> None:
    to = () if drawn["component_type"] == "trigger_schedule" else (("start", "n"),)
    (entry,) = validate(snapshot([START, drawn], *to)).warnings
    assert (entry["code"], entry["node_id"]) == ("unfinished", "n")
    assert told in entry["message"]
    assert finished is None or warnings(snapshot([START, finished], *to)) == []


@pytest.mark.parametrize("door", ["trigger_webhook", "trigger_form"])
def test_a_reply_behind_a_door_that_has_answered(door: str) -> None:
    def told(**config: Any) -> list[Any]:
        nodes = [START, node("door", door, **config), node("say", "reply", text="Hi")]
        return list(validate(snapshot(nodes, ("start", "say"), ("door", "say"))).warnings)

    (entry,) = told()
    assert (entry["code"], entry["node_id"], entry["field"]) == ("unfinished", "door", "response_mode")
    assert '"say"' in entry["message"]
    assert told(response_mode="immediate") == [entry]
    assert told(response_mode="reply") == told(response_mode="wait") == []
    assert told(callback_url="https://example.org/done") == []


def test_a_loop_with_a_body_is_finished_without_a_return() -> None:
    nodes = [START, node("n", "loop", items=[1]), node("b", "set")]
    assert warnings(snapshot(nodes, ("start", "n"), ("n", "b", "loop_body"))) == []
