"""trigger_telegram: a message to a bot. What bots are told is read by `apps/executions/telegram`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.workflows import rules
from pipelit.errors import Invalid

from .handler import Handler


class TelegramHandler(Handler):
    type = "trigger_telegram"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A message with this text; the payload is what else Telegram would send with it."""
        from apps.executions.telegram import message  # what bots are told stands on the resolver of triggers

        said = {"message_id": 0, "from": {"id": 0, "is_bot": False}, "chat": {"id": 0, "type": "private"}, **payload}
        try:
            return message.event_of(config.get("credential_id"), said | ({"text": text} if text else {}))
        except (AttributeError, KeyError, TypeError, ValueError):
            sentence = "The payload is no message as Telegram sends it: its `from`, `chat` or files are not right."
            raise Invalid(sentence, code="payload_mismatch", fields={"payload": [sentence]}) from None

    def matches(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """The bot, the sender, the command and the pattern are those of the trigger."""
        if config.get("credential_id") != event.get("credential_id"):
            return False
        allowed = config.get("allowed_user_ids") or []
        if allowed and event["payload"]["from"]["id"] not in allowed:
            return False
        command = str(config.get("command") or "").lstrip("/").lower()
        if command and event.get("command") != command:
            return False
        pattern = config.get("pattern")
        return not pattern or rules.evaluate("matches_regex", str(event.get("text") or ""), pattern)

    def reply_to(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The chat, in answer to the message."""
        return {
            "channel": "telegram", "credential_id": event["credential_id"], "chat_id": event["chat_id"],
            "message_id": event["message_id"],
        }  # fmt: skip
