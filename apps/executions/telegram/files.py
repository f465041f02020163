"""The files of a message: fetched with the message, which does not wait long for them."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from typing import Any

from pipelit import outbound
from pipelit.errors import PipelitError, TransientError
from pipelit.telegram import MAX_FILE_BYTES, Bot

SECONDS = 20.0
"""How long all files of one message may take: other people's messages wait behind it."""
TRIES = 3
PAUSE_SECONDS = 1.0
"""Between tries, unless Telegram says how long."""
TOO_LARGE = f"It is larger than {MAX_FILE_BYTES >> 20} MB."


def fetched(bot: Bot, message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `{{ trigger.files }}` shows. A file that cannot be had is there without its data, and says why: the
    message counts more than its files."""
    with outbound.within(SECONDS):
        ends = time.monotonic() + SECONDS
        return [_shape(file, *_content(bot, file, ends)) for file in _files(message)]


def _files(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A photo's largest size, and any of the other kinds of files."""
    if photos := message.get("photo"):
        largest = max(photos, key=lambda size: size.get("file_size") or 0)
        yield {"file_name": "photo.jpg", "mime_type": "image/jpeg", **largest}
    for kind in ("document", "audio", "voice", "video"):
        if file := message.get(kind):
            yield {"file_name": kind, **file}


def _content(bot: Bot, file: Mapping[str, Any], ends: float) -> tuple[bytes | None, str]:
    """The data, or why there is none."""
    if int(file.get("file_size") or 0) > MAX_FILE_BYTES:
        return None, TOO_LARGE
    for number in range(1, TRIES + 1):
        try:
            path = bot.call("getFile", {"file_id": file["file_id"]}).get("file_path")
            data = bot.download(path) if path else None
            return data, "" if data is not None else TOO_LARGE
        except TransientError as error:
            reason, pause = error.detail, error.retry_after or PAUSE_SECONDS
            if number == TRIES or time.monotonic() + pause > ends:
                break
            time.sleep(pause)
        except PipelitError as error:
            reason = error.detail
            break
    return None, reason


def _shape(file: Mapping[str, Any], data: bytes | None, reason: str) -> dict[str, Any]:
    return {
        "name": file["file_name"],
        "mime_type": file.get("mime_type") or "application/octet-stream",
        "size": int(file.get("file_size") or 0) or len(data or b""),
        "data": None if data is None else base64.b64encode(data).decode("ascii"),
        "reason": reason,
    }
