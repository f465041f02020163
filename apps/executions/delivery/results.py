"""What an execution tells whoever started it from outside: its replies, and how it ended."""

from __future__ import annotations

import json
from typing import Any

from apps.executions.models import Delivery, Status, WorkflowExecution

from . import outbox


def of_reply(execution: WorkflowExecution, step_key: str, group: int, text: str) -> Delivery | None:
    """The delivery of what a `reply` step says; None where nobody outside is waiting for it."""
    if execution.reply_to is None:
        return None
    name = f"{Delivery.Kind.REPLY}:{step_key}:{group}"
    return outbox.draft(execution, Delivery.Kind.REPLY, name, execution.reply_to, {"text": text})


def of_end(execution: WorkflowExecution) -> None:
    """Deliver how an execution ended. To programs always; to people unless a reply has said it. Call in the
    transaction that ends it."""
    if execution.reply_to is None:
        return
    to_program = execution.reply_to["channel"] == "callback"
    if not to_program and (execution.status == Status.CANCELLED or _has_replied(execution)):
        return
    name = f"{Delivery.Kind.RESULT}:{execution.attempt_group}"
    outbox.post(outbox.draft(execution, Delivery.Kind.RESULT, name, execution.reply_to, _content(execution)))


def _has_replied(execution: WorkflowExecution) -> bool:
    if execution.status != Status.COMPLETED:
        return False
    return Delivery.objects.filter(execution=execution, kind=Delivery.Kind.REPLY).exists()


def _content(execution: WorkflowExecution) -> dict[str, Any]:
    """Why it failed is for those who may read the execution, not for its caller."""
    if execution.status != Status.COMPLETED:
        return {"status": str(execution.status), "text": f"Sorry, this has {execution.status}."}
    output = execution.final_output
    text = output if isinstance(output, str) else "" if output is None else json.dumps(output, ensure_ascii=False)
    return {"status": str(execution.status), "text": text, "final_output": output}
