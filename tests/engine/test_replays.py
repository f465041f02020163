"""What a replay finds half done: a pause, a call that broke off, a loop that asks, tasks that nobody needs any more."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from django.utils import timezone

from apps.executions.engine import transitions
from apps.executions.engine.run import Run
from apps.executions.models import ExecutionLog, PendingTask, WorkflowExecution
from pipelit.errors import TransientError
from tests.engine import harness
from tests.engine.harness import node
from tests.engine.probe import Probe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("probe")]
START = node("start", "trigger_manual")


def test_an_answer_elsewhere_does_not_cut_a_pause_short(users: Any) -> None:
    nodes = [START, node("p", "probe"), node("ask", "human_confirmation", prompt="Go?")]
    Probe.plan = [TransientError("busy", retry_after=600)]
    execution = harness.run(harness.store(users.ada, "pause", nodes, [("start", "p"), ("start", "ask")]))
    harness.answering.answer(PendingTask.objects.get(kind="approval"), decision="confirmed")
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, len(Probe.calls)) == ("waiting", 1)
    PendingTask.objects.filter(kind="timer").update(until=timezone.now())
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, len(Probe.calls)) == ("completed", 2)


def broken_off(users: Any, policy: str) -> WorkflowExecution:
    """An execution whose worker died in the middle of a tool call."""
    nodes = [START, node("p", "probe", value=7, part="tool[0.0]", on_unknown=policy, retry_on="all")]
    execution = harness.start(harness.store(users.ada, "parts", nodes, [("start", "p")]))
    begun = execution.created_at
    ExecutionLog.objects.create(
        execution=execution, node_id="p", step_key="p/tool[0.0]", status="running", final=False, started_at=begun,
        timestamp=begun,
    )  # fmt: skip
    WorkflowExecution.objects.update(epoch=1)
    harness.work()
    execution.refresh_from_db()
    return execution


@pytest.mark.parametrize(("policy", "status", "calls"), [("fail", "failed", 0), ("retry", "completed", 1)])
def test_a_call_that_broke_off_is_not_repeated_silently(users: Any, policy: str, status: str, calls: int) -> None:
    execution = broken_off(users, policy)
    assert (execution.status, len(Probe.calls)) == (status, calls)
    assert execution.error_code == ("outcome_unknown" if policy == "fail" else "")
    assert not execution.logs.filter(status="running").exists()


@pytest.mark.parametrize(("decision", "status", "calls"), [("confirmed", "completed", 1), ("cancelled", "failed", 0)])
def test_a_person_is_asked_about_a_call_that_broke_off(users: Any, decision: str, status: str, calls: int) -> None:
    execution = broken_off(users, "ask")
    assert (execution.status, len(Probe.calls)) == ("interrupted", 0)
    task = execution.pending_tasks.get()
    assert (task.kind, "p/tool[0.0]" in task.prompt) == ("outcome_unknown", True)
    harness.answer(execution, decision)
    assert (execution.status, len(Probe.calls)) == (status, calls)
    assert execution.error_code == ("" if calls else "outcome_unknown")


def test_a_call_that_fails_is_not_left_running(users: Any) -> None:
    """It is known how it ended: the next attempt of its step makes it again."""
    Probe.plan = [ValueError("no"), None]
    nodes = [START, node("p", "probe", part="tool[0.0]", retry_on="all", retry_backoff_seconds=0)]
    execution = harness.run(harness.store(users.ada, "parts", nodes, [("start", "p")]))
    assert execution.status == "completed"
    rows = execution.logs.filter(step_key="p/tool[0.0]").order_by("attempt")
    assert [(row.attempt, row.status, row.final) for row in rows] == [(1, "failed", False), (2, "success", True)]


def test_a_loop_asks_once_it_has_run(users: Any) -> None:
    nodes = [
        START,
        {**node("lp", "loop", items=[1, 2]), "interrupt_after": True},
        node("b", "probe", value="{{ loop.item }}"),
        node("z", "probe", value="{{ lp.results }}"),
    ]
    edges = [("start", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return"), ("lp", "z")]
    execution = harness.run(harness.store(users.ada, "loop", nodes, edges))
    assert (execution.status, len(Probe.calls)) == ("interrupted", 2)
    assert harness.finals(execution)["lp"].output == {"results": [1, 2]}
    harness.answer(execution)
    assert (execution.status, execution.final_output) == ("completed", [1, 2])
    assert (len(Probe.calls), execution.pending_tasks.count()) == (3, 1)


@pytest.mark.parametrize("on_error", ["continue", "stop"])
def test_a_failed_iteration_waits_for_nobody(users: Any, on_error: str) -> None:
    """Its question is closed and its child cancelled; the rest waits on, for a timer."""
    child = harness.store(
        users.ada, "child", [node("t", "trigger_workflow"), node("w", "wait", duration=1, unit="hours")], [("t", "w")]
    )
    nodes = [
        START,
        node("lp", "loop", items=[1], on_error=on_error),
        node("go", "set", values={"x": 1}),
        node("ask", "human_confirmation", prompt="Go?"),
        node("call", "workflow", target_workflow="child"),
        node("w", "wait", duration=0.01, unit="seconds"),
        node("bad", "set", values={"x": "{{ nowhere }}"}),
        node("long", "wait", duration=1, unit="hours"),
    ]
    edges = [
        ("start", "lp"), ("lp", "go", "loop_body"), ("go", "ask"), ("go", "call"), ("go", "w"), ("w", "bad"),
        ("bad", "lp", "loop_return"), ("start", "long"), ("lp", "z", "error"),
    ]  # fmt: skip
    nodes.append(node("z", "set", values={"x": 1}))
    execution = harness.run(harness.store(users.ada, "loop", nodes, edges))
    assert execution.status == "waiting"
    open_tasks = execution.pending_tasks.filter(status="pending")
    assert [task.step_key for task in open_tasks] == ["long"]
    assert child.workflow.executions.get().status == "cancelled"


def test_an_answer_is_not_overwritten_by_an_end(users: Any, monkeypatch: Any) -> None:
    nodes = [START, node("ask", "human_confirmation", prompt="Go?")]
    execution = harness.run(harness.store(users.ada, "asks", nodes, [("start", "ask")]))
    told: list[PendingTask] = []
    monkeypatch.setattr(transitions, "tell_settled", lambda task, *args: told.append(task))
    now = timezone.now

    def answered_meanwhile() -> dt.datetime:
        PendingTask.objects.update(status="answered", decision="confirmed")
        return now()

    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", answered_meanwhile)
        transitions.close_tasks(execution)
    assert (execution.pending_tasks.get().status, told) == ("answered", [])


def test_a_clock_that_is_set_does_not_use_up_the_time(users: Any, monkeypatch: Any) -> None:
    version = harness.store(users.ada, "limited", [START, node("p", "probe")], [("start", "p")],
                            max_execution_seconds=60)  # fmt: skip
    check = Run.check
    now = timezone.now

    def set_clock(run: Run) -> None:
        monkeypatch.setattr(time, "time", lambda: now().timestamp() + 7200)
        monkeypatch.setattr(timezone, "now", lambda: now() + dt.timedelta(hours=2))
        check(run)

    monkeypatch.setattr(Run, "check", set_clock)
    execution = harness.run(version)
    assert (execution.status, execution.error_message) == ("completed", "")
