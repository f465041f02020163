"""Schedules as the API and the live events show them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipelit import events

from .models import ScheduledJob, ScheduledRun

PLAIN = (
    "id", "name", "description", "workflow_id", "interval_seconds", "timezone", "total_repeats", "max_retries",
    "timeout_seconds", "trigger_payload", "catch_up", "overlap", "status", "current_repeat", "current_retry",
    "last_run_at", "run_count", "error_count", "created_at", "updated_at",
)  # fmt: skip


def next_run(status: str, at: dt.datetime | None) -> dt.datetime | None:
    """When it runs next: at no time while it is paused, for what a pause leaves out is not caught up with."""
    return at if status == ScheduledJob.Status.ACTIVE else None


def trigger_of(job: ScheduledJob) -> str:
    """The id of the trigger node, as it is called now."""
    return job.node.node_id if job.node is not None else job.trigger_node_id


def schedule(job: ScheduledJob) -> dict[str, Any]:
    """The Schedule shape; needs workflow and node loaded."""
    return {name: getattr(job, name) for name in PLAIN} | {
        "workflow_slug": job.workflow.slug,
        "trigger_node_id": trigger_of(job),
        "user_profile_id": job.user_id,
        "cron": job.cron or None,
        "next_run_at": next_run(job.status, job.next_run_at),
        "last_error": job.last_error or None,
        "of_node": job.of_node,
    }


def run(run: ScheduledRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "number": run.number,
        "retry": run.retry,
        "due_at": run.due_at,
        "state": run.state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "execution_id": str(run.execution_id) if run.execution_id else None,
        "reason": run.reason or None,
    }


def event(job: ScheduledJob) -> events.Event:
    return events.Event("schedule_updated", (f"workflow:{job.workflow.slug}",), schedule(job))


def of_node(node_pk: int) -> dict[str, Any] | None:
    """What a trigger node shows of the schedule that was made by its own start."""
    row = ScheduledJob.objects.filter(node=node_pk, of_node=True).values("id", "status", "next_run_at").first()
    if row is None:
        return None
    at = next_run(row["status"], row["next_run_at"])
    return dict(row) | {"next_run_at": at and at.isoformat()}
