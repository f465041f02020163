"""Answers to questions: by a button, a command, a reply to the message that asked, or plain words in the chat."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.executions import access, answering
from apps.executions.delivery import links
from apps.executions.models import Delivery, PendingTask
from apps.executions.starting import YES
from pipelit.errors import NotFound, PipelitError
from pipelit.fields import dumps
from pipelit.telegram import Bot

log = logging.getLogger(__name__)
NOT_YOURS = "There is no such question, or it is not yours to answer."


def buttons(task: PendingTask, chat_id: int) -> dict[str, Any]:
    """The keyboard below a question; a form is filled in on its page."""
    if task.schema:
        url = links.answer_url(task, f"telegram:{chat_id}")
        return {"inline_keyboard": [[{"text": "Answer", "url": url}]]}
    choices = (("Confirm", "confirmed"), ("Cancel", "cancelled"))
    row = [{"text": label, "callback_data": f"task:{task.pk}:{decision}"} for label, decision in choices]
    return {"inline_keyboard": [row]}


def pressed(bot: Bot, query: Mapping[str, Any]) -> None:
    """A button was pressed: answer, and tell the person how that went."""
    kind, _, rest = str(query.get("data") or "").partition(":")
    number, _, decision = rest.partition(":")
    if kind != "task" or not number.isdigit() or decision not in ("confirmed", "cancelled"):
        said = "This button is of no use any more."
    else:
        chat_id = (query.get("message") or {}).get("chat", {}).get("id", query["from"]["id"])
        said = decide(int(number), decision, query["from"], chat_id)
    bot.call("answerCallbackQuery", {"callback_query_id": query["id"], "text": said[:200]})


def answered(bot: Bot, said: Mapping[str, Any]) -> bool:
    """Whether a message answers a question of this chat: it replies to the one that asks, or the chat waits for it."""
    text, chat_id = str(said.get("text") or ""), said["chat"]["id"]
    task = _replied_to(said) or _waited_for(chat_id) if text else None
    if task is None:
        return False
    decision = "confirmed" if text.strip().lower().rstrip(".!") in YES else "cancelled"
    outcome = decide(task.pk, decision, said["from"], chat_id, comment=text)
    bot.call("sendMessage", {"chat_id": chat_id, "text": outcome})
    return True


def decide(task_id: int, decision: str, sender: Mapping[str, Any], chat_id: int, comment: str = "") -> str:
    """Answer as the person who sent it; the sentence to tell them."""
    person = UserProfile.objects.filter(telegram_user_id=sender["id"], is_active=True).first()
    try:
        task = open_to(person, chat_id).filter(pk=task_id).first()
        if task is None:
            object_name = f"pendingtask:{task_id}"
            audit(person, "task.refused", object_name, reason="not_theirs", via="telegram", who=str(sender["id"]))
            raise NotFound(NOT_YOURS)
        actor = person.username if person else f"telegram:{sender['id']}"
        task = answering.answer(task, decision=decision, comment=comment, by=person, actor=actor, via="telegram")
    except PipelitError as error:
        return error.detail
    if task.status == PendingTask.Status.PENDING:
        return f"Noted: {decision}. Others must confirm as well."
    return f"Thank you: {decision}."


def open_to(person: UserProfile | None, chat_id: int) -> QuerySet[PendingTask]:
    """The questions (answered ones too) that a chat is asked, or are a person's to answer."""
    asked = Delivery.objects.filter(
        kind=Delivery.Kind.QUESTION, channel="telegram", address__contains=f'"chat_id":{chat_id}'
    )
    still = Q(assignees=[]) | Q(assignees__icontains=dumps(f"telegram:{chat_id}"))  # and not handed to others
    mine = Q(pk__in=asked.order_by().values("task")) & still
    if person is not None:
        mine |= Q(pk__in=access.answerable(person).order_by().values("pk"))
    return PendingTask.objects.filter(mine, kind__in=answering.QUESTIONS).select_related("execution__workflow")


def _replied_to(said: Mapping[str, Any]) -> PendingTask | None:
    """The question whose message is replied to."""
    replied = (said.get("reply_to_message") or {}).get("message_id")
    if replied is None:
        return None
    for delivery in _asked(said["chat"]["id"])[:50]:
        if replied in (delivery.receipt or {}).get("message_ids", ()):
            return delivery.task
    return None


def _waited_for(chat_id: int) -> PendingTask | None:
    """The only open question of a chat, if the execution that asks was started there and wants no form."""
    found = [one for one in _asked(chat_id)[:2] if one.task and one.task.schema is None]
    if len(found) != 1 or (found[0].execution.reply_to or {}).get("chat_id") != chat_id:
        return None
    return found[0].task


def _asked(chat_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        kind=Delivery.Kind.QUESTION, channel="telegram", status=Delivery.Status.SENT,
        task__status=PendingTask.Status.PENDING, address__contains=f'"chat_id":{chat_id}',
    ).select_related("task", "execution")  # fmt: skip
