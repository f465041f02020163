"""trigger_chat: the chat panel and `chat/`. Whoever chats there is signed in: the workflow may be inactive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .handler import Handler


class ChatHandler(Handler):
    type = "trigger_chat"
    outside = False

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A message in no conversation."""
        return {**super().by_hand(config, text, payload), "conversation_id": ""}
