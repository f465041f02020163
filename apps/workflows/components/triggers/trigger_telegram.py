from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import field_validator

from pipelit.errors import PipelitError

from ... import rules
from ..base import Category, Component, Ctx, DataType, Family, Port, field
from ._config import TriggerConfig


class TelegramConfig(TriggerConfig):
    allowed_user_ids: list[int] = field(
        list,
        title="Allowed people",
        help="Telegram ids of those whose messages are taken. Empty: all whom the bot answers.",
        location="trigger_config",
        max_length=1000,
    )
    command: str = field(
        "",
        title="Command",
        help="Take only this command, such as /report; what follows it is the text.",
        location="trigger_config",
        pattern=r"^/?[A-Za-z0-9_]*$",
        max_length=33,
    )
    pattern: str = field(
        "",
        title="Pattern",
        help="Take only texts in which this regular expression is found.",
        widget="regex",
        location="trigger_config",
        max_length=500,
    )

    @field_validator("pattern")
    @classmethod
    def compiles(cls, source: str) -> str:
        if source:
            try:
                rules.pattern(source)
            except PipelitError as error:
                raise ValueError(error.detail) from None
        return source


class TelegramTrigger(Component):
    """Starts the workflow when somebody writes to a Telegram bot.

    What the workflow replies, else its final output, is the bot's answer; while it runs, the chat shows that the bot is
    typing. Photos and documents up to 5 MB come in `files`, their content in base64; of a file that cannot be had,
    `data` is null and `reason` says why. Of several triggers of one bot the first that fits, by priority, takes it.
    """

    type = "trigger_telegram"
    label = "Telegram"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "send"
    outputs = (
        Port("text", DataType.STRING, description="The message, or a file's caption; without the command."),
        Port("chat_id", DataType.NUMBER, description="The chat that it was written in."),
        Port("payload", DataType.OBJECT, description="The message as Telegram sends it, with `from` and `chat`."),
        Port("files", DataType.ARRAY, description="{name, mime_type, size, file_id, data (base64, or null), reason}."),
    )
    Config = TelegramConfig
    example = {
        "config": {"credential_id": 1},
        "scope": {"trigger": {"text": "hello", "chat_id": 42, "payload": {"message_id": 1}, "files": []}},
        "output": {"text": "hello", "chat_id": 42, "payload": {"message_id": 1}, "files": []},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [] if config.get("credential_id") else [("credential_id", "Choose the credential of the bot.")]

    def run(self, ctx: Ctx, config: TelegramConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        event = ctx.trigger
        return {
            "text": event.get("text") or "",
            "chat_id": event.get("chat_id") or 0,
            "payload": event.get("payload") or {},
            "files": event.get("files") or [],
        }
