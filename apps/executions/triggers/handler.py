"""What a kind of trigger adds to the common rules of resolution: one handler per type, the default for all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Handler:
    """Decides whether a trigger of its type takes an event. Pure: configs and events are values."""

    type: str = ""
    outside: bool = True
    """Whether its events come from outside, so that an inactive workflow refuses them."""

    def matches(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """Whether a trigger with this flat config takes the event."""
        return True

    def reply_to(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The address ({"channel", ...}) of what the execution says; None if nobody waits for it outside."""
        return None

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The event of Run: shaped like what comes by the trigger's own door, so that a draft can be tried."""
        return {"text": text, "payload": dict(payload)}

    def edited(self, event: Mapping[str, Any], ports: Mapping[str, Any]) -> dict[str, Any]:
        """The event whose trigger gave these outputs instead: `{{ trigger }}` and the step agree."""
        return {**event, **ports}
