"""trigger_webhook: a call of `/webhooks/{slug}/{path}`. The door itself is `apps/executions/inbound`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.workflows import expressions

from .handler import Handler


class WebhookHandler(Handler):
    type = "trigger_webhook"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A call whose body is the payload, else the text."""
        said = payload.get("text")
        return {
            **super().by_hand(config, text or (said if isinstance(said, str) else ""), payload),
            "body": dict(payload) if payload or not text else text,
            "headers": {},
            "query": {},
            "method": methods(config)[0],
            "path": clean(config.get("path") or ""),
        }

    def matches(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """The path and the method of the call are those of the trigger."""
        same_path = clean(config.get("path") or "") == clean(str(event.get("path", "")))
        return same_path and event.get("method", "POST") in methods(config)

    def reply_to(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The callback address, if the config has one. Raises ExpressionError."""
        if not config.get("callback_url"):
            return None
        url = str(expressions.render(config["callback_url"], {"trigger": event}) or "")
        credential_id = config.get("callback_credential_id")
        return {"channel": "callback", "url": url, "credential_id": credential_id} if url else None


def clean(path: str) -> str:
    return path.strip("/")


def methods(config: Mapping[str, Any]) -> list[str]:
    """The HTTP methods that a trigger takes."""
    return list(config.get("methods") or ["POST"])
