"""Model fields of our own."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import models


def dumps(value: Any) -> str:
    """JSON text, compact and strict: raises ValueError for NaN and infinities, TypeError for what is no JSON."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


MAX_DEPTH = 200
"""Levels of a JSON value. What holds it and what it is shown with add some; Python's own limit comes at about 900."""


MAX_SIZE = 20_000_000
"""Items and characters of a JSON value, written out: what is shared counts wherever it stands."""


MAX_BITS = 1023
"""Of a whole number: what is larger is infinite to readers for whom all numbers are doubles, browsers among them."""


def excess(value: Any) -> str | None:
    """In what a value is too much to be written out as JSON, by its levels, its size or its numbers; None if it may
    be."""
    items: Iterable[Any] = [value]
    size = 0
    for _ in range(MAX_DEPTH):
        level = []
        for item in items:
            if isinstance(item, (dict, list, tuple, str)):
                level.append(item)
            elif isinstance(item, int) and item.bit_length() > MAX_BITS:
                return "it has a whole number of more than 308 digits"
            elif isinstance(item, float) and not math.isfinite(item):
                return "it has a number that is none, or too large"
        if not level:
            return None
        size += sum(map(len, level))  # before the next level is looked at, which may be that long
        if size > MAX_SIZE:
            return f"it has more than {MAX_SIZE // 1_000_000} million items and characters"
        items = chain.from_iterable(
            one.values() if isinstance(one, dict) else one for one in level if not isinstance(one, str)
        )
    too_deep = any(isinstance(item, (dict, list, tuple, str)) for item in items)
    return f"it has more than {MAX_DEPTH} levels" if too_deep else None


def storable(text: str) -> str:
    """A text that every database takes as it is: without NUL characters, and without halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class JSONTextField(TextField):
    """Any JSON value, kept as text: exact (big numbers, NUL characters), never queried into, no parsing in the
    database."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else dumps(value)

    def value_to_string(self, obj: models.Model) -> str:
        return dumps(self.value_from_object(obj))
