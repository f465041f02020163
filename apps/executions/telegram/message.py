"""A message to a bot as the event that a trigger takes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelit.telegram import MAX_FILE_BYTES, Bot

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


def command_of(text: str) -> tuple[str, str]:
    """The command in small letters and what follows it; an empty command for any other text."""
    found = COMMAND.fullmatch(text.strip())
    return (found[1].lower(), (found[2] or "").strip()) if found else ("", text)


def event_of(credential_id: int, bot: Bot, message: Mapping[str, Any]) -> dict[str, Any]:
    """What `{{ trigger }}` shows. Downloads files; raises what that raises."""
    text = str(message.get("text") or message.get("caption") or "")
    command, rest = command_of(text)
    return {
        "text": rest if command else text,
        "command": command,
        "chat_id": message["chat"]["id"],
        "message_id": message["message_id"],
        "credential_id": credential_id,
        "payload": dict(message),
        "files": [_fetched(bot, file) for file in _files(message)],
        "user_context": {"telegram_user_id": message["from"]["id"], "name": _name(message["from"])},
    }


def _name(sender: Mapping[str, Any]) -> str:
    return " ".join(str(sender[part]) for part in ("first_name", "last_name") if sender.get(part))


def _files(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A photo's largest size, and any of the other kinds of files."""
    if photos := message.get("photo"):
        largest = max(photos, key=lambda size: size.get("file_size") or 0)
        yield {"file_name": "photo.jpg", "mime_type": "image/jpeg", **largest}
    for kind in ("document", "audio", "voice", "video"):
        if file := message.get(kind):
            yield {"file_name": kind, **file}


def _fetched(bot: Bot, file: Mapping[str, Any]) -> dict[str, Any]:
    size = int(file.get("file_size") or 0)
    data = None
    if size <= MAX_FILE_BYTES:
        found = bot.call("getFile", {"file_id": file["file_id"]})
        data = bot.download(found["file_path"])
    return {
        "name": file["file_name"],
        "mime_type": file.get("mime_type") or "application/octet-stream",
        "size": size or len(data or b""),
        "data": None if data is None else base64.b64encode(data).decode("ascii"),
    }
