from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field


class MergeConfig(StepConfig):
    mode: Literal["append", "combine", "first", "by_key"] = field(
        "append",
        title="Mode",
        help="append: one list, in which lists are laid end to end. combine: one object; later branches win. first: "
        "the first branch alone. by_key: an object with each branch under the id of its node.",
    )
    source_nodes: list[str] = field(
        list, title="Only from", help="Nodes whose edges take part. Empty: all.", widget="nodes", max_length=100
    )


class Merge(Component):
    """Brings branches together again.

    It runs once, when every branch that leads to it has ended, and takes those that ran, in the order of their edges;
    skipped ones are left out. In mode *combine* a value that is no object is put under its node's id.
    """

    type = "merge"
    label = "Merge"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "merge"
    inputs = (Port("branches", DataType.ANY, required=True, description="The branches: any number of edges."),)
    outputs = (Port("merged", DataType.ANY, description="All branches in one value."),)
    Config = MergeConfig
    quick = True
    example = {
        "config": {"mode": "append"},
        "sources": [("a", {"v": 1}), ("b", [2, 3])],
        "output": {"merged": [{"v": 1}, 2, 3]},
    }

    def run(self, ctx: Ctx, config: MergeConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        branches = [
            (source.node_id, source.value)
            for source in ctx.sources
            if not config.source_nodes or source.node_id in config.source_nodes
        ]
        return {"merged": _MODES[config.mode](branches)}


Branches = list[tuple[str, Any]]


def _append(branches: Branches) -> list[Any]:
    return [item for _, value in branches for item in (value if isinstance(value, list) else [value])]


def _combine(branches: Branches) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for node_id, value in branches:
        merged |= value if isinstance(value, dict) else {node_id: value}
    return merged


def _first(branches: Branches) -> Any:
    return branches[0][1] if branches else None


_MODES: dict[str, Callable[[Branches], Any]] = {"append": _append, "combine": _combine, "first": _first, "by_key": dict}
