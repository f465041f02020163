"""telegram: a message by a bot. Address: {"credential_id", "chat_id", "message_id"?}.

Markdown becomes plain text with entities, so no text is ever refused for its marks; long ones become several messages.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from apps.executions.models import Delivery
from apps.executions.telegram import bots
from pipelit.errors import PipelitError
from pipelit.telegram import Bot, Refused

LONGEST = 4096
"""UTF-16 units of one message."""
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
TAG = re.compile(r"<(?=[A-Za-z/!])(?!https?:)")
TYPING_SECONDS = 4.5
"""Telegram shows for five seconds that a bot types."""


class TelegramChannel:
    name = "telegram"
    idempotent = False

    def send(self, delivery: Delivery) -> Mapping[str, Any]:
        """What was sent of a long text stays in the receipt, so that another try goes on behind it."""
        bot = bots.client(delivery.address["credential_id"])
        if delivery.content.get("edits"):
            return _edited(bot, delivery)
        sent: list[int] = list((delivery.receipt or {}).get("message_ids", ()))
        messages = parts(str(delivery.content.get("text") or ""))
        for number, params in enumerate(messages[len(sent) :], len(sent)):
            where = _where(delivery, first=number == 0, last=number == len(messages) - 1)
            sent.append(bot.call("sendMessage", where | params)["message_id"])
            delivery.receipt = {"message_ids": sent}
        return {"message_ids": sent}


def parts(text: str) -> list[dict[str, Any]]:
    """A Markdown text as the `text` and `entities` of one message or several."""
    from telegramify_markdown import convert, split_entities  # only those who use Telegram pay for it

    plain, entities = convert(_kept(text), latex_escape=False)
    pieces = split_entities(plain, entities, LONGEST) or [("(empty)", [])]
    return [{"text": piece, "entities": [entity.to_dict() for entity in found]} for piece, found in pieces]


def _kept(text: str) -> str:
    """With HTML tags as the text that they are, which Markdown would drop; code is left alone."""
    pieces = CODE.split(text)
    pieces[::2] = [TAG.sub(r"\\<", piece) for piece in pieces[::2]]
    return "".join(pieces)


@contextmanager
def typing(address: Mapping[str, Any] | None) -> Iterator[None]:
    """Show in the chat that the bot is at work."""
    if address is None or address.get("channel") != "telegram":
        yield
        return
    ended = threading.Event()
    threading.Thread(target=_type, args=(dict(address), ended), name="typing", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _type(address: dict[str, Any], ended: threading.Event) -> None:
    from django.db import connections

    with suppress(PipelitError):  # a nicety: the answer itself is what counts
        bot = bots.client(address["credential_id"])
        connections.close_all()
        while not ended.is_set():
            bot.call("sendChatAction", {"chat_id": address["chat_id"], "action": "typing"}, seconds=5.0)
            ended.wait(TYPING_SECONDS)


def _where(delivery: Delivery, *, first: bool, last: bool) -> dict[str, Any]:
    from apps.executions.telegram.questions import buttons

    address = delivery.address
    where: dict[str, Any] = {"chat_id": address["chat_id"]}
    if first and address.get("message_id") and delivery.kind != Delivery.Kind.NOTICE:
        where["reply_parameters"] = {"message_id": address["message_id"], "allow_sending_without_reply": True}
    if last and delivery.kind == Delivery.Kind.QUESTION and delivery.task is not None:
        where["reply_markup"] = buttons(delivery.task, address["chat_id"])
    return where


def _edited(bot: Bot, delivery: Delivery) -> Mapping[str, Any]:
    """Replace the message of an earlier delivery, and take its buttons away."""
    earlier = Delivery.objects.filter(pk=delivery.content["edits"]).first()
    ids = (earlier.receipt or {}).get("message_ids", ()) if earlier else ()
    if ids:
        params = parts(str(delivery.content["text"]))[-1]
        with suppress(Refused):  # it is gone, or says so already
            bot.call("editMessageText", {"chat_id": delivery.address["chat_id"], "message_id": ids[-1], **params})
    return {"message_ids": list(ids[-1:])}
