"""What people can do with schedules: one function each, one transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.executions.models import WorkflowExecution
from apps.executions.starting import replayed, scoped
from apps.workflows.components import registry
from apps.workflows.models import Workflow, WorkflowNode
from apps.workflows.snapshot import flat_config
from apps.workflows.timing import BadTiming, Timing, zone
from pipelit import events
from pipelit.errors import Conflict, Invalid, NotFound

from . import access, firing, hints, shapes
from .models import ScheduledJob, ScheduledRun

Status = ScheduledJob.Status
TIMES = ("interval_seconds", "cron", "timezone")
OF_NODE = (*TIMES, "total_repeats", "max_retries", "timeout_seconds", "trigger_payload", "catch_up", "overlap")
"""What a schedule takes over from the config of its node."""


@transaction.atomic
def create(user: UserProfile, workflow: Workflow, node_id: str, fields: Mapping[str, Any]) -> ScheduledJob:
    """A schedule that is active at once. Raises Invalid for times that cannot be, or a node that is no trigger."""
    job = ScheduledJob(
        workflow=workflow, node=_trigger(workflow, node_id), trigger_node_id=node_id, user=user, **fields
    )
    _begin(job)
    audit(user, "schedule.created", job, name=job.name, workflow=workflow.slug)
    return _told(job)


@transaction.atomic
def update(user: UserProfile, job: ScheduledJob, fields: Mapping[str, Any]) -> ScheduledJob:
    """Change what is named; new times count from now."""
    job = _held(job)
    changes = dict(fields)
    if changes.get("trigger_node_id", (own := shapes.trigger_of(job))) != own and job.of_node:
        raise Conflict(f'This is the schedule of "{own}" itself: make another one for another trigger.')
    if "trigger_node_id" in changes:
        job.node = _trigger(job.workflow, changes["trigger_node_id"])
    timed = any(name in changes and changes[name] != getattr(job, name) for name in TIMES)
    for name, value in changes.items():
        setattr(job, name, value)
    _check(job)
    if job.status == Status.DONE and "total_repeats" in changes and not job.is_over:
        job.status = Status.ACTIVE
    if job.status in (Status.ACTIVE, Status.PAUSED):
        if job.is_over:
            job.next_run_at = None
        elif timed or job.next_run_at is None:
            job.next_run_at = job.timing.next(timezone.now())
    job.save()
    firing.finish_if_over(job)
    audit(user, "schedule.updated", job, fields=sorted(changes))
    return _told(job)


@transaction.atomic
def pause(user: UserProfile, job: ScheduledJob) -> ScheduledJob:
    """Start nothing until it is resumed; what runs goes on. Raises Conflict for one that is over."""
    job = _held(job)
    if job.status in (Status.DONE, Status.DEAD):
        raise Conflict(f"The schedule is {job.status}: there is nothing to pause.")
    job.status = Status.PAUSED
    job.save(update_fields=["status", "updated_at"])
    audit(user, "schedule.paused", job)
    return _told(job)


@transaction.atomic
def resume(user: UserProfile, job: ScheduledJob) -> ScheduledJob:
    """Go on, with the next time from now: the pause was wanted. Also for one that is dead, or was stopped. Raises
    Conflict for one that has run as often as it should."""
    job = _held(job)
    if job.status == Status.ACTIVE:
        return job
    _trigger(job.workflow, shapes.trigger_of(job))
    if job.is_over and job.status != Status.PAUSED:
        raise Conflict(f"The schedule has run {job.total_repeats} times, as it should: raise total_repeats to go on.")
    if job.status in (Status.DONE, Status.DEAD):
        job.runs.filter(state=ScheduledRun.State.WAITING).delete()
    _begin(job)
    audit(user, "schedule.resumed", job)
    return _told(job)


@transaction.atomic
def run_now(user: UserProfile, job: ScheduledJob, key: str | None = None) -> WorkflowExecution:
    """Start a run besides those that are due, whatever the status; the same `key` within 24 hours answers the first
    one. Raises Conflict if it cannot start."""
    job = _held(job)
    key = scoped(key, "schedule", user, job.pk)
    if (earlier := replayed(key)) is not None:
        return earlier
    now = timezone.now()
    run = ScheduledRun.objects.create(job=job, due_at=now)
    firing.fire(job, run, now, key)
    if run.execution is None:
        raise Conflict(run.reason or "It cannot start just now. Try again.", code="not_started")
    audit(user, "schedule.run", job, execution_id=str(run.execution_id))
    events.on_commit(shapes.event(job))
    return run.execution


@transaction.atomic
def delete(user: UserProfile, ids: Sequence[int]) -> int:
    """Delete schedules, all or none; their executions stay. Raises NotFound."""
    jobs = [_held(access.get_schedule(user, key, write=True)) for key in sorted(set(ids))]
    for job in jobs:
        audit(user, "schedule.deleted", job, name=job.name, workflow=job.workflow.slug)
        channels = (f"workflow:{job.workflow.slug}",)
        events.on_commit(events.Event("schedule_updated", channels, {"id": job.pk, "deleted": True}))
        job.delete()
    return len(jobs)


@transaction.atomic
def start_node(user: UserProfile, workflow: Workflow, node_id: str) -> ScheduledJob:
    """Make or renew the schedule of a trigger node from its config, and start it; one that was over begins anew."""
    node = _trigger(workflow, node_id, only="trigger_schedule")
    flat = flat_config(node.component_config)
    default = registry.get(node.component_type).Config()
    fields = {name: value if (value := flat.get(name)) is not None else getattr(default, name) for name in OF_NODE}
    job = ScheduledJob.objects.select_for_update().filter(node=node, of_node=True).first()
    if job is not None and job.status in (Status.DONE, Status.DEAD):
        job.delete()  # another id: the numbers of its runs must not come again
        job = None
    if job is None:
        name = node.label or f"{workflow.name}: {node_id}"
        job = ScheduledJob(workflow=workflow, node=node, of_node=True, user=user, name=name[:200])
    job.trigger_node_id = node_id
    for name, value in fields.items():
        setattr(job, name, value)
    _begin(job)
    audit(user, "schedule.started", job, workflow=workflow.slug, node_id=node_id)
    return _told(job)


def pause_node(user: UserProfile, workflow: Workflow, node_id: str) -> ScheduledJob:
    return pause(user, _of_node(workflow, node_id))


@transaction.atomic
def stop_node(user: UserProfile, workflow: Workflow, node_id: str) -> ScheduledJob:
    """End the schedule of a trigger node: nothing more is due. What runs goes on."""
    job = _held(_of_node(workflow, node_id))
    job.runs.filter(state=ScheduledRun.State.WAITING).delete()
    job.status, job.next_run_at = Status.DONE, None
    job.save(update_fields=["status", "next_run_at", "updated_at"])
    audit(user, "schedule.stopped", job, workflow=workflow.slug, node_id=node_id)
    return _told(job)


def _of_node(workflow: Workflow, node_id: str) -> ScheduledJob:
    job = ScheduledJob.objects.filter(workflow=workflow, node__node_id=node_id, of_node=True).first()
    if job is None:
        raise NotFound(f'The node "{node_id}" has no schedule: start it first.')
    return job


def _held(job: ScheduledJob) -> ScheduledJob:
    """The schedule under lock; raises NotFound if it has been deleted meanwhile."""
    rows = ScheduledJob.objects.select_for_update(of=("self",)).select_related("workflow__owner", "node")
    held = rows.filter(pk=job.pk).first()
    if held is None:
        raise NotFound("The schedule has just been deleted.")
    return held


def _begin(job: ScheduledJob) -> None:
    _check(job)
    job.status, job.last_error = Status.ACTIVE, ""
    job.next_run_at = None if job.is_over else job.timing.next(timezone.now())
    job.save()
    firing.finish_if_over(job)


def _check(job: ScheduledJob) -> None:
    try:
        job.timing.check()
    except BadTiming as error:
        raise _invalid(error) from None


def _invalid(error: BadTiming) -> Invalid:
    return Invalid(f"{error.field}: {error}", code="invalid_schedule", fields={error.field: [str(error)]})


def _trigger(workflow: Workflow, node_id: str, only: str = "") -> WorkflowNode:
    node = WorkflowNode.objects.filter(workflow=workflow, node_id=node_id).first()
    known = registry.all_components()
    if node is None or node.component_type not in known or not known[node.component_type].is_trigger():
        sentence = f'The workflow "{workflow.slug}" has no trigger "{node_id}".'
        raise Invalid(sentence, code="no_trigger", fields={"trigger_node_id": [sentence]})
    if only and node.component_type != only:
        raise Conflict(f'"{node_id}" is a {node.component_type}; only a {only} has a schedule of its own.')
    return node


def _told(job: ScheduledJob) -> ScheduledJob:
    hints.expect_next(job)
    events.on_commit(shapes.event(job))
    return job


def preview(timing: Timing, count: int = 10, after: dt.datetime | None = None) -> list[dict[str, Any]]:
    """The next times: in UTC, on the clock of the zone, and whether the clocks are changed before it. Raises
    Invalid."""
    after = after or timezone.now()
    try:
        timing.check()
        times = timing.upcoming(after, count)
    except BadTiming as error:
        raise _invalid(error) from None
    local = [moment.astimezone(zone(timing.timezone)) for moment in (after, *times)]
    return [
        {
            "at": here.astimezone(dt.UTC),
            "local": here.isoformat(),
            "clock_changed": here.utcoffset() != before.utcoffset(),
        }
        for before, here in pairwise(local)
    ]
