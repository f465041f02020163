"""What workflows show of their executions: the newest one of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import OuterRef, Subquery

from apps.workflows.models import Workflow

from .models import WorkflowExecution
from .serializers.executions import milliseconds


def newest(workflow_ids: Sequence[int]) -> Mapping[int, Any]:
    """By workflow id: id, status and times of the newest execution. Two queries."""
    of_workflow = WorkflowExecution.objects.filter(workflow=OuterRef("pk")).order_by("-created_at", "-id")
    last = Workflow.objects.filter(pk__in=workflow_ids).order_by().annotate(last=Subquery(of_workflow.values("pk")[:1]))
    keys = [key for key in last.values_list("last", flat=True) if key is not None]
    rows = WorkflowExecution.objects.filter(pk__in=keys).order_by()
    columns = ("workflow_id", "id", "status", "created_at", "started_at", "completed_at")
    return {
        workflow_id: {
            "execution_id": str(key),
            "status": status,
            "created_at": created.isoformat(),
            "completed_at": completed.isoformat() if completed else None,
            "duration_ms": milliseconds(started, completed),
        }
        for workflow_id, key, status, created, started, completed in rows.values_list(*columns)
    }
