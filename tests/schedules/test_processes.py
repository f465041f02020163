"""Real schedulers, a real worker and a real Redis: killed at random; each time is run once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from apps.executions.models import WorkflowExecution
from apps.schedules import actions
from apps.schedules.models import ScheduledJob
from apps.workflows.models import Workflow
from tests import scratch
from tests.drawing import canvas
from tests.workers.process import spawn, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Redis:
    """A Redis of its own, which remembers nothing when it is started again."""

    def __init__(self) -> None:
        self.socket = Path(settings.VAR_DIR) / "killed.sock"
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = scratch.start_redis(self.socket)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def test_schedulers_and_redis_are_killed_at_random(api: Any, users: Any) -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    drawn = canvas(api(users.ben), "ticking")
    drawn.must_node("tick", "trigger_schedule")
    drawn.must_node("out", "set", {"extra_config": {"values": {"n": "{{ trigger.schedule.number }}"}}})
    drawn.must_edge("tick", "out")
    fields = {"name": "t", "interval_seconds": 1, "total_repeats": 8, "overlap": "allow", "catch_up": "all"}
    job = actions.create(users.ben, Workflow.objects.get(), "tick", fields)
    redis = Redis()
    url = f"unix://{redis.socket}"
    schedulers = [spawn("scheduler", redis_url=url), spawn("scheduler", redis_url=url)]
    worker = spawn("worker", redis_url=url)
    try:
        # the worker has started: nobody starts another if it finds no Redis
        until(lambda: WorkflowExecution.objects.filter(status="completed").exists())
        for number in range(1, 7):
            until(lambda number=number: ScheduledJob.objects.get(pk=job.pk).current_repeat >= number)
            if chance.random() < 0.6:
                redis.kill()
            if chance.random() < 0.6:
                victim = chance.randrange(2)
                schedulers[victim].kill()
                schedulers[victim].communicate()
                schedulers[victim] = spawn("scheduler", redis_url=url)
            if redis.process.poll() is not None and chance.random() < 0.7:  # else it stays away for a while
                redis.start()
        if redis.process.poll() is not None:
            redis.start()
        until(lambda: ScheduledJob.objects.get(pk=job.pk).status == "done")
    finally:
        for process in (*schedulers, worker):
            process.kill()
            process.communicate()
        redis.kill()
    found = WorkflowExecution.objects.order_by("created_at")
    assert sorted(run.final_output["n"] for run in found) == list(range(1, 9))
    assert {run.status for run in found} == {"completed"}
    due = list(job.runs.order_by("number").values_list("due_at", flat=True))
    assert [(b - due[0]).total_seconds() for b in due] == list(range(8))
    assert due[-1] <= timezone.now()
