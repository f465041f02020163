"""`waiting_for`: what holds an unfinished execution, since when, and when it wakes by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count

from apps.executions.models import PARKED, TERMINAL, PendingTask, Status, WorkflowExecution

WHAT = {
    PendingTask.Kind.APPROVAL: "person",
    PendingTask.Kind.OUTCOME_UNKNOWN: "person",
    PendingTask.Kind.TIMER: "timer",
    PendingTask.Kind.CHILD: "child",
    PendingTask.Kind.CALLBACK: "callback",
}
ORDER = ("person", "callback", "child", "timer")
"""Of several, the one that is told: who could do something about it comes first."""


def of(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """By id, for the unfinished ones among rows that have id, status, created_at, retried_at, started_at, resumed_at,
    waiting_since, lease_owner, workflow_id and limit. At most two queries."""
    unfinished = [row for row in rows if row["status"] not in TERMINAL]
    parked = _tasks([row["id"] for row in unfinished if row["status"] in PARKED])
    limited = {row["workflow_id"] for row in unfinished if row["status"] == Status.PENDING and row["limit"] is not None}
    running = _running(limited)
    return {row["id"]: _held(row, parked.get(row["id"], []), running) for row in unfinished}


def _held(row: Mapping[str, Any], tasks: list[tuple[str, Any]], running: Mapping[int, int]) -> dict[str, Any]:
    if row["status"] == Status.PENDING:
        full = row["limit"] is not None and running.get(row["workflow_id"], 0) >= row["limit"]
        return _told("limit" if full else "queue", row["retried_at"] or row["created_at"])
    if row["status"] == Status.RUNNING:
        return _told("worker" if row["lease_owner"] else "queue", row["resumed_at"] or row["started_at"])
    kinds = {WHAT[PendingTask.Kind(kind)] for kind, _ in tasks}
    what = next((name for name in ORDER if name in kinds), "queue")
    return _told(what, row["waiting_since"], min((until for _, until in tasks if until), default=None))


def _told(what: str, since: Any, next_wake: Any = None) -> dict[str, Any]:
    return {"what": what, "since": since, "next_wake": next_wake}


def _tasks(keys: list[UUID]) -> dict[UUID, list[tuple[str, Any]]]:
    found: dict[UUID, list[tuple[str, Any]]] = {}
    if keys:
        rows = PendingTask.objects.filter(execution__in=keys, status=PendingTask.Status.PENDING).order_by()
        for key, kind, until in rows.values_list("execution_id", "kind", "until"):
            found.setdefault(key, []).append((kind, until))
    return found


def _running(workflows: set[int]) -> dict[int, int]:
    if not workflows:
        return {}
    rows = WorkflowExecution.objects.filter(workflow__in=workflows, status=Status.RUNNING).order_by()
    return dict(rows.values_list("workflow_id").annotate(Count("pk")))
