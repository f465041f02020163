"""What breaks a run off in the middle: it still ends, or goes on elsewhere; others do not suffer."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import redis
from django.db import DataError, OperationalError

from apps.credentials import actions as credentials
from apps.executions import worker
from apps.executions.engine import executor, lease, recorder, recovery
from apps.executions.engine.deadline import DeadlineExceeded, watchdog
from apps.executions.engine.run import Run
from apps.executions.engine.secrets import Seals
from apps.executions.models import PendingTask, Status, WorkflowExecution
from apps.workflows.components.logic.set import Set
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
CHAIN = [node("start", "trigger_manual"), node("a", "set", values={"n": "1"}), node("b", "set", values={"n": "2"})]


def chain(users: Any, slug: str = "chain") -> Any:
    return harness.store(users.ben, slug, CHAIN, [("start", "a"), ("a", "b")])


def test_a_run_that_is_broken_off_falls_silent_and_is_taken_over(users: Any, monkeypatch: Any) -> None:
    started = harness.start(chain(users))

    def away(run: Run) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr(Run, "load", away)
        assert executor.WorkflowExecutor("host:1:1").run(started.pk)
    reaper = recovery.Reaper()
    freed = 0
    for now in (0.0, 20.0, 40.0):
        lease.beat("host:1:1", [])  # the process lives, the run does not
        freed += reaper.step(now)
    assert freed == 1
    harness.work()
    started.refresh_from_db()
    assert started.status == Status.COMPLETED


@pytest.mark.parametrize("error", [DataError("too long"), ValueError("no text")])
def test_what_the_database_refuses_fails_the_execution(users: Any, monkeypatch: Any, error: Exception) -> None:
    started = harness.start(chain(users))
    written = recorder._written

    def refuse(group: Any) -> Any:
        if any(entry.row is not None for entry in group):
            raise error
        return written(group)

    monkeypatch.setattr(recorder, "_written", refuse)
    harness.work()
    started.refresh_from_db()
    assert (started.status, started.lease_owner) == (Status.FAILED, "")
    assert str(error) in started.error_message


def test_a_group_is_written_again_after_a_lost_connection(users: Any, monkeypatch: Any) -> None:
    written, lost = recorder._written, []

    def lose_once(group: Any) -> Any:
        from django.db import transaction

        if not lost and any(entry.row is not None for entry in group):
            lost.append(1)
            with transaction.atomic():
                written(group)
                raise OperationalError("the connection was lost before the commit")
        return written(group)

    monkeypatch.setattr(recorder, "_written", lose_once)
    execution = harness.run(chain(users))
    assert lost
    assert execution.status == Status.COMPLETED
    assert sorted(harness.finals(execution)) == ["a", "b", "start"]


@pytest.mark.parametrize("handled", [False, True])
def test_a_workflow_that_cannot_be_called_fails_its_step(users: Any, handled: bool) -> None:
    nodes = [node("start", "trigger_manual"), node("call", "workflow", target_workflow="nosuch"),
             node("saved", "set", values={"x": "{{ call.error.message }}"})]  # fmt: skip
    edges = [("start", "call"), *([("call", "saved", "error")] if handled else [("call", "saved")])]
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    assert execution.status == (Status.COMPLETED if handled else Status.FAILED)
    if not handled:
        assert (execution.failed_node_id, "nosuch" in execution.error_message) == ("call", True)
    assert not PendingTask.objects.exists()


def test_handing_over_cancels_nothing(users: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("w", "wait", duration=4, unit="seconds")]
    started = harness.start(harness.store(users.ben, "waits", nodes, [("start", "w")]))
    from apps.executions.engine import registry

    beside = threading.Thread(target=executor.WorkflowExecutor("host:1:1").run, args=(started.pk,))
    beside.start()
    while (run := registry.get(started.pk)) is None or not run.orchestrator or not run.orchestrator._running:
        threading.Event().wait(0.01)
    run.hand_over()
    assert lease.release(started.pk, run.execution.epoch)
    beside.join(10)
    started.refresh_from_db()
    assert (started.status, started.lease_owner) == (Status.RUNNING, "")
    harness.work()
    started.refresh_from_db()
    assert started.status == Status.COMPLETED


def test_a_database_that_is_away_fails_no_step(users: Any, monkeypatch: Any) -> None:
    """The step asks for something, and gets no answer: the run breaks off, and goes on when the database is back."""
    started = harness.start(chain(users))
    ran = Set.run

    def away(*args: Any) -> Any:
        monkeypatch.setattr(Set, "run", ran)
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(Set, "run", away)
    assert executor.WorkflowExecutor("host:1:1").run(started.pk)
    started.refresh_from_db()
    assert (started.status, started.lease_owner) == (Status.RUNNING, "host:1:1")
    assert recovery.free(started.pk, started.epoch, started.heartbeat)
    harness.work()
    started.refresh_from_db()
    assert started.status == Status.COMPLETED
    assert sorted(harness.finals(started)) == ["a", "b", "start"]


def test_a_redis_that_is_away_is_tried_again(users: Any, monkeypatch: Any) -> None:
    ran, lost = Set.run, []

    def away(*args: Any) -> Any:
        if not lost:
            lost.append(1)
            raise redis.exceptions.ConnectionError("away")
        return ran(*args)

    monkeypatch.setattr(Set, "run", away)
    nodes = [CHAIN[0], node("a", "set", values={"n": "1"}, retry_backoff_seconds=0)]
    execution = harness.run(harness.store(users.ben, "again", nodes, [("start", "a")]))
    assert execution.status == Status.COMPLETED
    rows = execution.logs.filter(node_id="a").order_by("attempt")
    assert [(row.attempt, row.error_code) for row in rows] == [(1, "redis_unavailable"), (2, "")]


def test_a_workflows_time_ends_its_step(users: Any) -> None:
    nodes = [CHAIN[0], node("a", "code", code="while True: pass")]
    version = harness.store(users.ben, "slow", nodes, [("start", "a")], max_execution_seconds=1)
    execution = harness.run(version)
    assert (execution.status, execution.error_code) == (Status.FAILED, "timeout")
    assert "longer than the 1 s that its workflow allows" in execution.error_message


def test_a_step_that_nothing_stops_costs_its_process(monkeypatch: Any) -> None:
    """A lock is waited for in C: no exception reaches the thread."""
    gate, found = threading.Lock(), []
    gate.acquire()

    def hang() -> None:
        with pytest.raises(DeadlineExceeded), watchdog.limit(0.01, "a step"):
            gate.acquire()

    thread = threading.Thread(target=hang)
    thread.start()

    def recycle(stuck: list[Any]) -> None:
        found.extend(stuck)

    monkeypatch.setattr(worker, "STUCK_SECONDS", 0)
    pulse = worker.Pulse("tests", 1, recycle)
    while not found:
        pulse.hold()
    gate.release()
    thread.join(10)
    assert found == ["a step"]
    assert watchdog.stuck(0) == []


def test_a_seal_cannot_be_made_up(users: Any) -> None:
    secret = "sk-canary-0123456789"
    row = credentials.create(users.ada, "theirs", "http", {"auth_type": "bearer", "token": secret})
    mine, others = Seals(1), Seals(2)
    mine.reveal(row.pk)
    sealed = mine.seal(f"Bearer {secret}")
    assert secret not in sealed
    assert Seals(1).unseal(sealed) == f"Bearer {secret}"
    forged = [f"\u27e6sealed:{row.pk}:0\u27e7", f"\u27e6sealed:{row.pk}:0:{'0' * 32}\u27e7"]
    assert [Seals(1).unseal(text) for text in forged] == forged
    assert others.unseal(sealed) == sealed  # it is of another workflow
    nodes = [
        node("start", "trigger_manual"),
        node("said", "set", values={"t": "{{ trigger.text }}"}),
        node("later", "wait", duration=0.01, unit="seconds"),
        node("got", "transform", template="{{ said.output.t }}"),
    ]
    version = harness.store(users.ben, "thief", nodes, [("start", "said"), ("said", "later"), ("later", "got")])
    for text in forged:
        assert harness.run(version, text=text).final_output == text


@pytest.mark.parametrize("evil", ["\ud800", "a\x00b"])
def test_texts_that_databases_refuse(users: Any, evil: str) -> None:
    nodes = [node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="{{ trigger.payload.x }}")]
    execution = harness.run(harness.store(users.ben, "asks", nodes, [("start", "ask")]), {"x": evil})
    assert execution.status in (Status.INTERRUPTED, Status.FAILED)
    nodes = [node("start", "trigger_manual"), node("bad", "code", code=f"raise ValueError({evil!r})")]
    execution = harness.run(harness.store(users.ben, "raises", nodes, [("start", "bad")]))
    assert execution.status == Status.FAILED
    assert WorkflowExecution.objects.filter(status=Status.RUNNING).count() == 0


def test_code_gets_the_network_only_by_the_operators_grant(users: Any, settings: Any) -> None:
    """It would pass by the checks of outgoing requests."""
    nodes = [node("start", "trigger_manual"), node("code", "code", code="return 1", network=True)]
    version = harness.store(users.ben, "net", nodes, [("start", "code")])
    refused = harness.run(version)
    assert (refused.status, refused.error_code) == (Status.FAILED, "sandbox_unavailable")
    assert "SANDBOX_NETWORK" in refused.error_message
    settings.SANDBOX_NETWORK = True
    assert harness.run(version).final_output == 1
