from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, Ctx, DataType, Family, Port, field
from . import _doors
from ._config import TriggerConfig


class ChatConfig(TriggerConfig):
    public: bool = field(
        False,
        title="Public page",
        help="Lets everybody chat at /chat/{workflow}, without signing in, with the rights of the workflow's owner.",
        strict=True,
    )
    title: str = field("", title="Title", help="Of the public page. Empty: the workflow's name.", max_length=100)
    greeting: str = field(
        "", title="Greeting", help="What the public page says first.", widget="textarea", max_length=2000
    )
    allowed_origins: list[_doors.Origin] = _doors.origins("Which web pages may embed the public page.")
    rate_limit_per_minute: int = _doors.rate(
        20, "Messages that the public page takes from one address; in all, ten times as many."
    )


class ChatTrigger(Component):
    """Starts the workflow when a message arrives in the chat panel or by `POST /workflows/{slug}/chat/`.

    Each message is one execution. What was said before in the same conversation is added by agents that have
    *Conversation memory* on; `messages` holds this message alone.

    With *Public page* on, everybody can chat at `/chat/{slug}`, and `/chat/{slug}/widget.js` brings the chat to the
    pages of the allowed origins.
    """

    type = "trigger_chat"
    label = "Chat trigger"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "message-circle"
    outputs = (
        Port("text", DataType.STRING, description="The message."),
        Port("payload", DataType.OBJECT, description="What the caller sent along with the message."),
        Port("messages", DataType.MESSAGES, description="The message as a conversation of one."),
    )
    Config = ChatConfig
    example = {
        "config": {},
        "scope": {"trigger": {"text": "hello", "payload": {}}},
        "output": {
            "text": "hello",
            "payload": {},
            "messages": [{"type": "human", "data": {"content": "hello"}}],
        },
    }

    def run(self, ctx: Ctx, config: ChatConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        text = ctx.trigger.get("text") or ""
        return {
            "text": text,
            "payload": ctx.trigger.get("payload") or {},
            "messages": [{"type": "human", "data": {"content": text}}],
        }
