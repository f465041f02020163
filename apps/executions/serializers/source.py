"""`source`: how an execution was started, so that a run to try a draft out is told from one by its trigger's door."""

from __future__ import annotations

import re

SOURCES = ("hand", "door", "schedule", "workflow", "error")
DOORS = frozenset({"trigger_webhook", "trigger_form", "trigger_telegram", "trigger_chat"})
_BY_KEY = {"sched": "schedule", "schedule": "schedule", "child": "workflow", "error": "error"}


def of(idempotency_key: str | None, trigger_type: str) -> str:
    """Every way but the doors' names itself at the beginning of the idempotency key."""
    if idempotency_key is None:
        return "door" if trigger_type in DOORS else "hand"
    return _BY_KEY.get(re.split("[:-]", idempotency_key)[0], "hand")
