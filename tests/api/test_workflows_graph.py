"""workflows/{slug}/nodes/ and edges/: what is drawn, what is refused, and in which words."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from apps.workflows.models import ComponentConfig, Workflow, WorkflowEdge, WorkflowNode
from pipelit import events
from tests.drawing import WORKFLOWS, Canvas, canvas, made, with_switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    return with_switch(api(users.ben))


@pytest.fixture
def empty(api: Any, users: Any) -> Canvas:
    return canvas(api(users.ben), "blank")


def test_a_node_has_its_shape(empty: Canvas) -> None:
    answer = empty.node("calc", "set", {"extra_config": {"values": {"n": 1}}}, label="Calc", position_x=3.5)
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    body = answer.json()
    assert {key: body[key] for key in ("node_id", "component_type", "label", "position_x", "revision")} == {
        "node_id": "calc", "component_type": "set", "label": "Calc", "position_x": 3.5, "revision": 1,
    }  # fmt: skip
    assert body["config"]["extra_config"] == {"values": {"n": 1}}
    assert body["warnings"] == []
    assert empty.get("nodes/calc/").json()["config"] == body["config"]
    assert [node["node_id"] for node in empty.get("nodes/").json()] == ["calc"]


def test_a_node_without_an_id_gets_one(empty: Canvas) -> None:
    answer = empty.post("nodes/", {"component_type": "set"})
    assert answer.status_code == 201
    assert answer.json()["node_id"].startswith("set_")


def test_triggers_are_entry_points(drawn: Canvas) -> None:
    assert [node["is_entry_point"] for node in drawn.get("nodes/").json()] == [True, False, False, False]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"component_type": "teleporter"}, 422, None),
        ({}, 400, "component_type"),
        ({"component_type": "set", "colour": "red"}, 400, "colour"),
        ({"component_type": "set", "position_x": "left"}, 400, "position_x"),
        ({"component_type": "set", "position_x": "nan"}, 400, "position_x"),
        ({"component_type": "set", "position_y": "inf"}, 400, "position_y"),
        ({"component_type": "set", "interrupt_before": "perhaps"}, 400, "interrupt_before"),
        ({"component_type": "set", "config": [1]}, 400, "config"),
        ({"component_type": "set", "config": {"extra_config": "x"}}, 422, "config.extra_config"),
        ({"component_type": "set", "config": {"extra_config": [1]}}, 422, "config.extra_config"),
        ({"component_type": "set", "config": {"extra_config": {"valuse": {}}}}, 422, "config.valuse"),
        ({"component_type": "set", "config": {"extra_config": {"values": [1]}}}, 422, "config.values"),
        ({"component_type": "set", "config": {"trigger_config": {"priority": 1}}}, 422, "config.priority"),
        ({"component_type": "agent", "config": {"temperature": 9}}, 422, "config.temperature"),
        ({"component_type": "loop", "config": {"extra_config": {"concurrency": 0}}}, 422, "config.concurrency"),
        ({"component_type": "switch", "config": {"extra_config": {"rules": [{"id": []}]}}}, 422, "config.rules"),
        ({"component_type": "set", "node_id": "a b"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "1st"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "x" * 64}, 422, "node_id"),
        ({"component_type": "set", "node_id": "trigger"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "loop"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "execution"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "for"}, 422, "node_id"),
        ({"component_type": "set", "node_id": "None"}, 422, "node_id"),
    ],
)
def test_a_bad_node_is_refused(empty: Canvas, body: dict[str, Any], status: int, field: str | None) -> None:
    answer = empty.post("nodes/", body)
    assert answer.status_code == status, answer.content
    assert answer.json()["detail"]
    if field:
        assert field in answer.json()["fields"]
    assert not WorkflowNode.objects.exists()
    assert empty.shown()["revision"] == 1


def test_a_number_without_end_is_refused(empty: Canvas) -> None:
    body = '{"component_type": "set", "config": {"extra_config": {"values": {"x": 1e999}}}}'
    answer = empty.client.post(f"{empty.url}nodes/", body, content_type="application/json")
    assert answer.status_code in (400, 422), answer.content


def test_node_ids_are_unique(drawn: Canvas) -> None:
    answer = drawn.node("calc", "set")
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


def test_what_is_unfinished_is_saved_and_told(empty: Canvas) -> None:
    answer = empty.node("turn", "transform")
    assert answer.status_code == 201
    assert [(w["code"], w["field"]) for w in answer.json()["warnings"]] == [("config_error", "template")]
    open_ended = {"extra_config": {"text": "{{ oops"}}
    told = empty.node("say", "reply", open_ended).json()["warnings"]
    assert [w["field"] for w in told] == ["text"]
    shown = {node["node_id"]: node["warnings"] for node in empty.shown()["nodes"]}
    assert shown["turn"]
    assert "text" in [w.get("field") for w in shown["say"]]


def test_names_that_lead_nowhere_are_warnings(drawn: Canvas) -> None:
    drawn.patch("nodes/answer/", {"config": {"extra_config": {"text": "{{ nobody.x }} {{ calc.output }}"}}})
    (told,) = next(node for node in drawn.shown()["nodes"] if node["node_id"] == "answer")["warnings"]
    assert (told["code"], told["field"]) == ("unknown_name", "text")
    assert '"nobody"' in told["message"]


def test_an_expression_passes_any_type(empty: Canvas) -> None:
    config = {"extra_config": {"values": "{{ start.payload }}"}}
    assert empty.node("calc", "set", config).status_code == 201


def test_patch_changes_what_is_named(drawn: Canvas) -> None:
    before = drawn.get("nodes/calc/").json()
    answer = drawn.patch("nodes/calc/", {"label": "Sum"})
    assert answer.status_code == 200
    after = answer.json()
    assert (after["label"], after["config"], after["revision"]) == ("Sum", before["config"], before["revision"] + 1)
    assert answer["ETag"] == f'"{after["revision"]}"'


def test_a_config_keeps_the_parts_that_are_not_named(empty: Canvas) -> None:
    empty.must_node("ask", "agent", {"system_prompt": "Be terse.", "extra_config": {"max_iterations": 3}})
    empty.patch("nodes/ask/", {"config": {"temperature": 0.5}})
    config = empty.config("ask")
    assert (config["system_prompt"], config["temperature"]) == ("Be terse.", 0.5)
    assert config["extra_config"] == {"max_iterations": 3}
    empty.patch("nodes/ask/", {"config": {"extra_config": {}, "temperature": None}})
    config = empty.config("ask")
    assert (config["system_prompt"], config["temperature"], config["extra_config"]) == ("Be terse.", None, {})


def test_a_field_in_the_wrong_place_is_not_lost(drawn: Canvas) -> None:
    assert drawn.patch("nodes/calc/", {"config": {"values": {"n": 2}}}).status_code == 200
    assert drawn.config("calc")["extra_config"] == {"values": {"n": 2}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"component_type": "reply"}, 422),
        ({"config": {"extra_config": {"no": 1}}}, 422),
        ({"config": None}, 400),
        ({"revision": 7}, 400),
        ({"node_id": "start"}, 409),
        ({"node_id": "vars"}, 422),
        ([], 400),
    ],
)
def test_a_bad_change_is_refused(drawn: Canvas, body: Any, status: int) -> None:
    before = drawn.shown()
    assert drawn.patch("nodes/calc/", body).status_code == status
    assert drawn.shown() == before


def test_moves_raise_no_revision(drawn: Canvas) -> None:
    before = drawn.shown()
    assert drawn.patch("nodes/calc/", {"position_x": 40, "position_y": 2.5}).status_code == 200
    after = drawn.shown()
    assert after["revision"] == before["revision"]
    moved = next(node for node in after["nodes"] if node["node_id"] == "calc")
    assert (moved["position_x"], moved["revision"]) == (40.0, 1)


def test_a_node_takes_its_edges_along(drawn: Canvas) -> None:
    assert drawn.delete("nodes/pick/").status_code == 204
    assert [edge["source_node_id"] for edge in drawn.get("edges/").json()] == ["start"]
    assert drawn.get("nodes/pick/").status_code == 404
    assert not ComponentConfig.objects.filter(component_type="switch").exists()


def test_renaming_rewrites_what_names_the_node(drawn: Canvas) -> None:
    drawn.must_node("other", "set", {"extra_config": {"values": {"a": ["{{ calc.output.n + calc2 }}", "calc"]}}})
    drawn.must_node("each", "loop", {"extra_config": {"source_node": "calc", "field": "output.list"}})
    answer = drawn.patch("nodes/calc/", {"node_id": "sum"})
    assert (answer.status_code, answer.json()["node_id"]) == (200, "sum")
    assert drawn.config("answer")["extra_config"]["text"] == "n is {{ sum.output.n }}"
    assert drawn.config("pick")["extra_config"]["rules"][0]["field"] == "sum.output.n"
    assert drawn.config("other")["extra_config"]["values"] == {"a": ["{{ sum.output.n + calc2 }}", "calc"]}
    assert drawn.config("each")["extra_config"] == {"source_node": "sum", "field": "output.list"}
    assert {edge["target_node_id"] for edge in drawn.get("edges/").json()} == {"sum", "pick", "answer"}
    revisions = {node["node_id"]: node["revision"] for node in drawn.get("nodes/").json()}
    assert revisions == {"start": 1, "sum": 2, "pick": 2, "answer": 2, "other": 2, "each": 2}


def test_renaming_tells_of_every_node_that_followed(drawn: Canvas, django_capture_on_commit_callbacks: Any) -> None:
    before = len(events.read("workflow:sums", None))
    with django_capture_on_commit_callbacks(execute=True):
        assert drawn.patch("nodes/calc/", {"node_id": "sum"}).status_code == 200
    told = events.read("workflow:sums", None)[before:]
    assert {event["type"] for event in told} == {"node_updated"}
    data = {event["data"]["node_id"]: event["data"] for event in told}
    assert set(data) == {"sum", "pick", "answer"}
    assert (data["sum"]["old_node_id"], data["sum"]["actor"]) == ("calc", "ben")
    assert data["answer"]["config"]["extra_config"]["text"] == "n is {{ sum.output.n }}"
    assert data["answer"]["revision"] == 2


# --- edges ---


def test_an_edge_has_its_shape(drawn: Canvas) -> None:
    edges = drawn.get("edges/").json()
    assert [(e["source_node_id"], e["target_node_id"], e["edge_type"]) for e in edges] == [
        ("start", "calc", "direct"), ("calc", "pick", "direct"), ("pick", "answer", "conditional"),
    ]  # fmt: skip
    one = drawn.get(f"edges/{edges[2]['id']}/")
    assert one.json() == edges[2]
    assert one["ETag"] == '"1"'


def test_edges_stand_in_order_of_priority(drawn: Canvas) -> None:
    drawn.must_node("extra", "set")
    drawn.must_edge("start", "extra", priority=-1)
    assert drawn.get("edges/").json()[0]["target_node_id"] == "extra"


@pytest.mark.parametrize(
    ("edge", "status", "code", "word"),
    [
        (("start", "ghost"), 422, "missing_node", "ghost"),
        (("calc", "calc"), 422, "self_edge", "itself"),
        (("answer", "calc"), 422, "cycle", "loop node"),
        (("calc", "start"), 422, "into_trigger", "trigger"),
        (("start", "calc"), 409, "duplicate", "connected"),
        (("calc", "answer", "", "big"), 422, "conditional", "switch"),
        (("pick", "answer"), 422, "conditional", "condition_value"),
        (("calc", "answer", "llm"), 422, "attachment", "llm"),
        (("calc", "answer", "loop_body"), 422, "loop_body", "loop"),
        (("calc", "answer", "loop_return"), 422, "loop_return", "loop"),
        (("calc", "answer", "wire"), 400, "invalid", "wire"),
    ],
)
def test_a_bad_edge_is_refused_in_words(
    drawn: Canvas, edge: tuple[str, ...], status: int, code: str, word: str
) -> None:
    before = drawn.shown()
    answer = drawn.edge(*edge)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert word in answer.json()["detail"]
    assert drawn.shown() == before


def test_faults_name_their_edge(drawn: Canvas) -> None:
    (fault,) = drawn.edge("calc", "answer", "llm").json()["validation_errors"]
    assert fault["edge"] == {"source_node_id": "calc", "target_node_id": "answer", "edge_label": "llm"}


@pytest.mark.parametrize(
    "body",
    [
        {"source_node_id": "start"},
        {"source_node_id": "start", "target_node_id": "pick", "weight": 1},
        {"source_node_id": "start", "target_node_id": "pick", "priority": "high"},
        {"source_node_id": ["start"], "target_node_id": "pick"},
        {"source_node_id": "start", "target_node_id": "pick", "edge_type": "dotted"},
    ],
)
def test_a_malformed_edge_is_refused(drawn: Canvas, body: dict[str, Any]) -> None:
    assert drawn.post("edges/", body).status_code == 400


def test_types_that_do_not_fit_are_refused(empty: Canvas) -> None:
    empty.must_node("some", "filter")
    empty.must_node("sort", "categorizer")
    answer = empty.edge("some", "sort")
    assert (answer.status_code, answer.json()["code"]) == (422, "incompatible_types")
    assert "needs MESSAGES" in answer.json()["detail"]


def test_an_agent_has_one_model(empty: Canvas) -> None:
    empty.must_node("ask", "agent")
    for name in ("first", "second"):
        empty.must_node(name, "ai_model")
    empty.must_node("calc", "calculator")
    empty.must_edge("first", "ask", "llm")
    empty.must_edge("calc", "ask", "tool")
    answer = empty.edge("second", "ask", "llm")
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment")
    assert "already" in answer.json()["detail"]
    assert empty.edge("first", "ask").json()["code"] == "not_a_step"


def test_changing_an_edge_is_checked_too(drawn: Canvas) -> None:
    edge = drawn.get("edges/").json()[2]
    path = f"edges/{edge['id']}/"
    answer = drawn.patch(path, {"condition_value": "small", "priority": 3})
    assert answer.status_code == 200
    assert (answer.json()["condition_value"], answer.json()["revision"]) == ("small", 2)
    assert drawn.patch(path, {"condition_value": ""}).json()["code"] == "conditional"
    assert drawn.patch(path, {"target_node_id": "calc"}).json()["code"] == "cycle"
    assert drawn.patch(path, {"target_node_id": "ghost"}).json()["code"] == "missing_node"
    assert drawn.patch(path, {"edge_type": "direct"}).status_code == 422
    assert drawn.delete(path).status_code == 204
    assert drawn.get(path).status_code == 404


@pytest.fixture
def looped(empty: Canvas) -> Canvas:
    """start -> each(step -> then) -> after."""
    empty.must_node("start", "trigger_manual")
    empty.must_node("each", "loop", {"extra_config": {"items": [1]}})
    for name in ("step", "then", "after"):
        empty.must_node(name, "set")
    empty.must_edge("start", "each")
    empty.must_edge("each", "step", "loop_body")
    empty.must_edge("step", "then")
    empty.must_edge("then", "each", "loop_return")
    empty.must_edge("each", "after")
    return empty


def test_a_loop_is_no_cycle(looped: Canvas) -> None:
    assert looped.post("validate/").json() == {"valid": True, "errors": [], "warnings": []}


@pytest.mark.parametrize("edge", [("then", "after"), ("start", "step"), ("after", "step")])
def test_no_edge_crosses_a_loops_border(looped: Canvas, edge: tuple[str, str]) -> None:
    answer = looped.edge(*edge)
    assert (answer.status_code, answer.json()["code"]) == (422, "loop_border"), answer.content


def test_a_return_before_its_body_is_unfinished(empty: Canvas) -> None:
    empty.must_node("each", "loop")
    empty.must_node("step", "set")
    empty.must_edge("step", "each", "loop_return")
    errors = empty.post("validate/").json()["errors"]
    assert "loop_return" in [error["code"] for error in errors]


def test_what_a_deletion_broke_is_unfinished_and_keeps_nothing_else_from_being_drawn(empty: Canvas) -> None:
    empty.must_node("each", "loop")
    for name in ("a", "b", "c", "x", "y"):
        empty.must_node(name, "set")
    empty.must_edge("each", "a", "loop_body")
    gone = empty.must_edge("a", "b")
    empty.must_edge("b", "c")
    empty.must_edge("a", "c")
    assert empty.delete(f"edges/{gone['id']}/").status_code == 204
    assert "loop_border" in [error["code"] for error in empty.post("validate/").json()["errors"]]
    empty.must_edge("x", "y")
    assert empty.edge("a", "x").status_code == 201
    assert empty.edge("b", "x").json()["code"] == "loop_border"
    empty.must_edge("a", "b")
    assert "loop_border" not in [error["code"] for error in empty.post("validate/").json()["errors"]]


def test_a_workflow_does_not_call_itself(api: Any, users: Any, drawn: Canvas) -> None:
    other = canvas(api(users.ben), "other")
    other.must_node("ring", "workflow", {"extra_config": {"target_workflow": "sums"}})
    for target in ("sums", "other"):
        answer = drawn.node("ring", "workflow", {"extra_config": {"target_workflow": target}})
        assert (answer.status_code, answer.json()["code"]) == (422, "call_cycle")
        assert "fields" in answer.json()


def test_nor_by_a_restored_version_or_an_import(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.must_node("ring", "workflow", {"extra_config": {"target_workflow": "other"}})
    made(drawn.post("versions/publish/"))
    drawn.delete("nodes/ring/")
    other = canvas(api(users.ben), "other")
    other.must_node("ring", "workflow", {"extra_config": {"target_workflow": "sums"}})
    answer = drawn.post("versions/restore/", {"number": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "call_cycle")
    assert "ring" not in [node["node_id"] for node in drawn.shown()["nodes"]]
    export = other.get("export/").json()
    assert drawn.client.delete(f"{WORKFLOWS}sums/").status_code == 204
    export["workflow"]["slug"] = "sums"
    answer = drawn.client.post(f"{WORKFLOWS}import/", export, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "call_cycle")
    assert drawn.client.get(f"{WORKFLOWS}sums/").status_code == 404


def test_nor_by_a_new_slug_that_others_call(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.must_node("ring", "workflow", {"extra_config": {"target_workflow": "later"}})
    other = canvas(api(users.ben), "other")
    other.must_node("ring", "workflow", {"extra_config": {"target_workflow": "sums"}})
    for target in ("other", "sums"):
        answer = drawn.client.patch(f"{WORKFLOWS}{target}/", {"slug": "later"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (422, "call_cycle")
    assert drawn.client.get(f"{WORKFLOWS}later/").status_code == 404


# --- revisions ---


def test_an_old_revision_is_refused_with_the_current_object(drawn: Canvas) -> None:
    node = drawn.patch("nodes/calc/", {"label": "one"}, if_match='"1"')
    assert node.status_code == 200
    stale = drawn.patch("nodes/calc/", {"label": "two"}, if_match='"1"')
    assert stale.status_code == 412
    assert (stale.json()["current"]["label"], stale.json()["current"]["revision"]) == ("one", 2)
    assert drawn.delete("nodes/calc/", if_match='"1"').status_code == 412
    edge = drawn.shown()["edges"][0]["id"]
    assert drawn.patch(f"edges/{edge}/", {"priority": 1}, if_match='"1"').status_code == 200
    stale = drawn.patch(f"edges/{edge}/", {"priority": 2}, if_match='"1"')
    assert (stale.status_code, stale.json()["current"]["priority"]) == (412, 1)
    assert drawn.delete(f"edges/{edge}/", if_match='"1"').status_code == 412
    stale = drawn.bulk({"op": "delete_node", "node_id": "calc"}, if_match='"1"')
    assert stale.status_code == 412
    assert stale.json()["current"]["revision"] == drawn.shown()["revision"]
    assert len(stale.json()["current"]["nodes"]) == 4
    stale = drawn.patch("", {"name": "x"}, if_match='"1"')
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "sums")


def test_the_etag_of_a_workflow_is_its_revision(drawn: Canvas) -> None:
    answer = drawn.get()
    assert answer["ETag"] == f'"{answer.json()["revision"]}"'
    assert drawn.bulk({"op": "delete_node", "node_id": "calc"}, if_match=answer["ETag"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_people_saving_the_same_node(api: Any, users: Any) -> None:
    """Of two that read the same revision one wins; the other sees what it missed."""
    drawn = with_switch(api(users.ben))
    drawn.post("collaborators/", {"username": "eve", "role": "editor"})
    people = [Canvas(api(user), "sums") for user in (users.ben, users.eve)]
    together = threading.Barrier(2)
    answers: dict[int, Any] = {}

    def save(index: int) -> None:
        try:
            together.wait(10)
            answers[index] = people[index].patch("nodes/calc/", {"label": f"by {index}"}, if_match='"1"')
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers.values()) == [200, 412]
    winner = next(index for index, answer in answers.items() if answer.status_code == 200)
    assert answers[1 - winner].json()["current"]["label"] == f"by {winner}"
    assert WorkflowNode.objects.get(node_id="calc").label == f"by {winner}"


def test_edges_belong_to_their_workflow(api: Any, users: Any, drawn: Canvas) -> None:
    other = canvas(api(users.ben), "other")
    edge = WorkflowEdge.objects.filter(workflow__slug="sums").first()
    assert edge is not None
    for answer in (other.get(f"edges/{edge.pk}/"), other.delete(f"edges/{edge.pk}/"), other.get("nodes/calc/")):
        assert answer.status_code == 404
    other.must_node("mine", "set")
    assert other.edge("mine", "calc").json()["code"] == "missing_node"


def test_a_node_whose_package_is_gone_is_shown_and_told(drawn: Canvas) -> None:
    WorkflowNode.objects.filter(node_id="calc").update(component_type="gone")
    ComponentConfig.objects.filter(node__node_id="calc").update(component_type="gone")
    Workflow.objects.update(draft_revision=0)
    shown = drawn.shown()
    told = next(node for node in shown["nodes"] if node["node_id"] == "calc")["warnings"]
    assert [warning["code"] for warning in told] == ["unknown_component_type"]
    report = drawn.post("validate/").json()
    assert "unknown_component_type" in [error["code"] for error in report["errors"]]
    assert drawn.get("nodes/calc/").status_code == 200
    assert drawn.get("nodes/").status_code == 200
    assert drawn.get("export/").status_code == 200
    assert drawn.patch("nodes/answer/", {"label": "x"}).status_code == 200
    assert drawn.delete("nodes/calc/").status_code == 204


HUGE = [
    ("trigger_manual", "priority"),
    ("trigger_manual", "is_active"),
    ("trigger_manual", "credential_id"),
    ("ai_model", "llm_credential_id"),
    ("ai_model", "max_tokens"),
    ("agent", "llm_credential_id"),
    ("agent", "model_name"),
]


@pytest.mark.parametrize(("component_type", "field"), HUGE)
@pytest.mark.parametrize("value", [10**30, -(10**30), True, "x" * 300, "{{ x }}", 1.5, "1.0", " 7 ", "1_000", "yes"])
def test_values_beyond_a_column_are_no_crash(empty: Canvas, component_type: str, field: str, value: Any) -> None:
    answer = empty.node("odd", component_type, {field: value})
    assert answer.status_code in (201, 400, 422), answer.content
    if answer.status_code == 201:
        assert empty.get("export/").status_code == 200
        assert empty.config("odd")[field] == answer.json()["config"][field]
