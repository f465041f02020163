"""Parking and waking: a wait costs a row, an answer is never lost, a child holds no worker."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.executions import actions, answering
from apps.executions.engine import transitions
from apps.executions.engine.executor import WorkflowExecutor
from apps.executions.engine.waits import task_body
from apps.executions.models import PendingTask, WorkflowExecution
from pipelit import events
from pipelit.errors import Conflict
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)


def approval(users: Any, **config: Any) -> WorkflowExecution:
    nodes = [node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="Go?", **config)]
    return harness.run(harness.store(users.ada, "approval", nodes, [("start", "ask")]))


def test_a_wait_for_a_person_parks_and_holds_no_lease(users: Any) -> None:
    execution = approval(users)
    assert (execution.status, execution.lease_owner) == ("interrupted", "")
    assert execution.waiting_since is not None


def test_the_first_answer_wins(users: Any) -> None:
    execution = approval(users)
    task = execution.pending_tasks.get()
    answering.answer(task, decision="confirmed", by=users.ada)
    with pytest.raises(Conflict, match="ada"):
        answering.answer(task, decision="cancelled", by=users.ben)
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"


def test_an_answer_after_the_expiry_comes_too_late(users: Any) -> None:
    """Also before the scheduler has said so."""
    execution = approval(users, expires_in=60, on_expiry="cancelled")
    PendingTask.objects.update(until=timezone.now())
    with pytest.raises(Conflict, match="expired"):
        answering.answer(execution.pending_tasks.get(), decision="confirmed", by=users.ada)
    harness.work()
    assert execution.pending_tasks.get().decision == "cancelled"


def test_a_long_wait_fires_by_its_row(users: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("w", "wait", duration=1, unit="hours")]
    execution = harness.run(harness.store(users.ada, "hour", nodes, [("start", "w")]))
    assert execution.status == "waiting"
    task = execution.pending_tasks.get()
    assert task.kind == "timer"
    assert dt.timedelta(minutes=59) < task.until - timezone.now() <= dt.timedelta(hours=1)
    PendingTask.objects.update(until=timezone.now())
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"


def test_an_approval_that_expires_takes_its_default(users: Any) -> None:
    execution = approval(users, expires_in=60, on_expiry="confirmed")
    PendingTask.objects.update(until=timezone.now())
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output["confirmed"] is True


def test_an_answer_that_comes_while_the_execution_parks_is_not_lost(users: Any, monkeypatch: Any) -> None:
    park = transitions.park

    def answered_just_before(execution: WorkflowExecution, usage: Any) -> bool:
        monkeypatch.setattr(transitions, "park", park)
        task = PendingTask.objects.get(execution=execution)
        transitions_settle(task)
        return park(execution, usage)

    def transitions_settle(task: PendingTask) -> None:
        from apps.executions.engine.waits import settle

        settle(task, status="answered", decision="confirmed")

    monkeypatch.setattr(transitions, "park", answered_just_before)
    execution = approval(users)
    assert execution.status == "completed"


def test_a_failed_execution_closes_its_tasks_and_cancels_its_children(users: Any) -> None:
    child_nodes = [node("t", "trigger_workflow"), node("w", "wait", duration=1, unit="hours")]
    child = harness.store(users.ada, "child", child_nodes, [("t", "w")])
    nodes = [
        node("start", "trigger_manual"),
        node("call", "workflow", target_workflow="child"),
        node("ask", "human_confirmation", prompt="Fail?"),
        node("bad", "set", values={"x": "{{ nowhere }}"}),
    ]
    edges = [("start", "call"), ("start", "ask"), ("ask", "bad")]
    execution = harness.run(harness.store(users.ada, "parent", nodes, edges))
    assert execution.status == "interrupted"
    assert child.workflow.executions.get().status == "waiting"
    answering.answer(execution.pending_tasks.get(kind="approval"), decision="confirmed")
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "failed"
    assert child.workflow.executions.get().status == "cancelled"
    assert set(execution.pending_tasks.values_list("status", flat=True)) == {"answered", "closed"}


def test_the_event_of_parking_tells_the_task(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("w", "wait", duration=1, unit="hours"),
        node("ask", "human_confirmation", prompt="Go?"),
    ]
    execution = harness.run(harness.store(users.ada, "both", nodes, [("start", "w"), ("start", "ask")]))
    told = [e for e in events.read(f"execution:{execution.pk}", None) if e["type"] == "execution_interrupted"]
    task = execution.pending_tasks.get(kind="approval")
    assert told[0]["data"]["pending_task"] == task_body(task)
    answering.answer(task, decision="confirmed")
    harness.work()
    told = [e for e in events.read(f"execution:{execution.pk}", None) if e["type"] == "execution_waiting"]
    assert told[0]["data"]["pending_task"]["kind"] == "timer"


def test_a_child_starts_once_and_its_output_is_the_steps(users: Any) -> None:
    child_nodes = [node("t", "trigger_workflow"), node("d", "set", values={"y": "{{ trigger.payload.x * 2 }}"})]
    child = harness.store(users.ada, "child", child_nodes, [("t", "d")])
    nodes = [
        node("start", "trigger_manual"),
        node("call", "workflow", target_workflow="child", input_mapping={"x": "trigger.payload.x"}),
    ]
    execution = harness.run(harness.store(users.ada, "parent", nodes, [("start", "call")]), {"x": 4})
    assert execution.status == "completed", execution.error_message
    assert execution.final_output == {"y": 8}
    started = child.workflow.executions.get()
    assert (started.parent_id, started.depth) == (execution.pk, 1)


def test_cancelling_ends_at_once_and_stops_the_children(users: Any) -> None:
    execution = approval(users)
    actions.cancel(execution, users.ada)
    assert execution.status == "cancelled"
    assert execution.pending_tasks.get().status == "closed"
    with pytest.raises(Conflict):
        actions.cancel(execution)


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
def test_the_time_of_a_workflow_ends_also_while_it_is_interrupted(users: Any, when: str) -> None:
    nodes = [node("start", "trigger_manual"), {**node("a", "set", values={"n": 1}), when: True}]
    version = harness.store(users.ada, "held", nodes, [("start", "a")], max_execution_seconds=60)
    execution = harness.run(version)
    assert execution.status == "interrupted"
    past = timezone.now() - dt.timedelta(seconds=61)
    WorkflowExecution.objects.update(started_at=past, created_at=past)
    WorkflowExecutor(harness.OWNER).run(execution.pk)
    execution.refresh_from_db()
    assert (execution.status, execution.error_code) == ("failed", "timeout")
    assert execution.pending_tasks.get().status == "closed"
