"""Leases: they outlive Redis, and no two workers count the same room."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis as client
from django.db import connection

from apps.executions import worker
from apps.executions.engine import lease, registry
from apps.executions.engine.run import Run
from apps.executions.jobs import owner
from apps.executions.management.commands import worker as command
from apps.executions.models import Status, WorkflowExecution
from pipelit import health, redis
from tests import scratch
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
NODES = [node("start", "trigger_manual"), node("a", "set", values={"n": "1"})]


def store(users: Any, **fields: Any) -> Any:
    return harness.store(users.ben, "chain", NODES, [("start", "a")], **fields)


@pytest.mark.parametrize("error", [client.exceptions.ConnectionError("away"), RuntimeError("unheard of")])
def test_leases_are_held_while_redis_is_away(users: Any, monkeypatch: Any, error: Exception) -> None:
    started = harness.start(store(users))
    execution = lease.acquire(started.pk, owner())
    assert execution is not None
    tried = threading.Semaphore(0)

    def away(*args: Any) -> None:
        tried.release()
        raise error

    monkeypatch.setattr(health, "beat", away)
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(worker, "REPORT_SECONDS", 0.01)
    pulse = worker.Pulse("tests", 1, lambda stuck: None)
    with registry.holding(fake_run(execution)):
        pulse.start()
        try:
            assert all(tried.acquire(timeout=30) for _ in range(3))  # it is tried again and again
            while not WorkflowExecution.objects.filter(pk=started.pk, heartbeat__gte=3).exists():
                threading.Event().wait(0.01)
        finally:
            pulse.stop()


def fake_run(execution: WorkflowExecution) -> Any:
    run = object.__new__(Run)
    run.execution = execution
    return run


def test_a_redis_that_cannot_store_counts_as_away(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    process = scratch.start_redis(folder / "redis.sock")
    with client.Redis(unix_socket_path=str(folder / "redis.sock"), single_connection_client=True) as connected:
        connected.config_set("save", "1 1")
        for path in (*folder.iterdir(), folder):
            path.rmdir() if path.is_dir() else path.unlink()
        with suppress(client.ResponseError):
            connected.bgsave()
        while connected.info("persistence")["rdb_last_bgsave_status"] == "ok":
            threading.Event().wait(0.01)
        with pytest.raises(redis.DOWN, match="disk"):
            connected.set("a", "b")
        process.kill()
        process.wait()


def test_a_worker_that_cannot_go_on_ends_its_process(monkeypatch: Any) -> None:
    ended: list[int] = []

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("unheard of")

    monkeypatch.setattr(worker.PipelitWorker, "work", fail)
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    command._work(1)
    assert ended == [1]


def test_two_workers_do_not_take_the_same_room(users: Any, monkeypatch: Any) -> None:
    version = store(users, concurrency=1)
    runs = [harness.start(version), harness.start(version)]
    both, count = threading.Barrier(2), lease._has_room

    def count_together(*args: Any) -> bool:
        found = count(*args)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # comes to nothing where the other one has to wait before it counts
        return found

    monkeypatch.setattr(lease, "_has_room", count_together)
    taken: list[Any] = []

    def take(execution: WorkflowExecution) -> None:
        try:
            taken.append(lease.acquire(execution.pk, harness.OWNER))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[execution]) for execution in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(taken), taken.count(None)) == (2, 1)
    assert WorkflowExecution.objects.filter(status=Status.RUNNING).count() == 1


def test_a_run_that_ends_late_does_not_hide_the_one_after_it(users: Any) -> None:
    execution = harness.start(store(users))
    old, new = fake_run(execution), fake_run(execution)
    with registry.holding(old):
        following = registry.holding(new)
        following.__enter__()
    assert registry.get(execution.pk) is new
    following.__exit__(None, None, None)
    assert registry.get(execution.pk) is None
