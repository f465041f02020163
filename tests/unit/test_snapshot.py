"""Snapshots: what they hold, what their hashes tell, and when a version is made."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.workflows import snapshot
from apps.workflows.models import ComponentConfig, Workflow, WorkflowNode, WorkflowVersion
from tests.engine.harness import edge, node

pytestmark = pytest.mark.django_db

GRAPH: dict[str, Any] = {
    "format": 1,
    "nodes": [
        node("start", "trigger_manual", priority=3, is_active=False, input_schema={"type": "object"}),
        node("ask", "agent", system_prompt="Be terse.", temperature=0.5, max_iterations=3),
        node("pick", "switch", rules=[{"id": "big", "field": "start.payload.n", "operator": "gt", "value": 1}]),
        node("say", "reply", text="hi"),
    ],
    "edges": [edge("pick", "say", "", "big", -1), edge("start", "pick"), edge("start", "ask")],
}


@pytest.fixture
def workflow(users: Any) -> Workflow:
    made = Workflow.objects.create(name="sums", slug="sums", owner=users.ben)
    snapshot.fill(made, GRAPH)
    return made


def changed(change: Any) -> dict[str, Any]:
    other = copy.deepcopy(GRAPH)
    change(other)
    return other


def test_a_snapshot_survives_the_tables(workflow: Workflow) -> None:
    taken = snapshot.take(workflow)
    defaults = {"is_active", "priority"}
    assert taken["edges"] == GRAPH["edges"]
    for found, given in zip(taken["nodes"], GRAPH["nodes"], strict=True):
        assert {**found, "config": {}} == {**given, "config": {}}
        assert {k: v for k, v in found["config"].items() if k in given["config"] or k not in defaults} == given[
            "config"
        ]
    snapshot.restore(workflow, taken)
    assert snapshot.take(workflow) == taken


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x["nodes"][0].update(position_x=9),
        lambda x: x["nodes"][1].update(position_y=-4.5),
        lambda x: x["nodes"][2].update(label="Choose"),
        lambda x: x["nodes"].reverse(),
    ],
)
def test_what_is_only_drawn_leaves_the_content_hash_alone(change: Any) -> None:
    other = changed(change)
    assert snapshot.content_hash(other) == snapshot.content_hash(GRAPH)
    assert snapshot.drawing_hash(other) != snapshot.drawing_hash(GRAPH)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x["nodes"][0].update(node_id="begin"),
        lambda x: x["nodes"][3]["config"].update(text="ho"),
        lambda x: x["nodes"][3].update(interrupt_before=True),
        lambda x: x["nodes"][3].update(version=9),
        lambda x: x["nodes"].pop(),
        lambda x: x["edges"].pop(),
        lambda x: x["edges"][0].update(condition="small"),
        lambda x: x["edges"][1].update(priority=5),
        lambda x: x["edges"][1].update(label="error"),
        lambda x: x["edges"].reverse(),
    ],
)
def test_what_runs_otherwise_has_another_hash(change: Any) -> None:
    assert snapshot.content_hash(changed(change)) != snapshot.content_hash(GRAPH)


def test_a_draft_version_is_made_once(workflow: Workflow, users: Any) -> None:
    version = snapshot.draft_version(workflow, users.ben)
    assert (version.number, version.created_by, version.snapshot) == (1, users.ben, snapshot.take(workflow))
    with CaptureQueriesContext(connection) as queries:
        assert snapshot.draft_version(workflow) is version
    assert len(queries) == 0
    fresh = Workflow.objects.get(pk=workflow.pk)
    with CaptureQueriesContext(connection) as queries:
        assert snapshot.draft_version(fresh) == version
    assert len(queries) == 1


def test_an_edit_makes_a_new_version_and_undoing_it_finds_the_old(workflow: Workflow) -> None:
    first = snapshot.draft_version(workflow)
    before = snapshot.take(workflow)
    WorkflowNode.objects.get(node_id="say").delete()
    workflow.revision += 1
    workflow.save()
    second = snapshot.draft_version(workflow)
    assert (second.number, second.content_hash != first.content_hash) == (2, True)
    snapshot.restore(workflow, before)
    assert snapshot.draft_version(workflow) == first
    assert WorkflowVersion.objects.count() == 2


def test_versions_count_in_each_workflow(workflow: Workflow, users: Any) -> None:
    other = Workflow.objects.create(name="other", slug="other", owner=users.eve)
    assert [snapshot.draft_version(each).number for each in (workflow, other)] == [1, 1]


def test_restoring_raises_the_revision_and_leaves_nothing_behind(workflow: Workflow) -> None:
    revision = workflow.revision
    snapshot.restore(workflow, {"format": 1, "nodes": [node("only", "set", values={"a": 1})], "edges": []})
    assert workflow.revision == Workflow.objects.get().revision == revision + 1
    assert [found["node_id"] for found in snapshot.take(workflow)["nodes"]] == ["only"]
    assert ComponentConfig.objects.count() == 1


def test_taking_costs_a_constant_number_of_queries(workflow: Workflow) -> None:
    with CaptureQueriesContext(connection) as small:
        snapshot.take(workflow)
    more = changed(lambda x: x["nodes"].extend(node(f"n{number}", "set") for number in range(30)))
    more["edges"] += [edge("start", f"n{number}") for number in range(30)]
    snapshot.restore(workflow, more)
    with CaptureQueriesContext(connection) as large:
        snapshot.take(workflow)
    assert len(large) == len(small)
