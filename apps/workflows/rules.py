"""Rules: one typed comparison each, for switch, filter and assertion. Pure.

Types are compared as typed values: numbers as numbers if either side is one or both look like one, times as times,
booleans also with the words "true" and "false". A naive time is UTC. A regex searches, on a linear-time engine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

import re2
from pydantic import BaseModel, ConfigDict, Field

from pipelit.errors import ConfigError

Operator = Literal[
    "exists", "does_not_exist", "is_empty", "is_not_empty",
    "equals", "not_equals", "contains", "not_contains",
    "starts_with", "not_starts_with", "ends_with", "not_ends_with", "matches_regex", "not_matches_regex",
    "gt", "lt", "gte", "lte",
    "after", "before", "after_or_equal", "before_or_equal",
    "is_true", "is_false",
    "length_eq", "length_neq", "length_gt", "length_lt", "length_gte", "length_lte",
]  # fmt: skip
OPERATORS: tuple[str, ...] = Operator.__args__  # type: ignore[attr-defined]
NEGATIONS: Mapping[str, str] = {
    "does_not_exist": "exists", "is_empty": "is_not_empty", "not_equals": "equals", "not_contains": "contains",
    "not_starts_with": "starts_with", "not_ends_with": "ends_with", "not_matches_regex": "matches_regex",
    "length_neq": "length_eq",
}  # fmt: skip
"""True for a path that leads nowhere, as the operator that each negates is false for it."""
MAX_PATTERN = 1_000


class Rule(BaseModel):
    """`field` is a dotted path; `value` is what it is compared with."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field("", max_length=200, title="Id", description="What an edge of a switch names.")
    label: str = Field("", max_length=200, title="Label", description="How the canvas names this way out.")
    field: str = Field("", max_length=500, title="Field", description="The path of the value to look at.")
    operator: Operator = Field("equals", title="Operator", description="How to compare.")
    value: Any = Field(None, title="Value", description="What to compare with.")


def evaluate(operator: str, left: Any, right: Any = None, *, missing: bool = False) -> bool:
    """Whether `left operator right`. `missing`: the path of `left` leads nowhere. Raises ConfigError for a rule that
    cannot be: an unknown operator, a bad pattern, a bound that is no number or no time."""
    if operator not in OPERATORS:
        raise ConfigError(f'There is no operator "{operator}". Known: {", ".join(OPERATORS)}.')
    if missing:
        return operator in NEGATIONS
    if operator == "exists":
        return True
    if operator == "does_not_exist":
        return False
    if operator == "is_empty":
        return _is_empty(left)
    if operator in ("is_true", "is_false"):
        return _boolean(left) is (operator == "is_true")
    if operator.startswith("not_"):
        return not _TESTS[operator.removeprefix("not_")](left, right)
    return _TESTS[operator](left, right)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and not value)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def _number(value: Any) -> float | int | None:
    """The number that a value is or looks like; None for booleans and everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and 0 < len(value) <= 100 and "_" not in value:  # 1_000 is Python, not a number
        for kind in (int, float):
            try:
                found = kind(value)
            except ValueError:
                continue
            return found if abs(found) != float("inf") and found == found else None
    return None


def _equals(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        first, second = _boolean(left), _boolean(right)
        return first is not None and first is second
    first_number, second_number = _number(left), _number(right)
    if first_number is not None and second_number is not None:
        return first_number == second_number
    return bool(left == right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return _text(right) in left
    if isinstance(left, Mapping):
        return _text(right) in left
    if isinstance(left, (list, tuple)):
        return any(_equals(item, right) for item in left)
    return False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _searches(left: Any, right: Any) -> bool:
    compiled = pattern(_text(right))
    searchable = left is not None and not isinstance(left, (list, Mapping))
    return searchable and bool(compiled.search(_text(left)))


@lru_cache(maxsize=512)
def pattern(source: str) -> Any:
    """A compiled regular expression; raises ConfigError that says what is wrong with it."""
    if len(source) > MAX_PATTERN:
        raise ConfigError(f"A pattern has at most {MAX_PATTERN} characters.")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ConfigError(f"The pattern {source!r} cannot be used: {reason}.") from None


def _bounded(right: Any) -> float | int:
    found = _number(right)
    if found is None:
        raise ConfigError(f"A number is compared with {right!r}, which is none.")
    return found


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        number, bound = _number(left), _bounded(right)
        return number is not None and test(number, bound)

    return compare


def _dated(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        moment, bound = _moment(left), _moment(right)
        if bound is None:
            raise ConfigError(f"A time is compared with {right!r}, which is none. Write it as 2026-01-31T12:00:00Z.")
        return moment is not None and test(moment, bound)

    return compare


def _measured(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        bound = _bounded(right)
        return isinstance(left, (str, list, tuple, Mapping)) and test(len(left), bound)

    return compare


def _moment(value: Any) -> dt.datetime | None:
    """A time from ISO 8601 (a date is its midnight; naive is UTC) or from seconds since 1970."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    try:
        if number is not None:
            return dt.datetime.fromtimestamp(number, dt.UTC)
        found = dt.datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is_not_empty": lambda left, right: not _is_empty(left),
    "equals": _equals,
    "contains": _contains,
    "starts_with": lambda left, right: isinstance(left, (str, int, float)) and _text(left).startswith(_text(right)),
    "ends_with": lambda left, right: isinstance(left, (str, int, float)) and _text(left).endswith(_text(right)),
    "matches_regex": _searches,
    "gt": _compared(lambda a, b: a > b),
    "lt": _compared(lambda a, b: a < b),
    "gte": _compared(lambda a, b: a >= b),
    "lte": _compared(lambda a, b: a <= b),
    "after": _dated(lambda a, b: a > b),
    "before": _dated(lambda a, b: a < b),
    "after_or_equal": _dated(lambda a, b: a >= b),
    "before_or_equal": _dated(lambda a, b: a <= b),
    "length_eq": _measured(lambda a, b: a == b),
    "length_neq": lambda left, right: not _measured(lambda a, b: a == b)(left, right),
    "length_gt": _measured(lambda a, b: a > b),
    "length_lt": _measured(lambda a, b: a < b),
    "length_gte": _measured(lambda a, b: a >= b),
    "length_lte": _measured(lambda a, b: a <= b),
}
