"""trigger_error: an execution of the workflow has failed. Fires once per failure, never for what it started itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps.executions.models import WorkflowExecution
from apps.workflows.components.triggers.trigger_error import FIELDS

from .handler import Handler

LONGEST_CHAIN = 64


class ErrorHandler(Handler):
    type = "trigger_error"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The failure that the payload tells of."""
        return _event({**dict.fromkeys(FIELDS), "message": text, "timestamp": timezone.now().isoformat(), **payload})

    def edited(self, event: Mapping[str, Any], ports: Mapping[str, Any]) -> dict[str, Any]:
        error = ports.get("error")
        return {**event, **ports, **(_event(error) if isinstance(error, Mapping) else {})}


def error_event(execution: WorkflowExecution) -> dict[str, Any]:
    """The event of a failed execution."""
    node_id = execution.failed_node_id
    types = {node["node_id"]: node["component_type"] for node in execution.version.snapshot["nodes"]}
    error = {
        "message": execution.error_message,
        "error_code": execution.error_code,
        "source_node_id": node_id or None,
        "source_node_type": types.get(node_id),
        "execution_id": str(execution.pk),
        "timestamp": (execution.completed_at or timezone.now()).isoformat(),
    }
    return _event(error)


def _event(error: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": str(error.get("message") or ""), "payload": error, "error": error}


def comes_of_error(execution: WorkflowExecution) -> bool:
    """Whether an error trigger started the execution or one that called it: then its failure fires none."""
    current: WorkflowExecution | None = execution
    for _ in range(LONGEST_CHAIN):
        if current is None:
            return False
        if current.trigger_type == ErrorHandler.type:
            return True
        current = (
            WorkflowExecution.objects.only("trigger_type", "parent_id").filter(pk=current.parent_id).first()
            if current.parent_id
            else None
        )
    return True
