"""The documentation pages of components, made from what they declare."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import registry
from .base import Category, Component, NodeConfig, Port, StepConfig

INDEX = "README.md"
HEADINGS = {
    Category.TRIGGER: "Triggers",
    Category.AI: "AI",
    Category.MODEL: "Models",
    Category.LOGIC: "Logic",
    Category.TOOL: "Tools",
    Category.MEMORY: "Memory",
    Category.PLATFORM: "Platform",
}
EFFECTS = {
    "pure": "changes nothing outside; after a crash it runs again",
    "idempotent": "safe to repeat; after a crash it runs again",
    "unsafe": "may change the world; after a crash it does not silently run again (see *If the outcome is unknown*)",
}
GENERATED = "<!-- Generated from the component's file by `manage.py component_docs`; edit that file instead. -->"


def pages(components: Mapping[str, Component]) -> dict[str, str]:
    """The text of every page by file name, and the index."""
    made = {f"{name}.md": page(component) for name, component in components.items()}
    return made | {INDEX: index(components)}


def index(components: Mapping[str, Component]) -> str:
    parts = [GENERATED, "# Components", "Every node type, by its place in the palette."]
    for category, heading in HEADINGS.items():
        members = [c for c in components.values() if c.category is category]
        if members:
            rows = [[f"[{c.type}]({c.type}.md)", c.label, _summary(c)] for c in members]
            parts += [f"## {heading}", _table(("type", "label", "what it does"), rows)]
    return "\n\n".join(parts) + "\n"


def page(component: Component) -> str:
    """The page of one component: text, ports, attachments, fields, effect, example."""
    parts = [GENERATED, f"# {component.label}", f"`{component.type}`, version {component.version}", _docs(component)]
    if component.inputs:
        parts += ["## Inputs", _ports(component.inputs)]
    if component.outputs:
        parts += ["## Outputs", _ports(component.outputs)]
    if attachments := registry.attachments(component):
        rows = [
            [f"`{a.label}`", "yes" if a.required else "", "many" if a.many else "one", a.description]
            for a in attachments
        ]
        parts += ["## Attachments", _table(("edge", "required", "how many", "what for"), rows)]
    if component.attaches_as:
        parts.append(f"Can be attached to another node by a `{component.attaches_as}` edge.")
    parts += ["## Settings", _settings(component), "## Example", _example(component)]
    if component.executable:
        parts += ["## Running it again", f"This step {EFFECTS[component.effect]}."]
    return "\n\n".join(parts) + "\n"


def _docs(component: Component) -> str:
    return inspect.cleandoc(type(component).__doc__ or "")


def _summary(component: Component) -> str:
    return " ".join(_docs(component).split("\n\n")[0].split())


def _ports(ports: Sequence[Port]) -> str:
    rows = [[f"`{p.name}`", p.data_type.value, "yes" if p.required else "", p.description + _filled(p)] for p in ports]
    return _table(("port", "type", "required", "what it is"), rows)


def _filled(port: Port) -> str:
    names = " or ".join(f"`{name}`" for name in port.filled_by)
    return f" Can be filled by {names} instead of an edge." if names else ""


def _settings(component: Component) -> str:
    schema = component.Config.model_json_schema()
    shared = {name for name in StepConfig.model_fields if _is_shared(name, component.Config)}
    own = {name: field for name, field in schema["properties"].items() if name not in shared}
    rows = [_setting(name, field, schema) for name, field in own.items()]
    text = (
        _table(("field", "title", "type", "default", "expressions", "what it does"), rows)
        if rows
        else "None of its own."
    )
    if shared:
        text += "\n\nAnd, like every step: " + ", ".join(f"`{name}`" for name in sorted(shared)) + "."
    return text


def _is_shared(name: str, config: type[NodeConfig]) -> bool:
    """Whether a field is the one that every step has, and not redefined by the component."""
    field, own = StepConfig.model_fields[name], config.model_fields.get(name)
    return own is not None and (own.default, own.description) == (field.default, field.description)


def _setting(name: str, field: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    default = json.dumps(field["default"], ensure_ascii=False) if field.get("default") is not None else ""
    return [
        f"`{name}`",
        field.get("title", ""),
        _type(field, schema),
        f"`{default}`" if default not in ("", '""') else "",
        "yes" if field.get("expression") else "",
        field.get("description", "") + _limits(field),
    ]


def _type(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _type(schema["$defs"][field["$ref"].rpartition("/")[2]], schema)
    if "enum" in field:
        words = field.get("words", {})
        return ", ".join(f"`{value}`" + (f" ({words[value]})" if value in words else "") for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        return " or ".join(_type(option, schema) for option in field["anyOf"] if option.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_type(field['items'], schema)}" if field.get("items") else "list"
    return str(field.get("type", "any"))


def _limits(field: Mapping[str, Any]) -> str:
    option = next((o for o in field.get("anyOf", ()) if o.get("type") != "null"), field)
    words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    said = [f"{words[name]} {option[name]:g}" for name in words if name in option]
    return f" ({', '.join(said)})" if said else ""


def _example(component: Component) -> str:
    shown = {name: component.example[name] for name in ("config", "inputs", "output") if name in component.example}
    return "```json\n" + json.dumps(shown, indent=2, ensure_ascii=False) + "\n```"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Text fit for a table: one line, bars escaped, and braces that no site generator takes for a template."""
    return " ".join(text.split()).replace("|", "\\|")
