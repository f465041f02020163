"""What an update means: a message for a workflow, an answer to a question, or a command to Pipelit itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from apps.executions.inbound import limits
from apps.executions.models import Conversation, TaskAnswer, TelegramBot
from apps.executions.triggers import dispatch, inbox
from apps.workflows.models import Workflow
from pipelit.errors import PipelitError
from pipelit.telegram import Bot

from . import bots, commands, message, questions
from .speaker import Speaker

log = logging.getLogger(__name__)
NOT_ALLOWED = "This bot takes nothing from you: whoever runs it can allow you."


def take(credential_id: int, update: Mapping[str, Any]) -> None:
    """Handle an update. Raises TransientError if it should be brought again; what is wrong with the update itself is
    logged, and kept in the inbox if it was for a workflow."""
    try:
        _take(credential_id, update)
    except PipelitError as error:
        if error.retryable:
            raise
        log.info("Update %s of bot %s: %s", update.get("update_id"), credential_id, error.detail)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("Update %s of bot %s is not understood", update.get("update_id"), credential_id)


def _take(credential_id: int, update: Mapping[str, Any]) -> None:
    content: Mapping[str, Any] = update.get("callback_query") or update.get("message") or {}
    sender = content.get("from")
    if not sender or sender.get("is_bot"):
        return
    found = bots.fields(credential_id)
    bot, allowed = bots.client_of(found), found["allowed_user_ids"]
    chat = (content.get("message") or content).get("chat", sender)
    speaker = Speaker(
        sender["id"], chat["id"], credential_id, source=bots.source_of(credential_id, found),
        update_id=update["update_id"], is_allowed=not allowed or sender["id"] in allowed,
    )  # fmt: skip
    if TaskAnswer.objects.filter(key=speaker.key).exists():
        return  # it comes again, and has answered a question: its words are no message
    is_button = bool(update.get("callback_query"))
    if not speaker.is_allowed and not questions.open_to(speaker).exists():
        _refuse(credential_id, speaker)
        if is_button:
            bots.tell(bot, "answerCallbackQuery", {"callback_query_id": content["id"], "text": NOT_ALLOWED})
    elif is_button:
        questions.pressed(bot, content, speaker)
    else:
        _hear(credential_id, bot, content, speaker)


def _hear(credential_id: int, bot: Bot, said: Mapping[str, Any], speaker: Speaker) -> None:
    if message.is_for_another(said, _username(credential_id)):
        return
    if commands.obeyed(bot, said, speaker) or questions.answered(bot, said, speaker):
        return
    if speaker.is_allowed:
        _start(credential_id, said, speaker)
    else:
        _refuse(credential_id, speaker)


def _refuse(credential_id: int, speaker: Speaker) -> None:
    limits.refused(
        f"telegram:{credential_id}", str(speaker.telegram_id), NOT_ALLOWED, "telegram.refused",
        f"credential:{credential_id}", who=speaker.name,
    )  # fmt: skip


def _username(credential_id: int) -> str:
    return TelegramBot.objects.filter(pk=credential_id).values_list("username", flat=True).first() or ""


def _start(credential_id: int, said: Mapping[str, Any], speaker: Speaker) -> None:
    event = message.event_of(credential_id, said)
    found = dispatch.find(bots.TRIGGER, event)
    if found is None:
        log.info("No workflow takes message %s of bot %s", said["message_id"], credential_id)
        return
    workflow, version, trigger = found
    if speaker.person is not None:
        event["user_context"]["username"] = speaker.person.username
    inbox.receive(
        bots.TRIGGER, event, workflow=workflow, version=version, trigger_node_id=trigger.node_id, user=workflow.owner,
        conversation=_conversation(workflow, credential_id, said), source=speaker.source, key=str(speaker.update_id),
        title=event["text"],
    )  # fmt: skip


def _conversation(workflow: Workflow, credential_id: int, said: Mapping[str, Any]) -> Conversation:
    """The thread of this chat with this workflow, which agents remember."""
    chat = said["chat"]
    title = str(chat.get("title") or chat.get("username") or chat.get("first_name") or chat["id"])
    return Conversation.objects.get_or_create(
        workflow=workflow, channel="telegram", external_key=f"{credential_id}:{chat['id']}",
        defaults={"title": title[:200]},
    )[0]  # fmt: skip
