"""Text fields that take what an expression gives."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator


def to_text(value: Any) -> Any:
    """As at a STRING port: scalars by `str`, objects and lists as JSON, null as an empty text."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, (bool, int, float)) else value


Text = Annotated[str, BeforeValidator(to_text)]
"""A text; `{{ calc.output }}` may be a number or an object, whose text is meant then."""
