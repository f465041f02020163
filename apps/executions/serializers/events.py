"""The TriggerEvent shape."""

from __future__ import annotations

from typing import Any

from apps.executions.models import TriggerEvent


def shape(received: TriggerEvent) -> dict[str, Any]:
    """An event whose workflow and execution are loaded."""
    execution = received.execution
    return {
        "id": received.pk,
        "workflow_slug": received.workflow.slug,
        "trigger_node_id": received.trigger_node_id,
        "trigger_type": received.trigger_type,
        "title": received.title,
        "delivery_key": received.key,
        "status": received.status,
        "reason": received.reason or None,
        "attempts": received.attempts,
        "execution_id": str(execution.pk) if execution else None,
        "execution_status": execution.status if execution else None,
        "replay_of": received.replay_of_id,
        "received_at": received.received_at,
    }


def detail(received: TriggerEvent) -> dict[str, Any]:
    """The same with the event."""
    execution = received.execution
    return shape(received) | {"event": received.event if execution is None else execution.trigger_payload}
