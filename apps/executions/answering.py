"""Answering a task as a person does: the form is checked, then the answer given."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import UserProfile
from apps.workflows.components import _json_schema as json_schema
from pipelit.errors import Conflict, Invalid

from . import actions
from .models import PendingTask

ASKED = (PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN, PendingTask.Kind.CALLBACK)
"""What a person may answer; timers and children answer for themselves."""


def answer(
    task: PendingTask, *, decision: str, data: Any = None, comment: str = "", by: UserProfile | None = None
) -> PendingTask:
    """Raises Conflict if it is answered already (by whom, when) or nothing that people answer, Invalid if `data` does
    not fit the task's form."""
    if task.kind not in ASKED:
        raise Conflict(f"A task of kind {task.kind} answers itself; nobody else can.")
    if task.status != PendingTask.Status.PENDING:
        raise Conflict(_taken(task), code="already_answered")
    if decision == "confirmed" and task.schema:
        found = json_schema.errors(task.schema, {} if data is None else data)
        if found:
            sentence = f"data: {'; '.join(found)}."
            raise Invalid(sentence, code="data_mismatch", fields={"data": [f"{text}." for text in found]})
    return actions.respond(task, decision=decision, data=data, comment=comment, by=by)


def _taken(task: PendingTask) -> str:
    who = f" by {task.responded_by.username}" if task.responded_by else ""
    when = f" at {task.answered_at.isoformat(timespec='seconds')}" if task.answered_at else ""
    match task.status:
        case PendingTask.Status.ANSWERED:
            return f"The task was answered{who}{when}: {task.decision}."
        case PendingTask.Status.EXPIRED:
            return f"The task expired{when}: {task.decision}."
        case _:
            return f"Nobody waits for the task any more: its execution ended{when}."
