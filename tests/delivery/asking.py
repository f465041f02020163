"""Workflows that ask people."""

from __future__ import annotations

from typing import Any

from apps.executions.models import PendingTask, WorkflowExecution
from apps.workflows.models import WorkflowVersion
from tests.delivery.polling import poll
from tests.engine import harness


def asking(user: Any, slug: str = "asks", start: dict[str, Any] | None = None, **config: Any) -> WorkflowVersion:
    """A workflow that asks; `start` is another trigger than the manual one."""
    nodes = [start or harness.node("start", "trigger_manual"), harness.node("ask", "human_confirmation", **config)]
    return harness.store(user, slug, nodes, [("start", "ask")])


def on_telegram(
    users: Any, bot: int, telegram: Any, deliver: Any, chat: int = 42, sender: int = 42, **config: Any
) -> PendingTask:
    """A question that somebody's message has led to, asked in the chat it came from."""
    asking(users.ben, start=harness.node("start", "trigger_telegram", credential_id=bot), prompt="Ship it?", **config)
    telegram.said("go", chat=chat, sender=sender)
    poll(bot)
    deliver()
    return PendingTask.objects.get()


def outcome() -> Any:
    """What the only execution has come to."""
    harness.work()
    return WorkflowExecution.objects.get().final_output
