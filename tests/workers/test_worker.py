"""The real worker process: what it carries, how it stops, what it survives, what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_rq
import pytest
from django.conf import settings

from apps.executions.engine import queue, recovery
from apps.executions.models import WorkflowExecution
from apps.workflows.models import WorkflowVersion
from apps.workflows.snapshot import content_hash
from pipelit import redis
from tests import scratch
from tests.doubles.receiver import Receiver, running
from tests.engine import harness
from tests.engine.harness import node
from tests.workers.process import WAIT_SECONDS, spawn, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running() as server:
        yield server


@pytest.fixture
def calling(users: Any, receiver: Receiver) -> WorkflowVersion:
    """A workflow that makes one call that must not be made twice, and says so."""
    nodes = [
        node("start", "trigger_manual"),
        node("post", "http_request", url=receiver.url, method="POST", body="{}"),
        node("end", "set", values={"n": "{{ trigger.payload.n }}"}),
    ]
    return harness.store(users.ada, "calling", nodes, [("start", "post"), ("post", "end")])


@contextmanager
def worker(*options: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = spawn("worker", *options, **more)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(*executions: WorkflowExecution) -> bool:
    for execution in executions:
        execution.refresh_from_db()
    return all(execution.status in ("completed", "failed", "cancelled") for execution in executions)


def test_one_process_carries_many(calling: WorkflowVersion, receiver: Receiver) -> None:
    receiver.gate.clear()
    runs = [harness.start(calling, {"n": n}) for n in range(12)]
    with worker("--concurrency", "12") as process:
        assert receiver.wait_for(12)  # all at once: none can end before the gate opens
        receiver.gate.set()
        until(lambda: ended(*runs), process)
    assert [run.final_output for run in runs] == [{"n": n} for n in range(12)]
    assert set(receiver.keys.values()) == {1}


def test_it_takes_no_more_than_it_may(calling: WorkflowVersion, receiver: Receiver) -> None:
    receiver.gate.clear()
    runs = [harness.start(calling, {"n": n}) for n in range(5)]
    with worker("--concurrency", "2") as process:
        assert receiver.wait_for(2)
        assert WorkflowExecution.objects.exclude(lease_owner="").count() == 2
        receiver.gate.set()
        until(lambda: ended(*runs), process)


def test_sigterm_lets_what_runs_come_to_its_end(calling: WorkflowVersion, receiver: Receiver) -> None:
    receiver.gate.clear()
    running_one = harness.start(calling, {"n": 1})
    with worker("--concurrency", "1") as process:
        assert receiver.wait_for(1)
        waiting_one = harness.start(calling, {"n": 2})
        process.send_signal(signal.SIGTERM)
        receiver.gate.set()
        assert process.wait(WAIT_SECONDS) == 0
    assert ended(running_one)
    waiting_one.refresh_from_db()
    assert waiting_one.status == "pending"
    with worker("--burst") as process:
        assert process.wait(WAIT_SECONDS) == 0
    assert ended(waiting_one)


@pytest.mark.parametrize("early", [True, False])
def test_a_call_ends_a_wait_while_a_worker_runs_it(api: Any, users: Any, receiver: Receiver, early: bool) -> None:
    """The address has been sent by the step before; `early`: it is called while that step still runs."""
    nodes = [
        node("start", "trigger_manual"),
        node("post", "http_request", url=receiver.url, method="POST", body="{{ execution.callback_urls.w }}"),
        node("w", "wait", callback=True),
    ]
    execution = harness.start(harness.store(users.ada, "called", nodes, [("start", "post"), ("post", "w")]))
    receiver.gate.clear()
    with worker() as process:
        assert receiver.wait_for(1)
        path = urlsplit(receiver.calls[0][1].decode()).path
        if not early:
            receiver.gate.set()
            until(lambda: WorkflowExecution.objects.filter(status="waiting").exists(), process)
        assert api(None).post(path, {"n": 1}).status_code == 202
        receiver.gate.set()
        until(lambda: ended(execution), process)
    assert execution.final_output == {"n": 1}


def test_it_comes_back_after_a_loss_of_redis(calling: WorkflowVersion, tmp_path: Path) -> None:
    socket = tmp_path / "redis.sock"
    url = f"unix://{socket}"
    first = scratch.start_redis(socket)
    with worker(redis_url=url) as process:
        until(lambda: _has_worker(url), process)
        first.kill()
        first.wait()
        lost = harness.start(calling, {"n": 1})  # its job goes to another Redis, as if it were lost
        socket.unlink()
        second = scratch.start_redis(socket)
        _enqueue(url, lost)
        until(lambda: ended(lost), process)
    second.terminate()
    assert lost.status == "completed"


def _has_worker(url: str) -> bool:
    import redis as client

    with client.Redis.from_url(url) as connection:
        return bool(connection.smembers("rq:workers"))


def _enqueue(url: str, execution: WorkflowExecution) -> None:
    import redis as client

    with client.Redis.from_url(url) as connection:
        django_rq.get_queue(settings.QUEUE_NAME, connection=connection).enqueue(queue.JOB, str(execution.pk))


def test_what_a_wiped_redis_forgot_is_enqueued_again(calling: WorkflowVersion, receiver: Receiver) -> None:
    runs = [harness.start(calling, {"n": n}) for n in range(20)]
    redis.client().flushall()
    WorkflowExecution.objects.update(created_at="2020-01-01T00:00:00Z")
    assert recovery.reconcile() == 20
    with worker("--burst") as process:
        assert process.wait(WAIT_SECONDS) == 0
    assert ended(*runs)
    assert sorted(receiver.keys.values()) == [1] * 20


def test_five_jobs_for_one_execution_run_it_once(calling: WorkflowVersion, receiver: Receiver) -> None:
    run = harness.start(calling, {"n": 1})
    for _ in range(4):
        queue.enqueue(run.pk)
    with worker("--burst") as process:
        assert process.wait(WAIT_SECONDS) == 0
    assert ended(run)
    assert list(receiver.keys.values()) == [1]


def test_a_job_that_names_anything_else_is_refused(calling: WorkflowVersion, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    queue.rq_queue().enqueue("os.mkdir", str(mark), job_timeout=-1)
    queue.rq_queue().enqueue("builtins.eval", "1", job_timeout=-1)
    redis.client().rpush(queue.rq_queue().key, "no-such-job", b"\xff\xfe")
    run = harness.start(calling, {"n": 1})
    with worker("--burst") as process:
        said, _ = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0
    assert "A job that names 'os.mkdir' was refused" in said
    assert "builtins.eval" in said
    assert not mark.exists()
    assert ended(run)


def test_a_stopped_worker_that_wakes_late_writes_nothing(calling: WorkflowVersion, receiver: Receiver) -> None:
    """SIGSTOP past the lease: the other worker's result stands."""
    receiver.gate.clear()
    calling.snapshot["nodes"][1]["config"]["on_unknown"] = "retry"
    calling.content_hash = content_hash(calling.snapshot)  # plans are cached by it
    calling.save()
    run = harness.start(calling, {"n": 1})
    with worker("--concurrency", "1") as slow:
        assert receiver.wait_for(1)
        slow.send_signal(signal.SIGSTOP)
        reaper = recovery.Reaper()
        assert reaper.step(now=0.0) == 0
        assert reaper.step(now=31.0) == 1
        receiver.gate.set()
        with worker("--burst") as other:
            assert other.wait(WAIT_SECONDS) == 0
        assert ended(run)
        before = harness.outcome(run), run.logs.count(), run.epoch
        slow.send_signal(signal.SIGCONT)
        slow.send_signal(signal.SIGTERM)
        assert slow.wait(WAIT_SECONDS) == 0
    run.refresh_from_db()
    assert (harness.outcome(run), run.logs.count(), run.epoch) == before
    assert list(receiver.keys.values()) == [2]  # the same call again, under the same key


def test_a_process_that_dies_is_replaced(calling: WorkflowVersion, receiver: Receiver) -> None:
    with worker("--processes", "2", "--concurrency", "2") as process:
        until(lambda: len(_children(process.pid)) == 2, process)
        first = _children(process.pid)
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(set(_children(process.pid)) - {first[0]}) == 2, process)
        run = harness.start(calling, {"n": 1})
        until(lambda: ended(run), process)
        children = _children(process.pid)
        process.kill()
        process.wait()
        until(lambda: not [pid for pid in children if scratch.lives(pid)])


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
