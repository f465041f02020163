"""The PendingTask shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.executions import addresses
from apps.executions.models import PendingTask, TaskAnswer

from .stored import masked

SHOWN_WITH_EXECUTION = 200


def shape(task: PendingTask) -> dict[str, Any]:
    """A task whose execution, workflow and responder are loaded."""
    answered = task.status in (PendingTask.Status.ANSWERED, PendingTask.Status.EXPIRED)
    return {
        "id": task.pk,
        "execution_id": str(task.execution_id),
        "workflow_slug": task.execution.workflow.slug,
        "workflow_name": task.execution.workflow.name,
        "node_id": task.node_id,
        "step_key": task.step_key,
        "kind": task.kind,
        "prompt": masked(task.prompt),
        "schema": task.schema,
        "assignees": task.assignees,
        "quorum": task.quorum,
        "answers": [_vote(vote) for vote in task.answers.all()],
        "status": task.status,
        "decision": task.decision or None,
        "response": masked(task.response) if answered else None,
        "comment": task.comment,
        "responded_by": task.responded_by.username if task.responded_by else None,
        "child_execution_id": str(task.child_id) if task.child_id else None,
        "created_at": task.created_at,
        "expires_at": task.until,
        "answered_at": task.answered_at,
    }


def _vote(vote: TaskAnswer) -> dict[str, Any]:
    return {"at": vote.created_at, **{name: getattr(vote, name) for name in ("actor", "decision", "comment", "via")}}


def with_address(task: PendingTask) -> dict[str, Any]:
    """For whoever may answer it: a callback's address too."""
    found = shape(task)
    if task.kind == PendingTask.Kind.CALLBACK:
        found["callback_path"] = addresses.path(task.execution_id, task.step_key, task.key)
    return found


def many(tasks: Iterable[PendingTask]) -> list[dict[str, Any]]:
    return [shape(task) for task in tasks]


def of_execution(execution_id: UUID) -> list[dict[str, Any]]:
    """What an execution waits for or has waited for, newest first; open ones are never cut off by answered ones."""
    found = PendingTask.objects.filter(execution_id=execution_id).select_related("execution__workflow", "responded_by")
    found = found.prefetch_related("answers")
    return many(found.order_by("-status", "-created_at", "-id")[:SHOWN_WITH_EXECUTION])
