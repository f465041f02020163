"""What was said in a conversation: of each execution the text that started it and what came of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from pipelit.errors import Conflict, UserError

from .access import as_uuid
from .models import PARKED, TERMINAL, Conversation, Status, WorkflowExecution
from .serializers.stored import as_text, parsed

NO_MESSAGE = "There is no such message."
COLUMNS = ("id", "status", "error_message", "created_at", "completed_at")


def messages(conversation: Conversation, limit: int, before: str | None = None) -> list[dict[str, Any]]:
    """The last `limit` messages (before the one with id `before`), oldest first."""
    turns = WorkflowExecution.objects.filter(conversation=conversation, parent__isnull=True)
    cut: list[dict[str, Any]] = []
    if before is not None:
        key, role = _place(before)
        edge = turns.filter(pk=key).values_list("created_at", "pk").first()
        if edge is None:
            raise UserError(f"before: {NO_MESSAGE}", fields={"before": [NO_MESSAGE]})
        if role == "ai":
            cut = [m for m in _said(turns.filter(pk=key)) if m["role"] == "human"]
        turns = turns.filter(Q(created_at__lt=edge[0]) | Q(created_at=edge[0], pk__lt=edge[1]))
    return [*_said(turns.order_by("-created_at", "-id")[:limit]), *cut][-limit:]


def turn(execution_id: UUID) -> list[dict[str, Any]]:
    """The one or two messages of an execution: what was asked, and the answer if it has ended."""
    return _said(WorkflowExecution.objects.filter(pk=execution_id))


def count(conversation: Conversation) -> int:
    """How many messages there are."""
    turns = WorkflowExecution.objects.filter(conversation=conversation, parent__isnull=True)
    found = turns.aggregate(asked=Count("pk"), ended=Count("pk", filter=Q(status__in=TERMINAL)))
    return int(found["asked"] + found["ended"])


@transaction.atomic
def forget(conversation: Conversation) -> None:
    """Delete a conversation and its messages; its executions stay. Raises Conflict while one of them is under way:
    it would write into what is gone."""
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    busy = conversation.executions.filter(status__in=(Status.PENDING, Status.RUNNING, *PARKED)).exists()
    if busy:
        raise Conflict("An execution of this conversation is still under way. Wait for it, or cancel it first.")
    conversation.delete()


def _said(turns: Any) -> list[dict[str, Any]]:
    rows = turns.values(*COLUMNS, event=as_text("trigger_payload"), output=as_text("final_output"))
    found: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["created_at"], row["id"])):
        event = parsed(row["event"]) or {}
        found.append(_message(row, "human", str(event.get("text") or ""), row["created_at"]))
        if row["status"] in TERMINAL:
            found.append(_message(row, "ai", _answer(row), row["completed_at"] or row["created_at"]))
    return found


def _message(row: dict[str, Any], role: str, content: str, at: Any) -> dict[str, Any]:
    key = str(row["id"])
    return {
        "id": f"{key}:{role}",
        "role": role,
        "content": content,
        "execution_id": key,
        "status": row["status"],
        "timestamp": at,
    }


def _answer(row: dict[str, Any]) -> str:
    if row["status"] != Status.COMPLETED:
        return str(row["error_message"])
    output = parsed(row["output"])
    if isinstance(output, str):
        return output
    return "" if output is None else json.dumps(output, ensure_ascii=False)


def _place(message_id: str) -> tuple[UUID, str]:
    """Which turn, and which side of it; raises UserError for what is no message's id."""
    text, _, role = message_id.partition(":")
    key = as_uuid(text)
    if key is None:
        raise UserError(f"before: {NO_MESSAGE}", fields={"before": [NO_MESSAGE]})
    return key, role
