"""workflows/{slug}/bulk/: many changes as one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.workflows.models import AppliedEdit, ComponentConfig, WorkflowNode
from tests.drawing import Canvas, with_switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    return with_switch(api(users.ben))


def test_bulk_applies_everything_as_one_edit(drawn: Canvas) -> None:
    before = drawn.shown()
    edge = before["edges"][2]["id"]
    answer = drawn.bulk(
        {"op": "create_node", "node_id": "more", "component_type": "set"},
        {"op": "create_edge", "source_node_id": "calc", "target_node_id": "more"},
        {"op": "update_node", "node_id": "calc", "new_node_id": "sum", "position_x": 9},
        {"op": "update_edge", "id": edge, "priority": 4},
        {"op": "delete_node", "node_id": "answer"},
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["revision"] == before["revision"] + 1
    assert answer["ETag"] == f'"{body["revision"]}"'
    assert [bool(result) for result in body["results"]] == [True, True, True, True, False]
    shown = drawn.shown()
    assert {node["node_id"] for node in shown["nodes"]} == {"start", "sum", "pick", "more"}
    ends = {(e["source_node_id"], e["target_node_id"]) for e in shown["edges"]}
    assert ends == {("start", "sum"), ("sum", "pick"), ("sum", "more")}


def test_bulk_is_all_or_nothing(drawn: Canvas) -> None:
    before = drawn.shown()
    answer = drawn.bulk(
        {"op": "delete_node", "node_id": "answer"},
        {"op": "create_edge", "source_node_id": "calc", "target_node_id": "answer"},
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["operation"]) == (422, "missing_node", 1)
    assert answer.json()["detail"].startswith("Operation 1 (create_edge):")
    assert drawn.shown() == before


def test_an_operation_says_what_it_is_based_on(drawn: Canvas) -> None:
    node = drawn.get("nodes/calc/").json()
    update = {"op": "update_node", "node_id": "calc", "label": "mine", "revision": node["revision"]}
    assert drawn.post("bulk/", {"operations": [update]}).status_code == 200
    stale = drawn.post("bulk/", {"operations": [{**update, "label": "theirs"}]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_revision")
    assert stale.json()["current"]["label"] == "mine"
    wrong = drawn.post("bulk/", {"operations": [{**update, "revision": "1"}]})
    assert wrong.status_code == 400


def test_bulk_judges_the_end_and_not_the_way(drawn: Canvas) -> None:
    """Turning an edge round goes through a cycle."""
    first = drawn.shown()["edges"][0]["id"]
    drawn.must_node("more", "set")
    made = drawn.must_edge("calc", "more")["id"]
    answer = drawn.bulk(
        {"op": "create_edge", "source_node_id": "more", "target_node_id": "calc"},
        {"op": "delete_edge", "id": made},
        {"op": "update_edge", "id": first, "target_node_id": "more"},
        {"op": "update_edge", "id": first, "priority": 2},
    )
    assert answer.status_code == 200, answer.content


def test_an_edge_may_go_with_its_node_in_one_bulk(drawn: Canvas) -> None:
    answer = drawn.bulk(
        {"op": "create_node", "node_id": "more", "component_type": "set"},
        {"op": "create_edge", "source_node_id": "calc", "target_node_id": "more"},
        {"op": "delete_node", "node_id": "more"},
    )
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize(
    "operations",
    [
        [],
        "all",
        [1],
        [{"op": "explode"}],
        [{}],
        [{"op": "create_node"}],
        [{"op": "create_node", "component_type": "set", "id": 3}],
        [{"op": "update_node", "label": "x"}],
        [{"op": "update_node", "node_id": ["calc"]}],
        [{"op": "update_node", "node_id": "calc", "new_node_id": 7}],
        [{"op": "delete_node", "node_id": "calc", "label": "x"}],
        [{"op": "delete_edge", "id": "one"}],
        [{"op": "delete_edge", "id": True}],
        [{"op": "update_edge", "id": 1, "node_id": "calc"}],
    ],
)
def test_malformed_operations_are_refused(drawn: Canvas, operations: Any) -> None:
    answer = drawn.post("bulk/", {"operations": operations})
    assert answer.status_code == 400, answer.content
    assert len(drawn.shown()["nodes"]) == 4


def test_the_same_key_applies_a_bulk_edit_once(drawn: Canvas, api: Any, users: Any) -> None:
    create = {"op": "create_node", "component_type": "set"}  # without an id each would make another
    first = drawn.bulk(create, idempotency_key="lost answer")
    again = drawn.bulk(create, idempotency_key="lost answer", if_match='"1"')
    assert (again.status_code, again.json(), again["ETag"]) == (200, first.json(), first["ETag"])
    assert len(drawn.shown()["nodes"]) == 5
    ada = Canvas(api(users.ada), drawn.slug)
    assert ada.bulk(create, idempotency_key="lost answer").json() != first.json()
    assert drawn.bulk(create, idempotency_key="another").json() != first.json()
    assert len(drawn.shown()["nodes"]) == 7
    assert drawn.bulk(create, idempotency_key="ä").status_code == 400


def test_a_refused_bulk_edit_may_be_sent_again_under_its_key(drawn: Canvas) -> None:
    edge = {"op": "create_edge", "source_node_id": "calc", "target_node_id": "more"}
    assert drawn.bulk(edge, idempotency_key="k").status_code == 422
    drawn.must_node("more", "set")
    assert drawn.bulk(edge, idempotency_key="k").status_code == 200


def test_a_key_is_kept_for_a_day(drawn: Canvas) -> None:
    create = {"op": "create_node", "component_type": "set"}
    first = drawn.bulk(create, idempotency_key="k").json()
    AppliedEdit.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    assert drawn.bulk(create, idempotency_key="k").json() != first
    assert AppliedEdit.objects.count() == 1


def test_the_config_of_an_unknown_component_is_shown(drawn: Canvas) -> None:
    WorkflowNode.objects.filter(node_id="calc").update(component_type="gone")
    ComponentConfig.objects.filter(node__node_id="calc").update(component_type="gone")
    before = drawn.config("calc")
    assert before["extra_config"]
    assert drawn.patch("nodes/calc/", {"label": "Old", "position_x": 5}).status_code == 200
    assert drawn.config("calc") == before


def test_operations_on_what_is_not_there(drawn: Canvas) -> None:
    assert drawn.bulk({"op": "delete_node", "node_id": "ghost"}).status_code == 404
    assert drawn.bulk({"op": "delete_edge", "id": 10**30}).status_code == 404
