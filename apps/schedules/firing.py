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
from pipelit.crash import crash_point
from pipelit.errors import Conflict, PipelitError

from . import hints, shapes
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
GOES_ON = Q(state=State.STARTED, number__isnull=False)
"""What a run may overlap with; one that was started by hand is nobody's business."""


def step(now: dt.datetime | None = None) -> int:
    """Do what is due; how much that was."""
    now = now or timezone.now()
    return settle(now) + plan(now) + start(now)


def execute(job_pk: int, now: dt.datetime | None = None) -> int:
    """The same for one schedule."""
    now = now or timezone.now()
    return sum(_each([job_pk], partial(deed, now=now)) for deed in (_settle, _plan, _start))


def plan(now: dt.datetime) -> int:
    """Make a run of each time that has come."""
    queue = ScheduledRun.objects.filter(job=OuterRef("pk"), state=State.WAITING)
    full = Q(Exists(queue[MAX_WAITING - 1 : MAX_WAITING]), catch_up=ScheduledJob.CatchUp.ALL)
    due = ScheduledJob.objects.filter(status=JobStatus.ACTIVE, next_run_at__lte=now).exclude(full)
    due = due.order_by("next_run_at")
    return _each(due.values_list("pk", flat=True)[:BATCH], lambda job: _plan(job, now))


def start(now: dt.datetime) -> int:
    """Start the runs that wait, the oldest first; what waits for its own schedule's last run holds up no other."""
    waiting = ScheduledRun.objects.filter(state=State.WAITING, due_at__lte=now, job__status=JobStatus.ACTIVE)
    goes_on = Exists(ScheduledRun.objects.filter(GOES_ON, job=OuterRef("job")))
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
        crash_point("schedule.before_commit")
    crash_point("schedule.committed")
    return count


def _plan(job: ScheduledJob, now: dt.datetime) -> int:
    due = job.next_run_at
    if job.status != JobStatus.ACTIVE or due is None or due > now:
        return 0
    try:
        if _is_late(job, due, now) and job.catch_up != ScheduledJob.CatchUp.ALL:
            due, missed = job.timing.latest(due, now)
            if job.catch_up == ScheduledJob.CatchUp.SKIP:
                log.warning("Schedule %s missed %d runs", job.pk, missed)
                job.last_error = f"{missed} runs until {due:%Y-%m-%d %H:%M:%S} UTC were missed and left out."
                job.next_run_at = job.timing.next(due)
                job.save(update_fields=["next_run_at", "last_error", "updated_at"])
                hints.expect_next(job)
                return 1
        following = job.timing.next(due)
    except BadTiming as error:  # a zone that the system no longer knows
        return _die(job, f"{error.field}: {error}")
    job.current_repeat += 1
    job.current_retry = 0
    job.next_run_at = None if job.is_over else following
    job.save(update_fields=["current_repeat", "current_retry", "next_run_at", "updated_at"])
    hints.expect_next(job)
    run = ScheduledRun.objects.create(job=job, number=job.current_repeat, due_at=due)
    if job.catch_up != ScheduledJob.CatchUp.ALL and job.runs.filter(state=State.WAITING).count() > MAX_WAITING:
        _end(job, run, State.SKIPPED, now, f"{MAX_WAITING} runs wait already.")
    if job.current_repeat % 100 == 0:
        old = job.runs.filter(number__lt=job.current_repeat - KEPT_RUNS)
        old.exclude(state__in=(State.WAITING, State.STARTED)).delete()
    return 1


def _is_late(job: ScheduledJob, due: dt.datetime, now: dt.datetime) -> bool:
    """Whether what was due counts as missed. Raises BadTiming."""
    gap = (job.timing.next(due) - due).total_seconds()
    return (now - due).total_seconds() > min(max(gap, GRACE_SECONDS[0]), GRACE_SECONDS[1])


def _start(job: ScheduledJob, now: dt.datetime) -> int:
    if job.status != JobStatus.ACTIVE:
        return 0
    done = 0
    for run in job.runs.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "pk"):
        if job.overlap != Overlap.ALLOW and job.runs.filter(GOES_ON).exists():
            is_missed = job.catch_up == ScheduledJob.CatchUp.ALL and _is_late(job, run.due_at, now)
            if job.overlap == Overlap.QUEUE or run.retry or is_missed:
                break
            _end(job, run, State.SKIPPED, now, "The run before still went on.")
        elif not fire(job, run, now):
            break
        done += 1
        if job.status != JobStatus.ACTIVE:
            break
    return done


