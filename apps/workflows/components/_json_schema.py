"""JSON Schemas that users write: are they sound, and does a value fit?

Patterns run on a linear-time engine, and references outside the schema are refused: neither a hostile pattern nor a
fetch of some address may come in by a schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import re2
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator,
    SchemaError,
    ValidationError,
    validators,
)
from referencing import Registry
from referencing.exceptions import Unresolvable

from pipelit.errors import ConfigError

MAX_ERRORS = 5


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if re2.search(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


_Validator: Any = validators.extend(
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)


def fault(schema: Any) -> str | None:
    """Why this is no JSON Schema, in a sentence; None if it is one."""
    if not isinstance(schema, dict):
        return "A JSON Schema is an object."
    try:
        _Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        return f"This is no JSON Schema: {error.message}{f' (at {where})' if where else ''}."
    return None


def field_faults(config: Mapping[str, Any], *names: str) -> list[tuple[str, str]]:
    """For `Component.check`: the faults of those config fields that hold schemas."""
    return [(name, found) for name in names if config.get(name) and (found := fault(config[name]))]


def errors(schema: Mapping[str, Any], value: Any) -> list[str]:
    """How `value` fails the schema, at most five sentences without full stop; [] if it fits. Raises ConfigError for a
    schema that is none."""
    found = fault(schema)
    if found:
        raise ConfigError(found)
    return [
        f"{'.'.join(misfit.path)}: {misfit.message}" if misfit.path else misfit.message
        for misfit in islice(misfits(schema, value), MAX_ERRORS)
    ]


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where and by which keyword of the schema a value fails; `wanted` is the keyword's value."""

    path: tuple[str, ...]
    keyword: str
    wanted: Any
    message: str


def misfits(schema: Mapping[str, Any], value: Any) -> Iterator[Misfit]:
    """How `value` fails a sound schema. Raises ConfigError for one that cannot be applied."""
    try:
        for error in _Validator(schema, registry=Registry()).iter_errors(value):
            path = tuple(str(part) for part in error.absolute_path)
            yield Misfit(path, str(error.validator), error.validator_value, _short(error.message))
    except (Unresolvable, RecursionError, re2.error) as error:
        raise ConfigError(f"The JSON Schema cannot be applied: {error}.") from error


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + "..."
