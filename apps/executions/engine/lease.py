"""The lease: a running execution belongs to one worker process, by compare-and-set on its row.

An execution with an empty `lease_owner` is free. Acquiring raises the epoch; whoever writes under an older one is
refused. Only the reaper, parking and the end of a run empty the owner.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F, UUIDField
from django.utils import timezone

from apps.executions.models import TERMINAL, Status, WorkflowExecution
from apps.workflows.models import Workflow
from pipelit.prepared import Param, Prepared

HEARTBEAT_SECONDS = 10
SILENT_SECONDS = 30
MAX_TAKEOVERS = 5
_BY_ID = Prepared(
    lambda: (
        WorkflowExecution.objects.order_by()
        .select_related("workflow", "version")
        .defer("version__snapshot")
        .filter(pk=Param("id", UUIDField()))
    )
)


def owner_name() -> str:
    """This process, told apart from others of the same pid by host, pid namespace and start time."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}"


def _host() -> str:
    try:
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}".replace(":", "")
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str:
    """When a process started, in kernel ticks; empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def is_dead(owner: str) -> bool:
    """Whether the owner was a process of this host that is gone. False also when that cannot be known."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    return host == _host() and pid.isdigit() and bool(started) and _started(int(pid)) != started


def acquire(execution_id: UUID, owner: str) -> WorkflowExecution | None:
    """Take a free, unfinished execution; None if there is nothing to take, or if its workflow runs as many as it may
    (the one that ends next starts the next one)."""
    now = timezone.now()
    execution = _BY_ID.first(id=execution_id)
    if execution is None or execution.lease_owner or execution.status in TERMINAL:
        return None
    values = {
        "epoch": execution.epoch + 1,
        "lease_owner": owner,
        "lease_expires_at": now + dt.timedelta(seconds=SILENT_SECONDS),
        "heartbeat": 0,
        "status": Status.RUNNING,
        "started_at": execution.started_at or now,
        "resumed_at": now,
        "waiting_since": None,
    }
    free = WorkflowExecution.objects.filter(
        pk=execution_id, epoch=execution.epoch, lease_owner="", status=execution.status
    )
    limit = execution.workflow.concurrency
    if limit is None or execution.status != Status.PENDING:
        taken = free.update(**values)
    else:
        with transaction.atomic():
            taken = _has_room(execution.workflow_id, limit) and free.update(**values)
    if not taken:
        return None
    for name, value in values.items():
        setattr(execution, name, value)
    return execution


def _has_room(workflow_id: int, limit: int) -> bool:
    """Call in the transaction that takes an execution: under the workflow's lock no two workers count the same room."""
    Workflow.objects.select_for_update(no_key=True).only("pk").get(pk=workflow_id)
    return WorkflowExecution.objects.filter(workflow_id=workflow_id, status=Status.RUNNING).count() < limit


def beat(owner: str, running: Iterable[UUID]) -> list[tuple[UUID, int]]:
    """Show that these executions are being run here; (execution, wake counter) of each that this process holds. One
    whose run was broken off falls silent, and is taken over."""
    held = WorkflowExecution.objects.filter(lease_owner=owner, pk__in=list(running))
    expires = timezone.now() + dt.timedelta(seconds=SILENT_SECONDS)
    held.update(heartbeat=F("heartbeat") + 1, lease_expires_at=expires)
    return list(held.values_list("pk", "wake_count"))


def release(execution_id: UUID, epoch: int) -> bool:
    """Give an unfinished execution back, so that another worker may take it."""
    return bool(
        WorkflowExecution.objects.filter(pk=execution_id, epoch=epoch).update(lease_owner="", lease_expires_at=None)
    )
