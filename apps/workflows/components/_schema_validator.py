"""The validator of JSON Schema that users' schemas run on: JSON Schema 2020-12 with a counted budget.

A chain of `allOf: [{$ref}, {$ref}]` doubles per level, and no thread can be stopped from outside. So each keyword pays
before it is applied, and messages are cut where they arise. Patterns run on a linear-time engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import attrs
from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators  # type: ignore[import-untyped]
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]
from referencing.jsonschema import DRAFT202012

from apps.workflows import rules
from apps.workflows.expressions import budget
from pipelit.errors import ConfigError

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]

KEYWORD = 8
"""Units that it costs to apply one keyword to one value: about 10 µs."""
REFERENCE = 40
"""What it costs more to look up a reference."""
SHOWN = 300
_DATA = frozenset({"const", "dependentRequired", "enum", "required", "type"})
"""Keywords whose value is compared with, all of it."""
_REFERENCES = frozenset({"$dynamicRef", "$ref"})
_SQUARED = frozenset({"unevaluatedItems", "unevaluatedProperties"})
"""Keywords that look through a list for each item of the value."""


def validator(schema: Any) -> Any:
    """A validator of this schema; its references lead nowhere but into it."""
    resource = DRAFT202012.create_resource(schema)
    uri = resource.id() or ""
    registry = SPECIFICATIONS.with_resource(uri, resource).crawl()  # else each lookup of an anchor would crawl it
    return _Validator(schema, format_checker=_formats, _resolver=registry.resolver(base_uri=uri))


def short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _paid(name: str, keyword: Keyword) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        budget.spend(KEYWORD + (len(wanted) // budget.CHARACTERS if isinstance(wanted, str) else 0))
        if name in _REFERENCES:
            budget.spend(REFERENCE)
        if name in _DATA:
            budget.measure(wanted)
        elif isinstance(wanted, list | dict):
            budget.spend(len(wanted))
        if name in _SQUARED and isinstance(instance, list | dict):
            budget.spend(len(instance) ** 2 // budget.CHARACTERS)
        for error in keyword(validator, wanted, instance, schema) or ():
            budget.spend(len(error.message) // budget.CHARACTERS)
            error.message = short(error.message)
            yield error

    return check


def _found(pattern: str, text: str) -> bool:
    budget.spend(len(text) // budget.CHARACTERS)
    return bool(rules.pattern(pattern).search(text))


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            budget.spend(len(instance))
            for name, value in instance.items():
                if _found(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    budget.spend(len(instance) * (1 + len(patterns)))
    others = [name for name in instance if name not in schema.get("properties", {})]
    extras = [name for name in others if not any(_found(pattern, name) for pattern in patterns)]
    if isinstance(wanted, dict):
        for name in extras:
            yield from validator.descend(instance[name], wanted, path=name)
    elif not wanted and extras:
        verb = "was" if len(extras) == 1 else "were"
        names = ", ".join(map(repr, extras))
        yield ValidationError(f"Additional properties are not allowed ({names} {verb} unexpected)")


def _multiple_of(validator: Any, factor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """By the numbers as they are written: divided as doubles, 19.99 is no multiple of 0.01."""
    if not validator.is_type(instance, "number"):
        return
    try:
        is_multiple = Fraction(repr(instance)) % Fraction(repr(factor)) == 0
    except ValueError:  # an infinite one
        is_multiple = False
    if not is_multiple:
        yield ValidationError(f"{instance!r} is not a multiple of {factor!r}")


def _unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """In linear time."""
    if wanted and isinstance(instance, list):
        budget.measure(instance)
        if len({repr(_canonical(item)) for item in instance}) < len(instance):
            yield ValidationError(f"{instance!r} has non-unique elements")


def _canonical(value: Any) -> Any:
    """The same for values that JSON Schema calls equal: 1 and 1.0, objects whatever the order of their names."""
    if isinstance(value, dict):
        return {name: _canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _evolved(validator: Any, **changes: Any) -> Any:
    """As the library's, which takes another validator where a part of the schema names another `$schema`."""
    return attrs.evolve(validator, **changes)


_formats = FormatChecker(formats=())


@_formats.checks("regex", raises=ConfigError)  # type: ignore[untyped-decorator]
def _is_pattern(value: object) -> bool:
    return not isinstance(value, str) or bool(rules.pattern(value))


_OWN: Mapping[str, Keyword] = {
    "additionalProperties": _additional_properties,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "uniqueItems": _unique_items,
}
_Validator: Any = validators.extend(
    Draft202012Validator,
    {name: _paid(name, keyword) for name, keyword in {**Draft202012Validator.VALIDATORS, **_OWN}.items()},
)
_Validator.evolve = _evolved
META_SCHEMA: Mapping[str, Any] = _Validator.META_SCHEMA
