"""Stored JSON on its way out: sealed secrets and what signs the addresses of callbacks become stars, long values their
beginning."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db.models import CharField, F, TextField
from django.db.models.functions import Cast, Left, Length

from apps.executions import addresses

SHOWN = 2_000
"""Characters of a value in a preview."""
LISTED = 16_384
"""Characters up to which a list shows a value whole."""
_SEALED = re.compile(r"\\u27e6sealed:\d+:\d+(?::[0-9a-f]{32})?\\u27e7")


def parsed(text: str | None) -> Any:
    """The value of a JSON column that was read as text."""
    if text is None:
        return None
    return json.loads(_open(text))


def masked(value: Any) -> Any:
    """A value that was parsed already, without sealed references."""
    return parsed(json.dumps(value)) if value is not None else None


def shortened(text: str | None, size: int | None = None, limit: int = SHOWN) -> Any:
    """A value up to `limit` characters of JSON, else its size and beginning. `text` may be cut off at limit + 1, then
    `size` is the whole length."""
    if text is None:
        return None
    size = len(text) if size is None else size
    if size <= limit:
        return parsed(text)
    return {"$truncated": True, "size": size, "preview": _open(text[:SHOWN])}


def _open(text: str) -> str:
    """What everybody who may look may see of a JSON text."""
    return addresses.hidden(_SEALED.sub("****", text) if "\\u27e6sealed" in text else text)


def as_text(column: str) -> Cast:
    """A JSON column as its text."""
    return Cast(F(column), TextField())


def beginning(column: str, limit: int = LISTED) -> Left:
    """The beginning of a JSON column, so that a list does not read large values."""
    return Left(F(column), limit + 1, output_field=CharField())


def length(column: str) -> Length:
    return Length(F(column))
