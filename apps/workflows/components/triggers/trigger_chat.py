from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, Ctx, DataType, Family, Port
from ._config import TriggerConfig


class ChatTrigger(Component):
    """Starts the workflow when a message arrives in the chat panel or by `POST /workflows/{slug}/chat/`.

    Each message is one execution. What was said before in the same conversation is added by agents that have
    *Conversation memory* on; `messages` holds this message alone.
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
    Config = TriggerConfig
    example = {
        "config": {},
        "scope": {"trigger": {"text": "hello", "payload": {}}},
        "output": {
            "text": "hello",
            "payload": {},
            "messages": [{"type": "human", "data": {"content": "hello"}}],
        },
    }

    def run(self, ctx: Ctx, config: TriggerConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        text = ctx.trigger.get("text") or ""
        return {
            "text": text,
            "payload": ctx.trigger.get("payload") or {},
            "messages": [{"type": "human", "data": {"content": text}}],
        }
