"""A Telegram bot: its token, who may talk to it, and how its messages come here."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import field_validator

from pipelit import telegram

from .base import Fields, Kind, field

TOKEN = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{20,100}")


class TelegramFields(Fields):
    bot_token: str = field(title="Bot token", help="As BotFather gives it: 123456:ABC-...", secret=True, max_length=200)
    allowed_user_ids: list[int] = field(
        list,
        title="Allowed people",
        help="Telegram ids of those whom the bot answers. Empty: everybody.",
        max_length=1000,
    )
    updates: Literal["polling", "webhook"] = field(
        "polling",
        title="How messages arrive",
        help="polling: Pipelit asks Telegram, from anywhere. webhook: Telegram calls PUBLIC_URL, which must be https.",
    )
    api_url: str = field(
        telegram.API_URL, title="Bot API", help="Another address if you run a Bot API server yourself.", max_length=500
    )

    @field_validator("bot_token")
    @classmethod
    def is_a_token(cls, text: str) -> str:
        if not TOKEN.fullmatch(text.strip()):
            raise ValueError("must look like 123456:ABC-DEF..., as BotFather gives it")
        return text.strip()

    @field_validator("api_url")
    @classmethod
    def is_an_address(cls, text: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text.strip()):
            raise ValueError("must be an http or https address")
        return text.strip().rstrip("/")


class Telegram(Kind):
    type = "telegram"
    label = "Telegram bot"
    description = "Takes messages to a bot and answers them."
    model = "BaseCredential"
    Fields = TelegramFields

    def test(self, fields: Any, model_name: str | None = None) -> None:
        telegram.Bot(fields.bot_token, fields.api_url).call("getMe", seconds=15.0)
