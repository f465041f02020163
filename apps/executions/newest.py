"""What workflows show of their executions: the newest one of each, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from apps.workflows.models import Workflow

from .models import WorkflowExecution
from .serializers.executions import milliseconds


def of_workflows(workflow_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """By workflow id: `last_execution` (id, status and times) and `execution_count`. Three queries."""
    runs = WorkflowExecution.objects.filter(workflow__in=workflow_ids).order_by()
    counts = dict(runs.values_list("workflow").annotate(Count("id")))
    of_workflow = WorkflowExecution.objects.filter(workflow=OuterRef("pk")).order_by("-created_at", "-id")
    last = Workflow.objects.filter(pk__in=counts).order_by().annotate(last=Subquery(of_workflow.values("pk")[:1]))
    keys = list(last.values_list("last", flat=True))
    rows = WorkflowExecution.objects.filter(pk__in=keys).order_by()
    columns = ("workflow_id", "id", "status", "created_at", "started_at", "completed_at")
    return {
        workflow_id: {
            "last_execution": {
                "execution_id": str(key),
                "status": status,
                "created_at": created.isoformat(),
                "completed_at": completed.isoformat() if completed else None,
                "duration_ms": milliseconds(started, completed),
            },
            "execution_count": counts[workflow_id],
        }
        for workflow_id, key, status, created, started, completed in rows.values_list(*columns)
    }
