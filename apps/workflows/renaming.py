"""Renaming a node: everything in the configs of its workflow that names it follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import expressions
from .models import ComponentConfig

PATHS = frozenset({"field", "condition_field"})
"""Fields that hold a dotted path into the expression context."""
NODES = frozenset({"source_node", "source_nodes"})
RELATIVE = frozenset({"filter"})
"""Components whose paths start at an item, not at a node."""


def rename(config: ComponentConfig, old: str, new: str) -> bool:
    """Rewrite a config in place; whether anything changed."""
    paths = config.component_type not in RELATIVE
    before = [config.extra_config, config.trigger_config, config.system_prompt]
    config.extra_config = _walk(config.extra_config, old, new, paths)
    config.trigger_config = _walk(config.trigger_config, old, new, paths)
    if config.system_prompt:
        config.system_prompt = _text(config.system_prompt, old, new)
    return before != [config.extra_config, config.trigger_config, config.system_prompt]


def _walk(value: Any, old: str, new: str, paths: bool, key: str = "") -> Any:
    if isinstance(value, dict):
        inner: Callable[[str], str] = (lambda name: "field") if key == "input_mapping" else str
        return {name: _walk(item, old, new, paths, inner(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, old, new, paths, key) for item in value]
    if not isinstance(value, str):
        return value
    if key in NODES:
        return new if value == old else value
    if key in PATHS and paths and not expressions.is_expression(value):
        return re.sub(rf"^((?:node_outputs\.)?){re.escape(old)}(?=\.|$)", rf"\g<1>{new}", value)
    return _text(value, old, new)


def _text(value: str, old: str, new: str) -> str:
    return expressions.rename(value, old, new) if expressions.is_expression(value) else value
