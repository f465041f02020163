"""What the scheduler process does for schedules, bit by bit. Any number of processes may do so at once, and may die
anywhere: each bit is one transaction that holds the schedule's row, and a fire is a row that is unique.

due -> a run that waits (`plan`) -> started, or left out (`start`) -> ended as its execution ends (`settle`), which may
make another attempt wait.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from functools import partial

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone

from apps.executions import actions as executions
from apps.executions.models import TERMINAL, Status, WorkflowExecution
from apps.executions.triggers.dispatch import dispatch_event
from apps.executions.triggers.schedule import ScheduleHandler
from apps.workflows.timing import BadTiming
from pipelit import events, redis
from pipelit.errors import Conflict, Invalid, PipelitError

from . import shapes
from .models import ScheduledJob, ScheduledRun

log = logging.getLogger(__name__)
State, JobStatus, Overlap = ScheduledRun.State, ScheduledJob.Status, ScheduledJob.Overlap
BATCH = 200
GRACE_SECONDS = (5, 60)
"""A run is late, and its catch-up policy decides, when its interval has passed again; at least and at most this."""
BACK_OFF = 10
"""The longest pause before another attempt, in intervals."""
MAX_WAITING = 100
"""Runs of one schedule that queue up behind one that goes on; more are left out."""
KEPT_RUNS = 1_000


def step(now: dt.datetime | None = None) -> int:
    """Do what is due; how much that was."""
    now = now or timezone.now()
    return settle(now) + plan(now) + start(now)


def plan(now: dt.datetime) -> int:
    """Make a run of each time that has come."""
    due = ScheduledJob.objects.filter(status=JobStatus.ACTIVE, next_run_at__lte=now).order_by("next_run_at")
    return _each(due.values_list("pk", flat=True)[:BATCH], lambda job: _plan(job, now))


def start(now: dt.datetime) -> int:
    """Start the runs that wait, the oldest first; what waits for its own schedule's last run holds up no other."""
    waiting = ScheduledRun.objects.filter(state=State.WAITING, due_at__lte=now, job__status=JobStatus.ACTIVE)
    goes_on = Exists(ScheduledRun.objects.filter(job=OuterRef("job"), state=State.STARTED))
    free = Q(job__overlap=Overlap.ALLOW) | Q(job__overlap=Overlap.SKIP, retry=0) | ~goes_on
    jobs = waiting.filter(free).values("job_id").annotate(first=Min("due_at")).order_by("first", "job_id")
    return _each([row["job_id"] for row in jobs[:BATCH]], lambda job: _start(job, now))


def settle(now: dt.datetime) -> int:
    """Look at what has ended, and end what takes too long."""
    going_on = ScheduledRun.objects.filter(state=State.STARTED).order_by()
    ended = going_on.filter(Q(execution=None) | Q(execution__status__in=TERMINAL)).values_list("job_id", flat=True)
    timed = going_on.filter(job__timeout_seconds__isnull=False)
    times = timed.values_list("job_id", "started_at", "job__timeout_seconds")
    late = [job for job, since, seconds in times if since and seconds and (now - since).total_seconds() > seconds]
    return _each(dict.fromkeys([*ended.distinct()[:BATCH], *late[:BATCH]]), lambda job: _settle(job, now))


def _each(ids: Iterable[int], deed: Callable[[ScheduledJob], int]) -> int:
    """One that breaks is dead, and harms no other."""
    done = 0
    for key in ids:
        try:
            done += _one(key, deed)
        except (DatabaseError, *redis.DOWN):
            raise
        except Exception as error:
            log.exception("Schedule %s broke", key)
            reason = f"{type(error).__name__}: {error}"
            done += _one(key, partial(_die, reason=reason))
    return done


def _one(key: int, deed: Callable[[ScheduledJob], int]) -> int:
    with transaction.atomic():
        job = (
            ScheduledJob.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("workflow__owner", "node")
            .filter(pk=key)
            .first()
        )
        count = 0 if job is None else deed(job)
        if job is not None and count:
            events.on_commit(shapes.event(job))
        return count


def _plan(job: ScheduledJob, now: dt.datetime) -> int:
    due = job.next_run_at
    if job.status != JobStatus.ACTIVE or due is None or due > now:
        return 0
    try:
        gap = (job.timing.next(due) - due).total_seconds()
        late = (now - due).total_seconds() > min(max(gap, GRACE_SECONDS[0]), GRACE_SECONDS[1])
        if late and job.catch_up != ScheduledJob.CatchUp.ALL:
            due, missed = job.timing.latest(due, now)
            if job.catch_up == ScheduledJob.CatchUp.SKIP:
                log.warning("Schedule %s missed %d runs", job.pk, missed)
                job.last_error = f"{missed} runs until {due:%Y-%m-%d %H:%M:%S} UTC were missed and left out."
                job.next_run_at = job.timing.next(due)
                job.save(update_fields=["next_run_at", "last_error", "updated_at"])
                return 1
        following = job.timing.next(due)
    except BadTiming as error:  # a zone that the system no longer knows
        return _die(job, f"{error.field}: {error}")
    job.current_repeat += 1
    job.current_retry = 0
    job.next_run_at = following if job.total_repeats is None or job.current_repeat < job.total_repeats else None
    job.save(update_fields=["current_repeat", "current_retry", "next_run_at", "updated_at"])
    run = ScheduledRun(job=job, number=job.current_repeat, due_at=due)
    if job.runs.filter(state=State.WAITING).count() >= MAX_WAITING:
        run.state, run.ended_at, run.reason = State.SKIPPED, now, f"{MAX_WAITING} runs wait already."
    run.save()
    if job.current_repeat % 100 == 0:
        old = job.runs.filter(number__lt=job.current_repeat - KEPT_RUNS)
        old.exclude(state__in=(State.WAITING, State.STARTED)).delete()
    return 1


