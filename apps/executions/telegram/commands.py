"""What people may tell a bot of Pipelit itself: /start, /pending, /confirm_7, /cancel_7, /link CODE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.accounts import telegram as people
from apps.executions.models import PendingTask
from pipelit.errors import PipelitError
from pipelit.telegram import Bot

from . import bots, message, questions
from .speaker import Speaker

SHOWN = 10
WELCOME = "Hello! Write to me, and the workflow behind this bot answers. /pending shows what waits for you."


def obeyed(bot: Bot, said: Mapping[str, Any], speaker: Speaker) -> bool:
    """Whether a message was a command of ours; it is answered then. Other commands are for workflows."""
    command, rest = message.command_of(str(said.get("text") or ""))
    name, _, number = command.partition("_")
    if name in ("confirm", "cancel") and number.isdigit():
        decision = "confirmed" if name == "confirm" else "cancelled"
        answer = questions.decide(int(number[:15]), decision, speaker, comment=rest)
    elif command == "pending":
        answer = _pending(speaker)
    elif command == "link":
        answer = _link(speaker, rest)
    elif command == "start" and not rest:
        answer = WELCOME
    else:
        return False
    bots.tell(bot, "sendMessage", {"chat_id": speaker.chat_id, "text": answer})
    return True


def _pending(speaker: Speaker) -> str:
    found = questions.open_to(speaker).filter(status=PendingTask.Status.PENDING).order_by("created_at")
    lines = [
        f"{task.execution.workflow.name}: {task.prompt[:300]}\n/confirm_{task.pk}  /cancel_{task.pk}"
        for task in found[:SHOWN]
    ]
    more = found.count() - len(lines)
    if more > 0:
        lines.append(f"And {more} more.")
    return "\n\n".join(lines) or "Nothing waits for you."


def _link(speaker: Speaker, code: str) -> str:
    try:
        person = people.link(code, speaker.telegram_id)
    except PipelitError as error:
        return error.detail
    return f"You are {person.username} now: questions to you come here."
