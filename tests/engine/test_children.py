"""With whose rights workflows call one another: those of who triggered the first."""

from __future__ import annotations

from typing import Any

import pytest

from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow, WorkflowVersion
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def private(users: Any) -> WorkflowVersion:
    """Ben's own, which anybody's call would run."""
    nodes = [node("t", "trigger_workflow"), node("say", "set", values={"secret": 7})]
    return harness.store(users.ben, "private", nodes, [("t", "say")])


def calling(owner: Any, slug: str, trigger: str, target: str, **fields: Any) -> WorkflowVersion:
    mapping = {"w": "{{ trigger.payload.w | default('') }}"}
    nodes = [node("start", trigger), node("call", "workflow", target_workflow=target, input_mapping=mapping)]
    return harness.store(owner, slug, nodes, [("start", "call")], **fields)


def children_of(version: WorkflowVersion) -> list[WorkflowExecution]:
    return list(version.workflow.executions.all())


def test_a_reader_of_a_shared_workflow_does_not_run_its_owners_private_ones(
    users: Any, private: WorkflowVersion
) -> None:
    shared = calling(users.ben, "shared", "trigger_manual", "{{ trigger.payload.w }}", is_public=True)
    execution = harness.run(shared, {"w": "private"}, user=users.eve)
    assert (execution.status, execution.failed_node_id) == ("failed", "call")
    assert 'no workflow "private" that eve may read' in execution.error_message
    assert children_of(private) == []
    assert harness.run(shared, {"w": "private"}, user=users.ben).final_output == {"secret": 7}
    Workflow.objects.filter(slug="private").update(is_public=True)
    assert harness.run(shared, {"w": "private"}, user=users.eve).final_output == {"secret": 7}
    assert {child.user for child in children_of(private)} == {users.ben, users.eve}


def test_nor_by_way_of_a_child(users: Any, private: WorkflowVersion) -> None:
    between = calling(users.ben, "between", "trigger_workflow", "{{ trigger.payload.w }}", is_public=True)
    outer = calling(users.eve, "outer", "trigger_manual", "between")
    assert harness.run(outer, {"w": "private"}, user=users.eve).error_code == "child_failed"
    assert children_of(private) == []
    assert [child.user for child in children_of(between)] == [users.eve]


def test_a_run_of_nobodys_has_the_rights_of_the_workflows_owner(users: Any, private: WorkflowVersion) -> None:
    between = calling(users.ben, "between", "trigger_workflow", "{{ trigger.payload.w }}", is_public=True)
    for owner, status in ((users.eve, "failed"), (users.ben, "completed")):
        outer = calling(owner, f"outer-{owner.username}", "trigger_webhook", "between")
        execution = harness.start(outer, {"w": "private"})
        WorkflowExecution.objects.filter(pk=execution.pk).update(user=None)
        harness.work()
        execution.refresh_from_db()
        assert execution.status == status, execution.error_message
    assert {child.user for child in children_of(between)} == {users.eve, users.ben}


def test_a_call_that_waits_for_no_answer_tells_the_id_of_the_child(users: Any) -> None:
    child = harness.store(users.ada, "child", [node("t", "trigger_workflow")], [])
    nodes = [node("start", "trigger_manual"), node("call", "workflow", target_workflow="child", wait=False)]
    execution = harness.run(harness.store(users.ada, "parent", nodes, [("start", "call")]))
    assert (execution.status, execution.error_message) == ("completed", "")
    started = children_of(child)
    assert execution.final_output == {"execution_id": str(started[0].pk)}
    assert [one.status for one in started] == ["completed"]