def _start(job: ScheduledJob, now: dt.datetime) -> int:
    if job.status != JobStatus.ACTIVE:
        return 0
    done = 0
    for run in job.runs.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "pk"):
        if job.overlap != Overlap.ALLOW and job.runs.filter(state=State.STARTED).exists():
            if job.overlap == Overlap.QUEUE or run.retry:
                break
            _end(job, run, State.SKIPPED, now, "The run before still went on.")
        else:
            fire(job, run, now)
        done += 1
        if job.status != JobStatus.ACTIVE:
            break
    return done


def fire(job: ScheduledJob, run: ScheduledRun, now: dt.datetime, key: str | None = None) -> None:
    """Start the execution of a run, under its own idempotency key or `key`. Call in a transaction that holds the
    schedule's row."""
    event = {
        "text": "",
        "payload": job.trigger_payload,
        "timestamp": run.due_at.isoformat(),
        "schedule": {"id": job.pk, "name": job.name, "number": run.number, "retry": run.retry},
    }
    try:
        with transaction.atomic():
            execution = _dispatch(job, event, key or run.key)
    except Conflict as error:  # inactive
        _end(job, run, State.SKIPPED, now, error.detail)
        return
    except Invalid as error:  # unfinished
        _failed(job, run, now, error.detail)
        return
    except PipelitError as error:
        execution, job.last_error = None, error.detail
    if execution is None:
        reason = f'The workflow "{job.workflow.slug}" has no trigger "{shapes.trigger_of(job)}" any more.'
        _end(job, run, State.FAILED, now, reason)
        _die(job, reason)
        return
    run.execution, run.state, run.started_at = execution, State.STARTED, now
    run.save(update_fields=["execution", "state", "started_at"])
    job.last_run_at, job.current_retry = now, run.retry
    job.run_count += not run.retry
    job.save(update_fields=["last_run_at", "current_retry", "run_count", "updated_at"])


def _dispatch(job: ScheduledJob, event: dict[str, object], key: str) -> WorkflowExecution | None:
    if job.workflow.deleted_at is not None:
        return None
    for node_id in dict.fromkeys((shapes.trigger_of(job), job.trigger_node_id)):  # renamed, and not yet published
        found = dispatch_event(
            ScheduleHandler.type, event, workflow=job.workflow, trigger_node_id=node_id, user=job.workflow.owner,
            idempotency_key=key,
        )  # fmt: skip
        if found is not None:
            return found
    return None


def _settle(job: ScheduledJob, now: dt.datetime) -> int:
    done = 0
    for run in job.runs.filter(state=State.STARTED).select_related("execution").order_by("pk"):
        execution = run.execution
        if execution is None:
            _end(job, run, State.FAILED, now, "The execution was deleted.")
        elif execution.status == Status.COMPLETED:
            _end(job, run, State.SUCCEEDED, now)
        elif execution.status == Status.CANCELLED:
            _end(job, run, State.FAILED, now, "The execution was cancelled.")
        elif execution.status == Status.FAILED:
            _failed(job, run, now, execution.error_message)
        elif job.timeout_seconds and run.started_at and (now - run.started_at).total_seconds() > job.timeout_seconds:
            executions.cancel(execution)
            _failed(job, run, now, f"The run took longer than {job.timeout_seconds} s and was cancelled.")
        else:
            continue
        done += 1
    if done:
        _finish_if_over(job)
    return done


def _failed(job: ScheduledJob, run: ScheduledRun, now: dt.datetime, reason: str) -> None:
    """A run has failed: another attempt waits, or the schedule is dead; without retries it goes on."""
    _end(job, run, State.FAILED, now, reason)
    if run.number is None or not job.max_retries:
        _finish_if_over(job)
    elif run.retry < job.max_retries:
        gap = job.timing.next(run.due_at) - run.due_at
        pause = gap * min(2**run.retry, BACK_OFF)
        ScheduledRun.objects.create(job=job, number=run.number, retry=run.retry + 1, due_at=now + pause)
    else:
        _die(job, f"The last of {job.max_retries} retries failed: {reason}")


def _end(job: ScheduledJob, run: ScheduledRun, state: str, now: dt.datetime, reason: str = "") -> None:
    run.state, run.ended_at, run.reason = state, now, reason[:2_000]
    run.save(update_fields=["state", "ended_at", "reason"])
    if state == State.SKIPPED:
        _finish_if_over(job)
    if state == State.FAILED:
        ScheduledJob.objects.filter(pk=job.pk).update(error_count=F("error_count") + 1, last_error=run.reason)
        job.refresh_from_db(fields=["error_count", "last_error"])


def _finish_if_over(job: ScheduledJob) -> None:
    under_way = job.runs.filter(state__in=(State.WAITING, State.STARTED))
    if job.status == JobStatus.ACTIVE and job.next_run_at is None and not under_way.exists():
        job.status = JobStatus.DONE
        job.save(update_fields=["status", "updated_at"])


def _die(job: ScheduledJob, reason: str) -> int:
    log.error("Schedule %s is dead: %s", job.pk, reason)
    job.status, job.next_run_at, job.last_error = JobStatus.DEAD, None, reason[:2_000]
    job.save(update_fields=["status", "next_run_at", "last_error", "updated_at"])
    return 1
