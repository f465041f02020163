"""trigger_schedule: a schedule is due. The schedules themselves are `apps.schedules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from .handler import Handler


class ScheduleHandler(Handler):
    type = "trigger_schedule"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A run that is due now, with the payload that the node's schedule would give if none is given."""
        return {
            **super().by_hand(config, text, payload or config.get("trigger_payload") or {}),
            "timestamp": timezone.now().isoformat(),
            "schedule": {"id": None, "name": "", "number": None, "retry": 0},
        }
