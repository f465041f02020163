"""What one render may cost, by counting: a thread's render cannot be stopped from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pipelit.errors import ExpressionError

UNITS = 2_000_000
"""Loop turns, produced items and characters that one render may spend in all."""
MAX_BITS = 4096
"""Of a whole number that an operation produces."""
CHARACTERS = 16
"""Of text that one unit pays for."""
BITS = 64
"""Of a whole number that one unit pays for."""
_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def limited() -> Iterator[None]:
    token = _left.set([UNITS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(units: int) -> None:
    """Raises ExpressionError once the render has spent its budget."""
    left = _left.get()
    if left is None:
        return
    left[0] -= units
    if left[0] < 0:
        raise ExpressionError("it costs too much (too many turns of a loop, or too large a result)")


def counted(values: Iterable[Any], cost: int = 1) -> Iterator[Any]:
    """The values, `cost` units each."""
    for value in values:
        spend(cost)
        yield value


def measure(value: Any) -> None:
    """Spend what a value's size is, however deep: shared parts count each time, as they would when written out."""
    if isinstance(value, str):
        spend(size(value))
        return
    if value is None or isinstance(value, (bool, int, float)):
        return
    todo = [value]
    while todo:
        current = todo.pop()
        spend(1)
        if isinstance(current, Mapping):
            todo.extend(current.values())
        elif isinstance(current, (list, tuple)):
            todo.extend(current)
        elif isinstance(current, str):
            spend(len(current) // CHARACTERS)
        elif isinstance(current, int):
            spend(current.bit_length() // BITS)


def size(sequence: Sequence[Any]) -> int:
    """What it costs to copy a text or a list once."""
    return 1 + (len(sequence) // CHARACTERS if isinstance(sequence, str) else len(sequence))


def power(base: Any, exponent: Any) -> Any:
    _numbers("**", base, exponent)
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MAX_BITS:
        raise ExpressionError("the power is too large")
    return base**exponent


def product(left: Any, right: Any) -> Any:
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, (str, list, tuple)) and isinstance(times, int):
            spend(size(sequence) * max(times, 0))
            return sequence * times
    _numbers("*", left, right)
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_BITS:
        raise ExpressionError("the product is too large")
    return left * right


def total(left: Any, right: Any) -> Any:
    for side in (left, right):
        if isinstance(side, (str, list, tuple)):
            spend(size(side))
    return left + right


def remainder(left: Any, right: Any) -> Any:
    _numbers("%", left, right)
    return left % right


def bounded_range(*bounds: int) -> range:
    made = range(*bounds)
    spend(len(made))
    return made


def _numbers(operator: str, *values: Any) -> None:
    for value in values:
        if not isinstance(value, (int, float)):
            raise ExpressionError(f"{operator} takes numbers, not {type(value).__name__}")
