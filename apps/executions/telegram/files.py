"""The files of a message. A message is stored at once, and its execution fetches them before its first step: who
writes to a bot waits for nobody else's files, and none keeps a message back."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connections

from apps.executions.models import WorkflowExecution
from pipelit import outbound
from pipelit.errors import PipelitError, TransientError
from pipelit.telegram import MAX_FILE_BYTES, Bot

from . import bots

SECONDS = 60.0
"""How long all files of one message may take."""
TRIES = 3
PAUSE_SECONDS = 1.0
"""Between tries, unless Telegram says how long."""
TOO_LARGE = f"It is larger than {MAX_FILE_BYTES >> 20} MB."


def of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `{{ trigger.files }}` shows; the data is fetched later."""
    return [
        {
            "name": file["file_name"],
            "mime_type": file.get("mime_type") or "application/octet-stream",
            "size": int(file.get("file_size") or 0),
            "file_id": file["file_id"],
            "data": None,
            "reason": "",
        }
        for file in _files(message)
    ]


def _files(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A photo's largest size, and any of the other kinds of files."""
    if photos := message.get("photo"):
        largest = max(photos, key=lambda size: size.get("file_size") or 0)
        yield {"file_name": "photo.jpg", "mime_type": "image/jpeg", **largest}
    for kind in ("document", "audio", "voice", "video"):
        if file := message.get(kind):
            yield {"file_name": kind, **file}


def fetch(execution: WorkflowExecution) -> None:
    """Fetch what is not there yet, and keep it with the execution; of what cannot be had, why. Call before its first
    step, so that all see the same."""
    event = execution.trigger_payload
    if execution.trigger_type != bots.TRIGGER or not any(map(_is_open, event.get("files") or ())):
        return
    try:
        bot = bots.client(event["credential_id"])
    except PipelitError as error:
        event["files"] = [_with(file, None, error.detail) for file in event["files"]]
    else:
        connections.close_all()  # it may take long, and needs none meanwhile
        ends = time.monotonic() + SECONDS
        with outbound.within(SECONDS):
            event["files"] = [_with(file, *_content(bot, file, ends)) for file in event["files"]]
    same = WorkflowExecution.objects.filter(pk=execution.pk, epoch=execution.epoch)
    same.update(trigger_payload=event)


def _is_open(file: Mapping[str, Any]) -> bool:
    return bool(file.get("file_id")) and file.get("data") is None and not file.get("reason")


def _with(file: Mapping[str, Any], data: bytes | None, reason: str) -> dict[str, Any]:
    if data is None:
        return {**file, "reason": reason}
    return {**file, "size": file["size"] or len(data), "data": base64.b64encode(data).decode("ascii")}


def _content(bot: Bot, file: Mapping[str, Any], ends: float) -> tuple[bytes | None, str]:
    """The data, or why there is none."""
    if file["size"] > MAX_FILE_BYTES:
        return None, TOO_LARGE
    for number in range(1, TRIES + 1):
        try:
            path = bot.call("getFile", {"file_id": file["file_id"]}).get("file_path")
            return (bot.download(path) if path else None), TOO_LARGE
        except TransientError as error:
            reason, pause = error.detail, error.retry_after or PAUSE_SECONDS
            if number == TRIES or time.monotonic() + pause > ends:
                break
            time.sleep(pause)
        except PipelitError as error:
            reason = error.detail
            break
    return None, reason
