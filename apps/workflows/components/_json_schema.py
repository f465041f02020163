"""JSON Schemas that users write: are they sound, and does a value fit?

References outside the schema are refused, and what a check may cost is counted: neither a fetch of some address nor an
endless check may come in by a schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema import ValidationError  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable

from apps.workflows.expressions import budget
from pipelit.errors import ConfigError, ExpressionError

from ._schema_validator import META_SCHEMA, short, validator

MAX_ERRORS = 5
MAX_MISFITS = 100
_UNUSABLE = (Unresolvable, RecursionError, ValueError, TypeError, LookupError, AttributeError)
"""What a reference into the nowhere of a schema may raise."""


def fault(schema: Any) -> str | None:
    """Why this is no JSON Schema, in a sentence; None if it is one."""
    if not isinstance(schema, dict):
        return "A JSON Schema is an object."
    if _names(schema) >= {"patternProperties", "unevaluatedProperties"}:
        return "A JSON Schema with both patternProperties and unevaluatedProperties cannot be applied here."
    try:
        with _applied():
            error: ValidationError | None = next(validator(META_SCHEMA).iter_errors(schema), None)
    except ConfigError as too_much:
        return too_much.detail
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return f"This is no JSON Schema: {error.message}{f' (at {where})' if where else ''}."


def field_faults(config: Mapping[str, Any], *names: str) -> list[tuple[str, str]]:
    """For `Component.check`: the faults of those config fields that hold schemas."""
    return [(name, found) for name in names if config.get(name) and (found := fault(config[name]))]


def errors(schema: Mapping[str, Any], value: Any) -> list[str]:
    """How `value` fails the schema, at most five sentences without full stop; [] if it fits. Raises ConfigError for a
    schema that is none."""
    return [
        f"{'.'.join(misfit.path)}: {misfit.message}" if misfit.path else misfit.message
        for misfit in misfits(schema, value, MAX_ERRORS)
    ]


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where and by which keyword of the schema a value fails; `wanted` is the keyword's value."""

    path: tuple[str, ...]
    keyword: str
    wanted: Any
    message: str


def misfits(schema: Mapping[str, Any], value: Any, most: int = MAX_MISFITS) -> Sequence[Misfit]:
    """How `value` fails the schema. Raises ConfigError for one that is none, or that costs too much to apply."""
    found = fault(schema)
    if found:
        raise ConfigError(found)
    with _applied():
        return [
            Misfit(
                tuple(str(part) for part in error.absolute_path),
                str(error.validator),
                error.validator_value,
                short(error.message),
            )
            for error in islice(validator(schema).iter_errors(value), most)
        ]


@contextmanager
def _applied() -> Iterator[None]:
    """A schema is applied within, on a budget. Raises ConfigError where that cannot be done."""
    try:
        with budget.limited():
            yield
    except ExpressionError:
        raise ConfigError(
            "The JSON Schema cannot be applied: it takes too many steps. Make the schema or the value smaller."
        ) from None
    except _UNUSABLE as error:
        raise ConfigError(f"The JSON Schema cannot be applied: {short(str(error))}.") from error


def _names(schema: Any) -> set[str]:
    """All names in the schema, however deep."""
    found: set[str] = set()
    todo = [schema]
    while todo:
        current = todo.pop()
        if isinstance(current, dict):
            found.update(current)
            todo.extend(current.values())
        elif isinstance(current, list):
            todo.extend(current)
    return found
