"""The Delivery shape."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.executions.models import Delivery

from .stored import masked

SHOWN_WITH_EXECUTION = 200


def shape(delivery: Delivery) -> dict[str, Any]:
    """A delivery whose execution and workflow are loaded."""
    return {
        "id": str(delivery.pk),
        "execution_id": str(delivery.execution_id),
        "workflow_slug": delivery.execution.workflow.slug,
        "task_id": delivery.task_id,
        "kind": delivery.kind,
        "channel": delivery.channel,
        "address": delivery.address,
        "content": masked(delivery.content),
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.due_at if delivery.status == Delivery.Status.PENDING else None,
        "error": delivery.error or None,
        "error_code": delivery.error_code or None,
        "receipt": delivery.receipt,
        "created_at": delivery.created_at,
        "sent_at": delivery.sent_at,
    }


def of_execution(execution_id: UUID) -> list[dict[str, Any]]:
    """What an execution has sent, newest first."""
    found = Delivery.objects.filter(execution_id=execution_id).select_related("execution__workflow")
    return [shape(delivery) for delivery in found[:SHOWN_WITH_EXECUTION]]
