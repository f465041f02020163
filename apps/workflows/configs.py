"""A node's config: flat inside, in three places on the wire, validated by the component's `Config`.

On the wire the fields that a family has as columns stand at the top level, a trigger's matching rules in
`trigger_config`, and the component's own fields in `extra_config`. Inside, all of them are one flat dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pipelit.errors import ConfigError

from . import expressions
from .components.base import FAMILY_FIELDS, Component, NodeConfig

NESTED = ("trigger_config", "extra_config")


@dataclass(frozen=True)
class Faults:
    """Sentences by field: `errors` are refused, `missing` is merely unfinished."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)


@cache
def fields_of(config: type[NodeConfig]) -> Mapping[str, FieldInfo]:
    """The fields by wire name."""
    return {info.alias or name: info for name, info in config.model_fields.items()}


def hint(info: FieldInfo, name: str, default: Any = None) -> Any:
    extra = info.json_schema_extra
    return extra.get(name, default) if isinstance(extra, dict) else default


def credential_ids(config: Any) -> set[int]:
    """The credentials that a config names, however deep."""
    if isinstance(config, Mapping):
        named = {value for name, value in config.items() if name.endswith("credential_id") and isinstance(value, int)}
        return named.union(*map(credential_ids, config.values()))
    return set().union(*map(credential_ids, config)) if isinstance(config, list) else set()


def columns(component: Component) -> tuple[str, ...]:
    """The fields of a component that are columns of its family."""
    known = fields_of(component.Config)
    return tuple(name for name in FAMILY_FIELDS.get(component.family, ()) if name in known)


def flatten(wire: Mapping[str, Any], component: Component) -> dict[str, Any]:
    """From the wire to flat. What cannot be a field is kept, so that validation names it."""
    flat: dict[str, Any] = {}
    for place in NESTED:
        given = wire.get(place)
        if given is not None:
            flat |= given if isinstance(given, Mapping) else {place: given}
    return flat | {name: value for name, value in wire.items() if name not in NESTED and value is not None}


def unflatten(flat: Mapping[str, Any], component: Component) -> dict[str, Any]:
    """From flat to the wire; what the component's family does not have is absent."""
    top = columns(component)
    wire: dict[str, Any] = {name: flat.get(name) for name in top}
    nested: dict[str, dict[str, Any]] = {"extra_config": {}}
    if component.is_trigger():
        nested["trigger_config"] = {}
    known = fields_of(component.Config)
    for name, value in flat.items():
        if name not in top:
            place = hint(known[name], "location", "extra_config") if name in known else "extra_config"
            nested.setdefault(place, {})[name] = value
    return wire | nested


def faults(component: Component, flat: Mapping[str, Any]) -> Faults:
    """What is wrong with an unrendered config. A string that holds an expression passes any type where expressions are
    allowed."""
    found = Faults()
    try:
        component.Config.model_validate(dict(flat))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name = str(item["loc"][0]) if item["loc"] else "config"
            if item["type"] == "missing" and len(item["loc"]) == 1:
                found.missing.setdefault(name, []).append(_sentence(component, name, "is not filled in"))
            elif not _is_allowed_expression(component, name, item):
                path = ".".join(map(str, item["loc"][1:]))
                found.errors.setdefault(name, []).append(f"{path}: {item['msg']}" if path else str(item["msg"]))
    for name, sentence in component.check(flat):
        found.missing.setdefault(name, []).append(sentence)
    for name, info in fields_of(component.Config).items():
        if hint(info, "expression"):
            for text in strings(flat.get(name)):
                problem = expressions.syntax_error(text)
                if problem:
                    found.missing.setdefault(name, []).append(problem)
    return found


def parse(component: Component, flat: Mapping[str, Any]) -> Any:
    """The validated config of a rendered flat one; raises ConfigError that names field, value and cause."""
    try:
        return component.Config.model_validate(dict(flat))
    except ValidationError as error:
        item = error.errors(include_url=False)[0]
        name = ".".join(map(str, item["loc"])) or "config"
        if item["type"] == "missing":
            raise ConfigError(_sentence(component, name, "is not filled in")) from None
        shown = repr(item["input"])
        shown = shown if len(shown) <= 100 else shown[:100] + "..."
        raise ConfigError(_sentence(component, name, f"does not take {shown}: {item['msg']}")) from None


def _sentence(component: Component, name: str, what: str) -> str:
    info = fields_of(component.Config).get(name.split(".")[0])
    title = f' ("{info.title}")' if info and info.title else ""
    return f"Field {name!r}{title} of {component.label} {what}."


def _is_allowed_expression(component: Component, name: str, item: Any) -> bool:
    info = fields_of(component.Config).get(name)
    if info is None or not hint(info, "expression"):
        return False
    return isinstance(item.get("input"), str) and expressions.is_expression(item["input"])


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return []
