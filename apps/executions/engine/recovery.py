"""What brings everything on: silent workers' executions are taken away, due timers fire, and what no queue knows is
enqueued. Every method does one step and says how much it did; any number of processes may do so at once."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.executions.models import PARKED, PendingTask, Status, WorkflowExecution

from . import lease, queue, transitions
from .waits import settle

log = logging.getLogger(__name__)
BATCH = 500
FRESH_SECONDS = 5
"""An execution younger than this is on its way."""


class Reaper:
    """Judges leases by the heartbeat counter and its own monotonic clock: a clock that jumps expires nothing."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[int, int, float]] = {}

    def step(self, now: float | None = None) -> int:
        """Free the executions whose holder is gone, or has been silent for 30 s by `now` (seconds, monotonic)."""
        now = time.monotonic() if now is None else now
        held = WorkflowExecution.objects.exclude(lease_owner="").filter(status=Status.RUNNING)
        rows = list(held.values_list("pk", "epoch", "heartbeat", "lease_owner"))
        seen: dict[UUID, tuple[int, int, float]] = {}
        freed = 0
        for key, epoch, heartbeat, owner in rows:
            since = self._seen.get(key, (0, 0, 0.0))
            if since[:2] != (epoch, heartbeat):
                since = (epoch, heartbeat, now)
            seen[key] = since
            if now - since[2] >= lease.SILENT_SECONDS or lease.is_dead(owner):
                freed += free(key, epoch, heartbeat)
        self._seen = seen
        return freed


def free(execution_id: UUID, epoch: int, heartbeat: int) -> bool:
    """Take an execution from a holder that is gone, and count take-overs that brought nothing."""
    with transaction.atomic():
        held = WorkflowExecution.objects.select_for_update(no_key=True).get(pk=execution_id)
        if (held.epoch, held.heartbeat) != (epoch, heartbeat) or not held.lease_owner:
            return False
        recorded = held.logs.filter(final=True).count()
        held.takeovers = held.takeovers + 1 if recorded == held.takeover_mark and held.takeovers else 1
        held.takeover_mark = recorded
        held.lease_owner, held.lease_expires_at = "", None
        held.save(update_fields=["takeovers", "takeover_mark", "lease_owner", "lease_expires_at"])
        transaction.on_commit(lambda: queue.enqueue(execution_id), robust=True)
    log.warning("Execution %s is taken from a worker that is gone", execution_id)
    return True


def free_dead() -> int:
    """Free what processes of this host held that are gone: called when a worker starts."""
    held = WorkflowExecution.objects.exclude(lease_owner="").filter(status=Status.RUNNING)
    return sum(
        free(key, epoch, heartbeat)
        for key, epoch, heartbeat, owner in held.values_list("pk", "epoch", "heartbeat", "lease_owner")
        if lease.is_dead(owner)
    )


def fire_due() -> int:
    """Fire due timers, and expire what was not answered in time."""
    due = PendingTask.objects.filter(status=PendingTask.Status.PENDING, until__lte=timezone.now())
    fired = 0
    for task in due.select_related("execution__workflow").order_by("until")[:BATCH]:
        is_timer = task.kind == PendingTask.Kind.TIMER
        status = PendingTask.Status.ANSWERED if is_timer else PendingTask.Status.EXPIRED
        decision = "fired" if is_timer else task.on_expiry or "expired"
        with transaction.atomic():
            if settle(task, status=status, decision=decision):
                task.status, task.decision = status, decision
                transitions.tell_settled(task, task.execution.workflow.slug, f"Not answered in time: {decision}.")
                transitions.wake(task.execution_id)
                fired += 1
    return fired


def reconcile() -> int:
    """Enqueue what could run and no queue knows: pending ones, ones given back, answered ones, overdue ones."""
    if (known := queue.known()) is None:
        return 0
    lost = (key for key in _forgotten() if str(key) not in known)
    return sum(queue.enqueue(key) for key in islice(lost, BATCH))


def _forgotten() -> Iterable[UUID]:
    now = timezone.now()
    limit = F("workflow__max_execution_seconds")
    free = WorkflowExecution.objects.filter(lease_owner="")
    runnable = free.filter(
        Q(status=Status.PENDING, created_at__lt=now - dt.timedelta(seconds=FRESH_SECONDS)) | Q(status=Status.RUNNING)
    )
    running = WorkflowExecution.objects.filter(workflow=OuterRef("workflow"), status=Status.RUNNING).order_by()
    busy = Subquery(running.values("workflow").annotate(n=Count("pk")).values("n"))
    full = Q(status=Status.PENDING, workflow__concurrency__lte=Coalesce(busy, 0))  # who ends next starts the next one
    yield from runnable.exclude(full).order_by("created_at").values_list("pk", flat=True)
    parked = free.filter(status__in=PARKED)
    yield from parked.filter(wake_count__gt=0).values_list("pk", flat=True)
    limited = parked.filter(workflow__max_execution_seconds__isnull=False).annotate(
        limit=limit, began=Coalesce("retried_at", "started_at")
    )
    for key, started, seconds in limited.values_list("pk", "began", "limit"):
        if started is not None and (now - started).total_seconds() > seconds:
            yield key
