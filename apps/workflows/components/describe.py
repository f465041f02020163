"""A component as the node-type API shows it; the editor's palette and form derive from this."""

from __future__ import annotations

import inspect
from typing import Any

from . import registry
from .base import Category, Component, Port

COLORS = {
    Category.TRIGGER: "orange",
    Category.AI: "purple",
    Category.MODEL: "blue",
    Category.LOGIC: "indigo",
    Category.TOOL: "green",
    Category.MEMORY: "amber",
    Category.PLATFORM: "teal",
}


def describe(component: Component) -> dict[str, Any]:
    """The node-type shape of the API."""
    docs = inspect.cleandoc(component.__doc__ or "")
    return {
        "component_type": component.type,
        "label": component.label,
        "description": docs.split("\n\n")[0].replace("\n", " ").replace("`", ""),
        "docs": docs,
        "category": str(component.category),
        "icon": component.icon,
        "color": COLORS[component.category],
        "version": component.version,
        "inputs": [_port(port) for port in component.inputs],
        "outputs": [_port(port) for port in component.outputs],
        "attachments": [
            {"label": a.label, "required": a.required, "many": a.many, "description": a.description}
            for a in registry.attachments(component)
        ],
        "attaches_as": component.attaches_as,
        "executable": component.executable,
        "is_trigger": component.is_trigger(),
        "effect": str(component.effect),
        "forks": component.forks,
        "loops": component.loops,
        "config_schema": component.Config.model_json_schema(by_alias=True),
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "data_type": str(port.data_type),
        "required": port.required,
        "description": port.description,
        "filled_by": list(port.filled_by),
    }
