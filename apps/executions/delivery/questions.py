"""Asking people: a question goes out to each assignee who can be reached by Telegram or mail, and is marked as
answered there once somebody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings

from apps.accounts.models import UserProfile
from apps.executions.models import Delivery, PendingTask, WorkflowExecution
from pipelit import telegram

from . import links, outbox

MOST = 50
"""People who are told of one question."""


def ask(
    task: PendingTask, execution: WorkflowExecution, *, bot: int | None = None, only: UserProfile | None = None
) -> None:
    """Tell the assignees of a new question (`only`: one more person). `bot` is the credential of the Telegram bot
    that writes to people; the one that started the execution, if none is given. Call in a transaction."""
    if task.kind not in (PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN):
        return
    origin: Mapping[str, Any] = execution.reply_to or {}
    if bot is None and origin.get("channel") == "telegram":
        bot = origin["credential_id"]
    found = _reach([only], bot) if only else _addresses(task.assignees, bot)
    if not task.assignees and origin.get("channel") == "telegram":
        found = iter([dict(origin)])
    content = {"subject": f"{execution.workflow.name}: a question", "text": task.prompt}
    drafts = {}
    for address in found:
        name = f"question:{task.token}:{address['channel']}:{address.get('chat_id') or address['to'][0]}"
        one = outbox.draft(execution, Delivery.Kind.QUESTION, name, address, content, task)
        drafts[one.pk] = one
    outbox.post(*list(drafts.values())[:MOST])


def withdraw(task: PendingTask, outcome: str) -> None:
    """Ask nobody any more, and tell where it was asked, except by mail whoever has answered. Call in the transaction
    that settles the task."""
    asked = task.deliveries.filter(kind=Delivery.Kind.QUESTION)
    outbox.cancel(asked)
    last = task.answers.last() if task.status == PendingTask.Status.ANSWERED else None
    content = {
        "subject": f"{task.execution.workflow.name}: no longer a question",
        "text": f"{task.prompt}\n\n{outcome}",
    }
    for one in asked.filter(status__in=outbox.LEFT).select_related("execution"):
        if one.channel == "email" and last is not None and links.asked_of(one) == last.actor:
            continue
        address = {**one.address, "channel": one.channel}
        told = {**content, "edits": str(one.pk)}
        outbox.post(outbox.draft(one.execution, Delivery.Kind.NOTICE, f"answered:{one.pk}", address, told))


def _addresses(assignees: Iterable[str], bot: int | None) -> Iterator[dict[str, Any]]:
    for assignee in assignees:
        kind, _, name = assignee.partition(":")
        if kind == "email" and name:
            yield {"channel": "email", "to": [name]}
        elif kind == "telegram" and telegram.CHAT.fullmatch(name) and bot is not None:
            yield {"channel": "telegram", "credential_id": bot, "chat_id": int(name)}
        elif kind == "role" and name:
            yield from _reach(UserProfile.objects.filter(role=name, is_active=True, is_agent=False)[:MOST], bot)
        else:
            yield from _reach(UserProfile.objects.filter(username=assignee, is_active=True, is_agent=False), bot)


def _reach(people: Iterable[UserProfile], bot: int | None) -> Iterator[dict[str, Any]]:
    for person in people:
        if person.telegram_user_id and bot is not None:
            yield {"channel": "telegram", "credential_id": bot, "chat_id": person.telegram_user_id}
        elif person.email and settings.EMAIL_HOST:
            yield {"channel": "email", "to": [person.email], "username": person.username}
