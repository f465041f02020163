"""What an update means: a message for a workflow, an answer to a question, or a command to Pipelit itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from apps.accounts.models import UserProfile
from apps.executions.models import Conversation
from apps.executions.triggers import dispatch, inbox
from apps.workflows.models import Workflow
from pipelit.errors import PipelitError
from pipelit.telegram import Bot

from . import bots, commands, message, questions

log = logging.getLogger(__name__)


def take(credential_id: int, update: Mapping[str, Any]) -> None:
    """Handle an update. Raises TransientError if it should be brought again; what is wrong with the update itself is
    logged, and kept in the inbox if it was for a workflow."""
    try:
        _take(credential_id, update)
    except PipelitError as error:
        if error.retryable:
            raise
        log.info("Update %s of bot %s: %s", update.get("update_id"), credential_id, error.detail)
    except (KeyError, TypeError, ValueError):
        log.exception("Update %s of bot %s is not understood", update.get("update_id"), credential_id)


def _take(credential_id: int, update: Mapping[str, Any]) -> None:
    asked, said = update.get("callback_query"), update.get("message")
    sender = (asked or said or {}).get("from")
    if not sender or sender.get("is_bot") or not _is_allowed(credential_id, sender["id"]):
        return
    bot = bots.client(credential_id)
    if asked is not None:
        questions.pressed(bot, asked)
    elif said is not None and not commands.obeyed(bot, said) and not questions.answered(bot, said):
        _start(credential_id, bot, update["update_id"], said)


def _is_allowed(credential_id: int, telegram_id: int) -> bool:
    allowed = bots.fields(credential_id)["allowed_user_ids"]
    return not allowed or telegram_id in allowed


def _start(credential_id: int, bot: Bot, update_id: int, said: Mapping[str, Any]) -> None:
    event = message.event_of(credential_id, bot, said)
    found = dispatch.find(bots.TRIGGER, event)
    if found is None:
        log.info("No workflow takes message %s of bot %s", said["message_id"], credential_id)
        return
    workflow, version, trigger = found
    person = UserProfile.objects.filter(telegram_user_id=said["from"]["id"], is_active=True).first()
    if person is not None:
        event["user_context"]["username"] = person.username
    inbox.receive(
        bots.TRIGGER, event, workflow=workflow, version=version, trigger_node_id=trigger.node_id, user=workflow.owner,
        conversation=_conversation(workflow, credential_id, said), source=f"telegram:{credential_id}",
        key=str(update_id), title=event["text"],
    )  # fmt: skip


def _conversation(workflow: Workflow, credential_id: int, said: Mapping[str, Any]) -> Conversation:
    """The thread of this chat with this workflow, which agents remember."""
    chat = said["chat"]
    title = str(chat.get("title") or chat.get("username") or chat.get("first_name") or chat["id"])
    return Conversation.objects.get_or_create(
        workflow=workflow, channel="telegram", external_key=f"{credential_id}:{chat['id']}",
        defaults={"title": title[:200]},
    )[0]  # fmt: skip
