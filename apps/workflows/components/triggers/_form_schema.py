"""Which JSON Schemas can be shown as a form, and as what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_FIELDS = 100
LONG_TEXT = 200
"""A text that may be longer than this gets several lines."""
FORMATS: Mapping[str, str] = {
    "date": "date", "email": "email", "uri": "url", "url": "url", "textarea": "textarea",
}  # fmt: skip
SIMPLE = {"string": "text", "integer": "integer", "number": "number", "boolean": "checkbox"}


@dataclass(frozen=True)
class Question:
    """One field of a form. `kind`: text, textarea, date, email, url, integer, number, checkbox, choice, choices.
    `options` are (what is stored, what is shown)."""

    name: str
    kind: str
    label: str
    help: str
    required: bool
    schema: Mapping[str, Any]
    options: list[tuple[Any, str]] = field(default_factory=list)

    @property
    def default(self) -> Any:
        return self.schema.get("default")


def questions(schema: Mapping[str, Any]) -> list[Question]:
    """The fields of a sound schema, in order; what cannot be shown is left out (`faults` names it)."""
    required = schema.get("required") or []
    return [
        Question(
            name=name,
            kind=kind,
            label=str(part.get("title") or name.replace("_", " ").capitalize()),
            help=str(part.get("description") or ""),
            required=name in required and (kind != "checkbox" or part.get("const") is True),
            schema=part,
            options=_options(part.get("items") or {}) if kind == "choices" else _options(part),
        )
        for name, part in (schema.get("properties") or {}).items()
        if isinstance(part, dict) and (kind := kind_of(part))
    ]


def kind_of(part: Mapping[str, Any]) -> str:
    """How a property is shown; empty if it cannot be."""
    wanted = part.get("type")
    if wanted == "array":
        items = part.get("items")
        return "choices" if isinstance(items, dict) and _options(items) else ""
    if _options(part):
        return "choice"
    kind = SIMPLE.get(wanted, "") if isinstance(wanted, str) else ""
    if kind == "text":
        kind = FORMATS.get(str(part.get("format", "")), kind)
        if kind == "text" and part.get("maxLength", 0) > LONG_TEXT:
            return "textarea"
    return kind


def faults(schema: Any) -> list[str]:
    """Why a sound JSON Schema is no form, in sentences."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        return ["A form needs fields: give the JSON Schema properties."]
    if len(properties) > MOST_FIELDS:
        return [f"A form has at most {MOST_FIELDS} fields."]
    found = [
        f'The form cannot show "{name}": use string, integer, number, boolean, an enum, or an array with an enum.'
        for name, part in properties.items()
        if not (isinstance(part, dict) and kind_of(part))
    ]
    found += [f'"{name}" begins with _, which is taken: name it otherwise.' for name in properties if name[:1] == "_"]
    missing = [name for name in schema.get("required") or [] if name not in properties]
    return found + [f'"{name}" is required, but is no property.' for name in missing]


def _options(part: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Of an `enum`, or of a `oneOf` of constants with titles."""
    if isinstance(part.get("enum"), list):
        return [(value, str(value)) for value in part["enum"]]
    choices = part.get("oneOf")
    if isinstance(choices, list) and all(isinstance(one, dict) and "const" in one for one in choices):
        return [(one["const"], str(one.get("title", one["const"]))) for one in choices]
    return []
