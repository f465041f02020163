"""trigger_chat: the chat panel and `chat/`. Whoever chats there is signed in: the workflow may be inactive."""

from __future__ import annotations

from .handler import Handler


class ChatHandler(Handler):
    type = "trigger_chat"
    outside = False
