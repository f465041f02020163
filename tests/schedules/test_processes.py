"""Real schedulers and a real worker: killed at random, with a Redis that is wiped; each time is run once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.executions.models import WorkflowExecution
from apps.schedules import actions
from apps.schedules.models import ScheduledJob
from apps.workflows.models import Workflow
from pipelit import redis
from tests.drawing import canvas
from tests.workers.process import spawn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WAIT_SECONDS = 90.0


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.05)


def test_two_schedulers_that_die_and_a_redis_that_forgets(api: Any, users: Any) -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    drawn = canvas(api(users.ben), "ticking")
    drawn.must_node("tick", "trigger_schedule")
    drawn.must_node("out", "set", {"extra_config": {"values": {"n": "{{ trigger.schedule.number }}"}}})
    drawn.must_edge("tick", "out")
    fields = {"name": "t", "interval_seconds": 1, "total_repeats": 5, "overlap": "allow", "catch_up": "all"}
    job = actions.create(users.ben, Workflow.objects.get(), "tick", fields)
    schedulers = [spawn("scheduler"), spawn("scheduler")]
    worker = spawn("worker")
    try:
        for number in (1, 2, 3):
            until(lambda number=number: ScheduledJob.objects.get(pk=job.pk).current_repeat >= number)
            victim = chance.randrange(2)
            schedulers[victim].kill()
            schedulers[victim].communicate()
            schedulers[victim] = spawn("scheduler")
            redis.client().flushall()
        until(lambda: ScheduledJob.objects.get(pk=job.pk).status == "done")
    finally:
        for process in (*schedulers, worker):
            process.kill()
            process.communicate()
    found = WorkflowExecution.objects.order_by("created_at")
    assert sorted(run.final_output["n"] for run in found) == [1, 2, 3, 4, 5]
    assert {run.status for run in found} == {"completed"}
    due = list(job.runs.order_by("number").values_list("due_at", flat=True))
    assert [(b - due[0]).total_seconds() for b in due] == [0, 1, 2, 3, 4]
    assert due[-1] <= timezone.now()
