"""Runs, failures, latency and cost of a workflow over time: one aggregation in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.workflows.models import Workflow

from .models import Status, WorkflowExecution
from .serializers.executions import money

SAMPLE = 1_000
TAKEN = ExpressionWrapper(F("completed_at") - F("started_at"), output_field=DurationField())


def of_workflow(workflow: Workflow, days: int) -> dict[str, Any]:
    """The last so many days, today included, in UTC; days without a run are left out."""
    since = timezone.now().date() - dt.timedelta(days=days - 1)
    start = dt.datetime.combine(since, dt.time(), dt.UTC)
    runs = WorkflowExecution.objects.filter(workflow=workflow, created_at__gte=start).order_by()
    by_day = runs.annotate(date=TruncDate("created_at", tzinfo=dt.UTC)).values("date").annotate(**_measures())
    return {
        "since": since,
        "days": [_shown(row) for row in by_day.order_by("date")],
        "total": _shown({**runs.aggregate(**_measures()), "date": since}),
        "latency_ms": _percentiles(runs),
    }


def of_workflows(slugs: Sequence[str], runs: QuerySet[WorkflowExecution], days: int) -> dict[str, Any]:
    """Runs and failures by day of several workflows, among `runs`; days without a run are left out. One query."""
    since = timezone.now().date() - dt.timedelta(days=days - 1)
    start = dt.datetime.combine(since, dt.time(), dt.UTC)
    found = runs.filter(workflow__slug__in=slugs, created_at__gte=start).order_by()
    rows = (
        found.annotate(date=TruncDate("created_at", tzinfo=dt.UTC))
        .values_list("workflow__slug", "date")
        .annotate(runs=Count("pk"), failures=Count("pk", filter=Q(status=Status.FAILED)))
    )
    by_slug: dict[str, list[dict[str, Any]]] = {}
    for slug, date, count, failed in rows.order_by("date"):
        by_slug.setdefault(slug, []).append({"date": date, "runs": count, "failed": failed})
    return {"since": since, "items": [{"workflow_slug": slug, "days": found} for slug, found in by_slug.items()]}


def _measures() -> dict[str, Any]:
    done = Q(status=Status.COMPLETED)
    return {
        "runs": Count("pk"),
        "completed": Count("pk", filter=done),
        "failed": Count("pk", filter=Q(status=Status.FAILED)),
        "cancelled": Count("pk", filter=Q(status=Status.CANCELLED)),
        "average": Avg(TAKEN, filter=done),
        "longest": Max(TAKEN, filter=done),
        "input": Sum("total_input_tokens"),
        "output": Sum("total_output_tokens"),
        "cost": Sum("total_cost_usd"),
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("date", "runs", "completed", "failed", "cancelled")},
        "average_ms": _milliseconds(row["average"]),
        "longest_ms": _milliseconds(row["longest"]),
        "total_tokens": (row["input"] or 0) + (row["output"] or 0),
        "total_cost_usd": money(row["cost"] or Decimal(0)),
    }


def _percentiles(runs: Any) -> dict[str, float | None]:
    """Of the newest 1,000 completed runs."""
    newest = runs.filter(status=Status.COMPLETED, started_at__isnull=False).order_by("-created_at")
    taken = sorted(
        (completed - started).total_seconds() * 1000
        for started, completed in newest.values_list("started_at", "completed_at")[:SAMPLE]
    )
    return {"p50": _at(taken, 0.5), "p95": _at(taken, 0.95)}


def _at(values: Sequence[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(len(values) * share))], 3) if values else None


def _milliseconds(taken: dt.timedelta | None) -> float | None:
    return None if taken is None else round(taken.total_seconds() * 1000, 3)
