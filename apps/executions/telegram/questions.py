"""Answers to questions: by a button, a command, a reply to the message that asked, or plain words in the chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.audit import audit
from apps.executions import access, answering
from apps.executions.delivery import links
from apps.executions.models import Delivery, PendingTask
from apps.executions.starting import YES
from pipelit.errors import NotFound, PipelitError
from pipelit.fields import dumps
from pipelit.telegram import Bot

from . import bots, message
from .speaker import Speaker

NOT_YOURS = "There is no such question, or it is not yours to answer."


def buttons(task: PendingTask, chat_id: int) -> dict[str, Any]:
    """The keyboard below a question; a form is filled in on its page."""
    if task.schema:
        url = links.answer_url(task, f"telegram:{chat_id}")
        return {"inline_keyboard": [[{"text": "Answer", "url": url}]]}
    choices = (("Confirm", "confirmed"), ("Cancel", "cancelled"))
    row = [{"text": label, "callback_data": f"task:{task.pk}:{decision}"} for label, decision in choices]
    return {"inline_keyboard": [row]}


def pressed(bot: Bot, query: Mapping[str, Any], speaker: Speaker) -> None:
    """A button was pressed: answer, and tell the person how that went."""
    kind, _, rest = str(query.get("data") or "").partition(":")
    number, _, decision = rest.partition(":")
    if kind != "task" or not number.isdigit() or decision not in ("confirmed", "cancelled"):
        said = "This button is of no use any more."
    else:
        said = decide(int(number), decision, speaker)
    bots.tell(bot, "answerCallbackQuery", {"callback_query_id": query["id"], "text": said[:200]})


def answered(bot: Bot, said: Mapping[str, Any], speaker: Speaker) -> bool:
    """Whether a message answers a question of this chat: it replies to the one that asks, or the chat waits for it."""
    text = str(said.get("text") or "")
    task = (_replied_to(said, speaker) or _waited_for(text, speaker)) if text else None
    if task is None:
        return False
    decision = "confirmed" if text.strip().lower().rstrip(".!") in YES else "cancelled"
    outcome = decide(task.pk, decision, speaker, comment=text)
    bots.tell(bot, "sendMessage", {"chat_id": speaker.chat_id, "text": outcome})
    return True


def decide(task_id: int, decision: str, speaker: Speaker, comment: str = "") -> str:
    """Answer as the person who sent it; the sentence to tell them."""
    try:
        task = open_to(speaker).filter(pk=task_id).first()
        if task is None:
            target = f"pendingtask:{task_id}"
            audit(speaker.person, "task.refused", target, reason="not_theirs", via="telegram", who=speaker.name)
            raise NotFound(NOT_YOURS)
        task = answering.answer(
            task, decision=decision, comment=comment, actor=speaker.name, via="telegram", key=speaker.key
        )  # fmt: skip
    except PipelitError as error:
        return error.detail
    if task.status == PendingTask.Status.PENDING:
        return f"Noted: {decision}. Others must confirm as well."
    return f"Thank you: {decision}."


def open_to(speaker: Speaker) -> QuerySet[PendingTask]:
    """The questions (answered ones too) that are a person's to answer, or that the bot asks the chat: by name, or
    because the execution was started there, by somebody who may."""
    still = Q(assignees__icontains=dumps(f"telegram:{speaker.chat_id}"))  # and not handed to others
    if speaker.is_allowed:
        still |= Q(assignees=[])
    mine = Q(pk__in=_asked(speaker).order_by().values("task")) & still
    if speaker.person is not None:
        mine |= Q(pk__in=access.answerable(speaker.person).order_by().values("pk"))
    return PendingTask.objects.filter(mine, kind__in=answering.QUESTIONS).select_related("execution__workflow")


def _replied_to(said: Mapping[str, Any], speaker: Speaker) -> PendingTask | None:
    """The question whose message is replied to."""
    replied = (said.get("reply_to_message") or {}).get("message_id")
    if replied is None:
        return None
    for delivery in _waiting(speaker)[:50]:
        if replied in (delivery.receipt or {}).get("message_ids", ()):
            return delivery.task
    return None


def _waited_for(text: str, speaker: Speaker) -> PendingTask | None:
    """What plain words answer: the only open question of a chat that is the speaker's to answer, if the execution that
    asks was started there and wants no form."""
    if message.command_of(text)[0]:
        return None  # for a workflow
    found = list(_waiting(speaker).filter(task__in=open_to(speaker))[:2])
    if len(found) != 1 or (found[0].execution.reply_to or {}).get("chat_id") != speaker.chat_id:
        return None
    task = found[0].task
    return task if task and task.schema is None else None


def _waiting(speaker: Speaker) -> QuerySet[Delivery]:
    """The questions that a chat sees and nobody has answered."""
    return (
        _asked(speaker)
        .filter(status=Delivery.Status.SENT, task__status=PendingTask.Status.PENDING)
        .select_related("task", "execution")
    )


def _asked(speaker: Speaker) -> QuerySet[Delivery]:
    """The questions that a bot asks in a chat; in a private one all bots see the same id. The address is JSON as text:
    a number ends at a comma or a brace."""
    found = Delivery.objects.filter(kind=Delivery.Kind.QUESTION, channel="telegram")
    for name, number in (("chat_id", speaker.chat_id), ("credential_id", speaker.credential_id)):
        here = Q(address__contains=f'"{name}":{number},') | Q(address__contains=f'"{name}":{number}}}')
        found = found.filter(here)
    return found
