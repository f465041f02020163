"""Retries, journal, versions, budgets: what one run records."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.executions import actions
from apps.executions.engine import lease, recovery
from apps.executions.engine.executor import WorkflowExecutor
from apps.executions.engine.publisher import live_key
from apps.executions.engine.run import Exhausted
from apps.executions.models import ExecutionLog, WorkflowExecution
from apps.workflows.components import registry
from pipelit import redis
from pipelit.errors import Conflict, TransientError
from tests.engine import harness
from tests.engine.harness import node
from tests.engine.probe import Probe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("probe")]


def one(users: Any, slug: str = "one", **config: Any) -> Any:
    nodes = [node("start", "trigger_manual"), node("p", "probe", **config)]
    return harness.store(users.ada, slug, nodes, [("start", "p")])


def test_transient_failures_are_retried_and_every_attempt_is_kept(users: Any) -> None:
    Probe.plan = [TransientError("busy"), TransientError("busy"), None]
    execution = harness.run(one(users, value=7, retry_backoff_seconds=0))
    assert execution.status == "completed"
    rows = [(r.attempt, r.status, r.final) for r in execution.logs.filter(step_key="p")]
    assert rows == [(1, "failed", False), (2, "failed", False), (3, "success", True)]
    assert len(set(Probe.calls)) == 1


def test_other_failures_are_not_retried_unless_asked(users: Any) -> None:
    Probe.plan = [ValueError("no"), ValueError("no"), None]
    assert harness.run(one(users, retry_backoff_seconds=0)).status == "failed"
    Probe.plan = [ValueError("no"), None]
    assert harness.run(one(users, "all", retry_on="all", retry_backoff_seconds=0)).status == "completed"


def test_a_long_pause_before_a_retry_parks(users: Any) -> None:
    Probe.plan = [TransientError("busy", retry_after=600)]
    execution = harness.run(one(users))
    assert execution.status == "waiting"
    assert execution.pending_tasks.get().kind == "timer"


@pytest.mark.parametrize(
    ("policy", "status", "calls"), [("fail", "failed", 0), ("retry", "completed", 1), ("ask", "interrupted", 0)]
)
def test_an_unsafe_step_that_broke_off_is_not_repeated_silently(
    users: Any, policy: str, status: str, calls: int
) -> None:
    version = one(users, kind="unsafe", on_unknown=policy)
    execution = harness.start(version)
    begun = execution.created_at
    ExecutionLog.objects.create(
        execution=execution, node_id="p", step_key="p", status="running", final=False, started_at=begun, timestamp=begun
    )
    WorkflowExecution.objects.update(epoch=1)
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, len(Probe.calls)) == (status, calls)
    if policy == "fail":
        assert execution.error_code == "outcome_unknown"
    if policy == "ask":
        harness.answer(execution)
        assert (execution.status, len(Probe.calls)) == ("completed", 1)


@pytest.mark.parametrize("retry_on", ["transient", "all"])
def test_an_unsafe_step_whose_outcome_is_unknown_is_not_repeated_silently(users: Any, retry_on: str) -> None:
    Probe.plan = [TransientError("No answer came.")]
    execution = harness.run(one(users, kind="unsafe", retry_backoff_seconds=0, retry_on=retry_on))
    assert (execution.status, execution.error_code, len(Probe.calls)) == ("failed", "outcome_unknown", 1)
    assert "No answer came. Whether it was done" in execution.error_message


def test_an_unsafe_step_that_did_nothing_is_retried(users: Any) -> None:
    Probe.plan = [TransientError("busy", undone=True), TransientError("busy", undone=True)]
    assert harness.run(one(users, kind="unsafe", retry_backoff_seconds=0)).status == "completed"
    Probe.plan = [TransientError("No answer came.")]
    wanted = one(users, "wanted", kind="unsafe", retry_backoff_seconds=0, on_unknown="retry")
    assert harness.run(wanted).status == "completed"


@pytest.mark.parametrize(("decision", "status", "calls"), [("confirmed", "completed", 2), ("cancelled", "failed", 1)])
def test_a_person_decides_over_a_step_whose_outcome_is_unknown(
    users: Any, decision: str, status: str, calls: int
) -> None:
    Probe.plan = [TransientError("No answer came.")]
    execution = harness.run(one(users, kind="unsafe", on_unknown="ask"))
    assert (execution.status, len(Probe.calls)) == ("interrupted", 1)
    task = execution.pending_tasks.get()
    assert (task.kind, task.prompt[:15]) == ("outcome_unknown", "No answer came.")
    harness.answer(execution, decision)
    assert (execution.status, len(Probe.calls)) == (status, calls)
    assert execution.error_code == ("" if status == "completed" else "outcome_unknown")


def test_a_number_that_no_double_holds_is_no_output(users: Any) -> None:
    execution = harness.run(one(users, value="{{ 10 ** 400 }}"))
    assert (execution.status, execution.error_code) == ("failed", "code_error")
    assert "308 digits" in execution.error_message


def test_an_output_too_large_to_write_out_fails_its_step(users: Any) -> None:
    values = {"a": ["{{ trigger.text }}"] * 300}
    nodes = [node("start", "trigger_manual"), node("big", "set", values=values)]
    execution = harness.start(harness.store(users.ada, "big", nodes, [("start", "big")]), text="x" * 100_000)
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, execution.error_code) == ("failed", "code_error")
    assert "million items and characters" in execution.error_message


def test_retry_runs_again_only_what_failed_and_what_follows(users: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("a", "probe"), node("b", "probe"), node("c", "probe")]
    version = harness.store(users.ada, "abc", nodes, [("start", "a"), ("a", "b"), ("b", "c")])
    Probe.plan = [None, ValueError("no")]
    execution = harness.run(version)
    assert (execution.status, execution.failed_node_id) == ("failed", "b")
    actions.retry(execution)
    assert execution.status == "pending"
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert [key.split(":")[1:] for key in Probe.calls] == [["a", "1"], ["b", "1"], ["b", "2"], ["c", "2"]]
    with pytest.raises(Conflict):
        actions.retry(execution)


def test_retry_of_a_loop_keeps_the_iterations_that_succeeded(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("lp", "loop", items=[1, 2, 3]),
        node("b", "probe", value="{{ loop.item }}"),
    ]
    version = harness.store(
        users.ada, "loop", nodes, [("start", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return")]
    )
    Probe.plan = [None, ValueError("no")]
    execution = harness.run(version)
    assert execution.failed_node_id == "b"
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == [1, 2, 3]
    assert len(Probe.calls) == 4


def test_retry_leaves_failures_alone_after_which_the_run_went_on(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("a", "probe", on_error="continue"),
        node("b", "probe"),
        node("lp", "loop", items=[1, 2], on_error="continue"),
        node("each", "probe"),
        node("z", "probe"),
    ]
    edges = [
        ("start", "a"), ("a", "b"), ("b", "lp"), ("lp", "each", "loop_body"), ("each", "lp", "loop_return"),
        ("lp", "z"),
    ]  # fmt: skip
    version = harness.store(users.ada, "handled", nodes, edges)
    Probe.plan = [ValueError("a"), None, ValueError("each"), None, ValueError("z")]
    execution = harness.run(version)
    assert (execution.failed_node_id, len(Probe.calls)) == ("z", 5)
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert [key.split(":")[1] for key in Probe.calls[5:]] == ["z"]


def test_retry_does_not_ask_again_what_was_answered(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        {**node("a", "probe"), "interrupt_after": True},
        node("z", "probe"),
    ]
    version = harness.store(users.ada, "asked", nodes, [("start", "a"), ("a", "z")])
    Probe.plan = [None, ValueError("z")]
    execution = harness.run(version)
    harness.answer(execution)
    assert execution.failed_node_id == "z"
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, execution.pending_tasks.count()) == ("completed", 1)


def test_the_time_limit_of_a_retry_counts_from_the_retry(users: Any) -> None:
    version = harness.store(
        users.ada, "limited", [node("start", "trigger_manual"), node("a", "probe")], [("start", "a")],
        max_execution_seconds=60,
    )  # fmt: skip
    Probe.plan = [ValueError("no")]
    execution = harness.run(version)
    WorkflowExecution.objects.update(started_at=timezone.now() - dt.timedelta(seconds=600))
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"


def test_rerun_from_a_step_takes_over_what_was_before(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("a", "probe", value=1),
        node("b", "probe", value="{{ a.output + 1 }}"),
    ]
    version = harness.store(users.ada, "ab", nodes, [("start", "a"), ("a", "b")])
    first = harness.run(version)
    again = actions.rerun(first, from_step="b", edits={"a": {"output": 41}})
    harness.work()
    again.refresh_from_db()
    assert again.final_output == 42
    assert len(Probe.calls) == 3


def test_the_same_idempotency_key_is_one_execution(users: Any) -> None:
    version = one(users)
    first, second = (harness.start(version, idempotency_key="k") for _ in range(2))
    assert first.pk == second.pk


def test_a_doubled_job_runs_nothing_twice(users: Any) -> None:
    execution = harness.run(one(users))
    assert not WorkflowExecutor("other:1:1").run(execution.pk)
    assert len(Probe.calls) == 1


def test_a_holder_that_was_paused_past_its_lease_writes_nothing(users: Any) -> None:
    version = one(users, kind="idempotent")
    execution = harness.start(version)

    class Stolen(ValueError):
        pass

    def steal(*args: Any) -> dict[str, Any]:
        if not Probe.calls:
            Probe.calls.append("first")
            held = WorkflowExecution.objects.get(pk=execution.pk)
            assert recovery.free(held.pk, held.epoch, held.heartbeat)
            assert lease.acquire(held.pk, "thief:1:1") is not None
        return {"output": "late"}

    registry.get("probe").run = steal  # type: ignore[method-assign]
    WorkflowExecutor(harness.OWNER).run(execution.pk)
    execution.refresh_from_db()
    assert (execution.status, execution.lease_owner) == ("running", "thief:1:1")
    assert not execution.logs.filter(step_key="p", final=True).exists()


def test_a_silent_holder_loses_its_executions_by_the_reapers_own_clock(users: Any) -> None:
    execution = harness.start(one(users))
    lease.acquire(execution.pk, "elsewhere:1:1")
    reaper = recovery.Reaper()
    assert reaper.step(1000.0) == 0
    assert reaper.step(1029.0) == 0
    lease.beat("elsewhere:1:1", [execution.pk])
    assert reaper.step(1031.0) == 0
    assert reaper.step(1062.0) == 1
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"


def test_five_takeovers_at_the_same_step_are_a_crash_loop(users: Any) -> None:
    execution = harness.start(one(users))
    for _ in range(5):
        held = lease.acquire(execution.pk, "doomed:1:1")
        assert held is not None
        recovery.free(held.pk, held.epoch, held.heartbeat)
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, execution.error_code) == ("failed", "crash_loop")
    assert Probe.calls == []


def test_redis_tells_what_runs_now(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def look(self: Probe, ctx: Any, config: Any, inputs: Any) -> dict[str, Any]:
        seen.append(redis.client().hgetall(live_key(ctx.run.execution.pk)))
        return {"output": 1}

    monkeypatch.setattr(Probe, "run", look)
    nodes = [node("start", "trigger_manual"), node("p", "probe", kind="unsafe"), node("ask", "human_confirmation")]
    execution = harness.run(harness.store(users.ada, "live", nodes, [("start", "p"), ("p", "ask")]))
    assert (execution.status, seen) == ("interrupted", [{b"p": b"p"}])
    assert redis.client().hgetall(live_key(execution.pk)) == {}


def test_budgets_and_limits_stop_an_execution(users: Any) -> None:
    version = one(users, "budget")
    version.workflow.budget_tokens = 0
    version.workflow.save()
    execution = harness.run(version)
    assert (execution.status, execution.error_code) == ("failed", "budget_exceeded")


@pytest.mark.parametrize("handled", [{"on_error": "continue"}, {"on_error": "continue", "retry_on": "all"}])
def test_nothing_handles_that_time_or_budget_are_used_up(users: Any, handled: dict[str, str]) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("lp", "loop", items=[1, 2], on_error="continue"),
        node("p", "probe", **handled),
        node("z", "probe", **handled),
    ]
    edges = [("start", "lp"), ("lp", "p", "loop_body"), ("lp", "z")]
    Probe.plan = [None, Exhausted("Used up.", code="budget_exceeded")]
    execution = harness.run(harness.store(users.ada, "budget", nodes, edges))
    assert (execution.status, execution.error_code, execution.failed_node_id) == ("failed", "budget_exceeded", "p")
    assert [key.split(":")[1] for key in Probe.calls] == ["lp[0]/p", "lp[1]/p"]
    Probe.calls.clear()
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert [key.split(":")[1] for key in Probe.calls] == ["lp[1]/p", "z"]


def test_a_value_of_some_size_is_stored_once_and_comes_back(users: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("a", "probe", value="x" * 100_000)]
    nodes += [node("b", "probe", value="{{ a.output }}"), node("ask", "human_confirmation", prompt="Go?")]
    nodes += [node("c", "probe", value="{{ b.output | length }}")]
    edges = [("start", "a"), ("a", "b"), ("b", "ask"), ("ask", "c")]
    execution = harness.run(harness.store(users.ada, "big", nodes, edges))
    row = execution.logs.get(step_key="a")
    assert row.output["output"].keys() == {"$ref", "size", "preview"}
    assert execution.values.count() == 1
    harness.answer(execution)
    assert execution.final_output == 100_000
