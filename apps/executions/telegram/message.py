"""A message to a bot as the event that a trigger takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import files

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


def text_of(message: Mapping[str, Any]) -> str:
    return str(message.get("text") or message.get("caption") or "")


def command_of(text: str) -> tuple[str, str]:
    """The command in small letters and what follows it; an empty command for any other text."""
    found = COMMAND.fullmatch(text.strip())
    return (found[1].lower(), (found[3] or "").strip()) if found else ("", text)


def is_for_another(message: Mapping[str, Any], username: str) -> bool:
    """Whether a message is a command to another bot in the chat, `/start@other_bot`."""
    found = COMMAND.fullmatch(text_of(message).strip())
    named = found and found[2]
    return bool(username and named and named.lower() != username.lower())


def event_of(credential_id: int | None, message: Mapping[str, Any]) -> dict[str, Any]:
    """What `{{ trigger }}` shows."""
    text = text_of(message)
    command, rest = command_of(text)
    return {
        "text": rest if command else text,
        "command": command,
        "chat_id": message["chat"]["id"],
        "message_id": message["message_id"],
        "credential_id": credential_id,
        "payload": dict(message),
        "files": files.of(message),
        "user_context": {"telegram_user_id": message["from"]["id"], "name": _name(message["from"])},
    }


def _name(sender: Mapping[str, Any]) -> str:
    return " ".join(str(sender[part]) for part in ("first_name", "last_name") if sender.get(part))
