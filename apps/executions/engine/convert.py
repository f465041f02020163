"""What converts to what when a value arrives at an input port."""

from __future__ import annotations

import json
from typing import Any


def convert(value: Any, data_type: str) -> Any:
    """Scalars, objects and lists become text for STRING (JSON for the latter two), texts and objects one human message
    for MESSAGES; anything else arrives as it is."""
    if data_type == "STRING" and not isinstance(value, str) and value is not None:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    if data_type == "MESSAGES":
        return to_messages(value)
    return value


def to_messages(value: Any) -> list[Any]:
    """A list of messages in LangChain's JSON form (`{"type", "data": {"content", ...}}`)."""
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(m, dict) and {"type", "data"} <= m.keys() for m in value):
        return value
    return [{"type": "human", "data": {"content": convert(value, "STRING")}}]
