"""Schedules of ben's workflow `ticking`, and a clock to be put on."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.utils import timezone

from apps.schedules import actions, firing
from apps.schedules.models import ScheduledJob
from apps.workflows.models import Workflow
from tests.engine import harness


class Clock:
    """Starts when it is first looked at: after the schedules of a test are made."""

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    def tick(self, seconds: float, *, work: bool = True) -> None:
        """Time goes by; what is due is started, run, and looked at again."""
        self.now += dt.timedelta(seconds=seconds)
        firing.step(self.now)
        if work:
            harness.work()
            firing.step(self.now)


def job(users: Any, slug: str = "ticking", **fields: Any) -> ScheduledJob:
    fields.setdefault("interval_seconds", None if "cron" in fields else 10)
    return actions.create(users.ben, Workflow.objects.get(slug=slug), "tick", {"name": "t", **fields})


def runs(job: ScheduledJob) -> list[tuple[int | None, int, str]]:
    return list(job.runs.order_by("pk").values_list("number", "retry", "state"))


def fresh(job: ScheduledJob) -> ScheduledJob:
    job.refresh_from_db()
    return job
