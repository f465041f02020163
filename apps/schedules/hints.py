"""A deferred RQ job for each time that is due, which fires it should no scheduler process do so. Only hints: the row
decides, and a time whose hint is lost, late or doubled is run once all the same (docs/decisions/0010)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from apps.executions.engine import queue

from .models import ScheduledJob, key_of

JOB = "apps.schedules.jobs.execute_scheduled_job"
AFTER = dt.timedelta(seconds=1)
"""The scheduler process comes first; and RQ counts whole seconds."""


def expect_next(job: ScheduledJob) -> None:
    """Once committed: leave a hint of the schedule's next time, in place of the one that is over."""
    if job.status == ScheduledJob.Status.ACTIVE and job.next_run_at is not None:
        number = job.current_repeat
        _leave(job.pk, number + 1, 0, job.next_run_at, instead_of=key_of(job.pk, number, 0) if number else "")


def expect_retry(job: ScheduledJob, number: int, retry: int, due: dt.datetime) -> None:
    """The same for another attempt."""
    _leave(job.pk, number, retry, due)


def _leave(job_pk: int, number: int, retry: int, due: dt.datetime, instead_of: str = "") -> None:
    at, key = due.replace(microsecond=0) + AFTER, key_of(job_pk, number, retry)
    transaction.on_commit(lambda: queue.defer(JOB, job_pk, job_id=key, due=at, instead_of=instead_of))
