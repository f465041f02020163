"""What tests of expressions share."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.expressions import render
from pipelit.errors import ExpressionError

SCOPE: dict[str, Any] = {
    "calc": {"n": 7, "f": 1.5, "no": None, "yes": True, "text": "seven", "items": [1, 2, 3], "d": {"a": {"b": [10]}}},
    "rows": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 3}],
    "big": "x" * 1000,
    "trigger": {"text": "hello", "payload": {"name": "Ada"}},
}


def refusal(template: str, scope: dict[str, Any] | None = None) -> str:
    """Why it is refused. Without a budget an attack would take until the test's time-out."""
    with pytest.raises(ExpressionError) as caught:
        render(template, SCOPE if scope is None else scope)
    assert caught.value.code == "expression_error"
    return caught.value.detail