def fire(job: ScheduledJob, run: ScheduledRun, now: dt.datetime, key: str | None = None) -> bool:
    """Start the execution of a run, with the idempotency key `key` in place of the run's own; False if that has to
    wait. Call in a transaction that holds the schedule's row."""
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
        return True
    except PipelitError as error:
        if error.retryable:
            log.warning("Schedule %s waits: %s", job.pk, error.detail)
            return False
        _failed(job, run, now, error.detail)
        return True
    if execution is None:
        reason = f'The workflow "{job.workflow.slug}" has no trigger "{shapes.trigger_of(job)}" any more.'
        _end(job, run, State.FAILED, now, reason)
        _die(job, reason)
        return True
    run.execution, run.state, run.started_at = execution, State.STARTED, now
    run.save(update_fields=["execution", "state", "started_at"])
    job.last_run_at = now
    job.run_count += not run.retry
    if run.number is not None:
        job.current_retry = run.retry
    job.save(update_fields=["last_run_at", "current_retry", "run_count", "updated_at"])
    return True


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
        finish_if_over(job)
    return done


def _failed(job: ScheduledJob, run: ScheduledRun, now: dt.datetime, reason: str) -> None:
    """A run has failed: another attempt waits, or the schedule is dead; without retries it goes on. Of one that was
    stopped meanwhile nothing more is due."""
    _end(job, run, State.FAILED, now, reason)
    if run.number is None or not job.max_retries or job.status in (JobStatus.DONE, JobStatus.DEAD):
        finish_if_over(job)
    elif run.retry < job.max_retries:
        gap = job.timing.next(run.due_at) - run.due_at
        pause = gap * min(2**run.retry, BACK_OFF)
        again = ScheduledRun.objects.create(job=job, number=run.number, retry=run.retry + 1, due_at=now + pause)
        hints.expect_retry(job, run.number, again.retry, again.due_at)
    else:
        _die(job, f"The last of {job.max_retries} retries failed: {reason}")


def _end(job: ScheduledJob, run: ScheduledRun, state: str, now: dt.datetime, reason: str = "") -> None:
    run.state, run.ended_at, run.reason = state, now, reason[:2_000]
    run.save(update_fields=["state", "ended_at", "reason"])
    if state == State.SKIPPED:
        if run.number is not None and not run.retry:
            _left_out(job, run)
        finish_if_over(job)
    if state == State.SUCCEEDED and job.status != JobStatus.DEAD:
        job.last_error = ""
        job.save(update_fields=["last_error", "updated_at"])
    if state == State.FAILED:
        counted = run.number is not None
        ScheduledJob.objects.filter(pk=job.pk).update(
            error_count=F("error_count") + int(counted), last_error=run.reason
        )
        job.refresh_from_db(fields=["error_count", "last_error"])


def _left_out(job: ScheduledJob, run: ScheduledRun) -> None:
    """A time that made no run is one of none: if it was the last, another comes."""
    job.left_out += 1
    if job.next_run_at is None and job.status == JobStatus.ACTIVE and not job.is_over:
        job.next_run_at = job.timing.next(run.due_at)
        hints.expect_next(job)
    job.save(update_fields=["left_out", "next_run_at", "updated_at"])


def finish_if_over(job: ScheduledJob) -> None:
    """An active schedule of which nothing more is due is done, once nothing of it waits or runs. Call in a transaction
    that holds its row."""
    under_way = job.runs.filter(state__in=(State.WAITING, State.STARTED))
    if job.status == JobStatus.ACTIVE and job.next_run_at is None and not under_way.exists():
        job.status = JobStatus.DONE
        job.save(update_fields=["status", "updated_at"])


def _die(job: ScheduledJob, reason: str) -> int:
    log.error("Schedule %s is dead: %s", job.pk, reason)
    job.status, job.next_run_at, job.last_error = JobStatus.DEAD, None, reason[:2_000]
    job.save(update_fields=["status", "next_run_at", "last_error", "updated_at"])
    return 1
