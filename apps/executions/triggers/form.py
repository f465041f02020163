"""trigger_form: somebody filled in the form at `/forms/{slug}/{path}`. The page itself is `apps/executions/inbound`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .handler import Handler


class FormHandler(Handler):
    type = "trigger_form"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload is what was filled in."""
        said = payload.get("text")
        text = text or (said if isinstance(said, str) else "")
        return {**super().by_hand(config, text, payload), "path": config.get("path") or ""}
