"""The deferred jobs in RQ: a worker acts upon them where no scheduler process does, and nothing depends on them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils import timezone
from redis.exceptions import TimeoutError

from apps.executions.engine import queue
from apps.executions.models import WorkflowExecution
from apps.executions.scheduler import Scheduler
from apps.schedules import actions
from apps.schedules.jobs import execute_scheduled_job
from apps.schedules.models import ScheduledJob
from pipelit import redis
from tests.drawing import Canvas
from tests.engine import harness
from tests.schedules.ticking import Clock, job, runs
from tests.workers.process import spawn

pytestmark = pytest.mark.django_db(transaction=True)


def hinted() -> dict[str, float]:
    """The deferred jobs, and when each is due."""
    found: Any = redis.client().zrange(queue.rq_queue().scheduled_job_registry.key, 0, -1, withscores=True)
    return {key.decode(): at for key, at in found}


def come_due(made: ScheduledJob) -> None:
    """As if the schedule had waited until now."""
    ScheduledJob.objects.filter(pk=made.pk).update(next_run_at=timezone.now())
    redis.client().zadd(queue.rq_queue().scheduled_job_registry.key, dict.fromkeys(hinted(), time.time() - 1))


def test_each_time_has_one_under_its_own_id(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users)
    assert made.next_run_at is not None
    (at,) = hinted().values()
    assert 0 < at - made.next_run_at.timestamp() <= 1  # never before it is due
    assert list(hinted()) == [f"sched-{made.pk}-n1-rc0"]
    clock.tick(10)
    assert list(hinted()) == [f"sched-{made.pk}-n2-rc0"]
    moved = actions.update(users.ben, made, {"interval_seconds": 500})
    assert moved.next_run_at is not None
    assert 0 < hinted()[f"sched-{made.pk}-n2-rc0"] - moved.next_run_at.timestamp() <= 1


def test_another_attempt_has_one(users: Any, failing: Canvas, clock: Clock) -> None:
    made = job(users, "failing", max_retries=1, total_repeats=1)
    clock.tick(10)
    assert f"sched-{made.pk}-n1-rc1" in hinted()


def test_a_worker_fires_what_no_scheduler_did(users: Any, drawn: Canvas) -> None:
    made = job(users, interval_seconds=600)
    come_due(made)
    worker = spawn("worker", "--burst")
    said, _ = worker.communicate(timeout=120)
    assert runs(made) == [(1, 0, "started")], said
    assert list(hinted()) == [f"sched-{made.pk}-n2-rc0"]
    harness.work()
    execute_scheduled_job(made.pk)
    assert runs(made) == [(1, 0, "succeeded")]


def test_one_that_comes_twice_or_late_or_never(users: Any, drawn: Canvas, redis_client: Any) -> None:
    made = job(users, interval_seconds=600)
    come_due(made)
    assert (queue.bring_due(), queue.bring_due()) == (1, 0)
    Scheduler().step()  # it was there first
    execute_scheduled_job(made.pk)
    execute_scheduled_job(made.pk)
    assert runs(made) == [(1, 0, "started")]
    redis_client.flushall()
    ScheduledJob.objects.update(next_run_at=timezone.now())
    harness.work()
    Scheduler().step()
    assert runs(made) == [(1, 0, "succeeded"), (2, 0, "started")]
    actions.delete(users.ben, [made.pk])
    execute_scheduled_job(made.pk)
    assert WorkflowExecution.objects.count() == 2


def test_a_redis_that_hangs_holds_up_one_command_and_no_schedule(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedules = [job(users) for _ in range(3)]
    tried = []

    def hang() -> None:
        tried.append(1)
        raise TimeoutError("Timeout reading from socket")

    monkeypatch.setattr(redis, "_silent_until", 0.0)
    monkeypatch.setattr(redis, "client", hang)
    clock.tick(10, work=False)
    assert [runs(made) for made in schedules] == [[(1, 0, "started")]] * 3
    assert len(tried) == 1


def test_schedules_come_before_what_redis_can_hold_up(
    users: Any, drawn: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = job(users, interval_seconds=600)
    ScheduledJob.objects.update(next_run_at=timezone.now())
    scheduler = Scheduler()

    def away(now: float) -> int:
        raise TimeoutError("Timeout reading from socket")

    monkeypatch.setattr(scheduler._dispatcher, "step", away)
    assert scheduler.safe_step() == 0
    assert runs(made) == [(1, 0, "started")]
