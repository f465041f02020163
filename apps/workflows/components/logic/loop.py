from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import ConfigError, UserError

from .. import base
from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig


class LoopConfig(StepConfig):
    items: Any = base.field(
        None,
        title="Items",
        help="The list to go through, as an expression: {{ gen.output }}. Empty: what the edge brings.",
        widget="expression",
        expression=True,
    )
    source_node: str = base.field(
        "",
        title="Source node",
        help="Instead of an expression: the earlier node that holds the list ...",
        widget="node",
        max_length=63,
    )
    field: str = base.field("", title="Field", help="... and the path to the list in its outputs.", max_length=500)
    concurrency: int = base.field(
        1, title="At once", help="How many items are worked on at the same time. 1: one after another.", ge=1, le=100
    )
    on_error: Literal["stop", "continue"] = base.field(
        "stop",
        title="If an item fails",
        help="Fail the loop, or go on with the error in the place of that item's result.",
    )
    max_items: int = base.field(
        1000, title="Most items", help="A longer list fails the loop before its first item.", ge=1, le=10_000
    )


class Loop(Component):
    """Runs its body once for every item of a list.

    Draw an edge from *each item* (its label is `loop_body`) to the first node of the body, and one from its last back
    to the loop's lower border (`loop_return`). What hangs on *done* runs once, after the last item. In the body,
    `{{ loop.item }}`, `{{ loop.index }}` (from 0) and `{{ loop.total }}` are there, in a loop within a loop also
    `{{ loop.parent.item }}`. `results` holds, in the order of the items, what the returning node gave.

    An empty value gives no iteration; an object, a text or a number is one item.
    """

    type = "loop"
    label = "Loop"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "repeat"
    loops = True
    inputs = (
        Port("items", DataType.ARRAY, required=True, description="The list.", filled_by=("items", "source_node")),
    )
    outputs = (Port("results", DataType.ARRAY, description="One result per item, in order."),)
    Config = LoopConfig
    quick = True
    example = {
        "config": {"items": [1, 2, 3]},
        "inputs": {"items": [1, 2, 3]},
        "output": {"_items": [1, 2, 3]},
    }

    def run(self, ctx: Ctx, config: LoopConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        items = _as_items(self._value(ctx, config, inputs))
        if len(items) > config.max_items:
            raise UserError(
                f'The loop "{ctx.node_id}" was given {len(items)} items; its limit (max_items) is {config.max_items}.',
                code="limit_exceeded",
            )
        return {"_items": items}

    def _value(self, ctx: Ctx, config: LoopConfig, inputs: Mapping[str, Any]) -> Any:
        if config.items not in (None, ""):
            return config.items
        if config.source_node:
            path = ".".join(part for part in (config.source_node, config.field) if part)
            try:
                return ctx.lookup(path)
            except LookupError as error:
                raise ConfigError(f'The loop "{ctx.node_id}" finds no list at {path!r}: {error}') from error
        if config.items is None and "items" in config.model_fields_set:
            return None  # the expression came to nothing: no iteration, whatever the edge brings
        return inputs.get("items")


def _as_items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
