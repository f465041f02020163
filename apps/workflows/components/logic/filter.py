from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from apps.workflows import expressions
from apps.workflows.rules import Rule
from pipelit.errors import ConfigError

from .. import base
from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig
from ._rules import RULES_HELP, blank_rules, holds, path_faults


class FilterConfig(StepConfig):
    rules: list[Rule] = base.field(
        list,
        title="Rules",
        help="An item stays if all rules are true of it. " + RULES_HELP.format(path="in the item: score, user.age"),
        widget="rules",
        expression=True,
        max_length=100,
    )
    source_node: str = base.field(
        "",
        title="Source node",
        help="The earlier node that holds the list; empty: what the edge brings.",
        widget="node",
        max_length=63,
    )
    field: str = base.field("", title="Field", help="The path to the list in that node's outputs.", max_length=500)


class Filter(Component):
    """Keeps the items of a list of which all rules are true.

    A rule's field is a path into the item (`score`, `user.age`); an empty field is the item itself. Without rules
    everything stays.
    """

    type = "filter"
    label = "Filter"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "filter"
    inputs = (Port("input", DataType.ARRAY, required=True, description="The list.", filled_by=("source_node",)),)
    outputs = (Port("filtered", DataType.ARRAY, description="The items that stay, in their order."),)
    Config = FilterConfig
    quick = True
    example = {
        "config": {"rules": [{"id": "r", "field": "score", "operator": "gte", "value": "9"}]},
        "inputs": {"input": [{"score": 10}, {"score": "9"}, {"score": 8}, {}]},
        "output": {"filtered": [{"score": 10}, {"score": "9"}]},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return path_faults(config.get("rules"))

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return blank_rules(config.get("rules"), of_items=True)

    def run(self, ctx: Ctx, config: FilterConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        items = self._items(ctx, config, inputs)
        kept = [item for item in items if all(holds(rule, partial(_at, item)) for rule in config.rules)]
        return {"filtered": kept}

    def _items(self, ctx: Ctx, config: FilterConfig, inputs: Mapping[str, Any]) -> list[Any]:
        value = inputs.get("input")
        if config.source_node:
            path = ".".join(part for part in (config.source_node, config.field) if part)
            try:
                value = ctx.lookup(path)
            except LookupError as error:
                raise ConfigError(f'The filter "{ctx.node_id}" finds no list at {path!r}: {error}') from error
        if value is None:
            return []
        if not isinstance(value, list):
            raise ConfigError(
                f'The filter "{ctx.node_id}" needs a list but got {type(value).__name__}: choose the node '
                "(source_node) and the path (field) that hold one."
            )
        return value


def _at(item: Any, path: str) -> Any:
    return expressions.lookup(item, path) if path else item
