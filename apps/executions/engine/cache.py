"""Compiled plans: the serialisable plan in Redis, the compiled graph in the process, both under the content hash of
the version and the trigger."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from apps.workflows import configs, expressions, topology
from apps.workflows.components import registry
from apps.workflows.components.base import Component, NodeConfig
from apps.workflows.models import WorkflowVersion
from pipelit import redis
from pipelit.errors import ConfigError

if TYPE_CHECKING:
    from langgraph.pregel import Pregel

GRAPHS = 256
"""Compiled graphs kept per process."""
PLAN_SECONDS = 86_400


@dataclass(slots=True)
class Prepared:
    """A node made ready to run: its config, parsed once where no expression is in it."""

    node: topology.PlanNode
    component: Component
    flat: dict[str, Any]
    dynamic: frozenset[str]
    """The fields that hold expressions."""
    static: NodeConfig | None

    @property
    def is_quick(self) -> bool:
        """Whether it waits for nothing; not even for another attempt."""
        return self.component.quick and self.flat.get("retry_on") != "all"

    def config(self, scope: Mapping[str, Any]) -> NodeConfig:
        """The config with its expressions rendered. Raises ExpressionError or ConfigError."""
        if self.static is not None:
            return self.static
        rendered = {
            name: expressions.render(value, scope) if name in self.dynamic else value
            for name, value in self.flat.items()
        }
        parsed: NodeConfig = configs.parse(self.component, rendered)
        return parsed


@dataclass(slots=True)
class Compiled:
    plan: topology.Plan
    steps: dict[str, Prepared]
    graph: Pregel[Any, Any, Any, Any]


class _Graphs:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Compiled] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Compiled | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, str], compiled: Compiled) -> None:
        with self._lock:
            self._kept[key] = compiled
            while len(self._kept) > GRAPHS:
                self._kept.popitem(last=False)


_graphs = _Graphs()


def compiled(version: WorkflowVersion, trigger: str) -> Compiled:
    """The compiled graph of a version for one trigger. For workers: it loads LangGraph."""
    key = (version.content_hash, trigger)
    found = _graphs.get(key)
    if found is None:
        found = compile_plan(plan(version, trigger))
        _graphs.keep(key, found)
    return found


def compile_plan(made: topology.Plan) -> Compiled:
    from . import builder  # the web process only asks for plans: without LangGraph it is 45 MiB lighter

    steps = {node_id: _prepare(node) for node_id, node in made.nodes.items()}
    return Compiled(made, steps, builder.build())


def plan(version: WorkflowVersion, trigger: str) -> topology.Plan:
    """What of a version is reachable from one trigger."""
    key = f"pipelit:plan:{version.content_hash}:{trigger}"
    with suppress(*redis.DOWN):  # the cache is a convenience; the version is in the database
        kept = redis.client().get(key)
        if kept:
            return topology.load(json.loads(kept))
    snapshot = version.snapshot
    made = topology.plan(topology.Graph(snapshot["nodes"], snapshot["edges"]), trigger)
    with suppress(*redis.DOWN):
        redis.client().set(key, json.dumps(made.dump()), ex=PLAN_SECONDS)
    return made


def _prepare(node: topology.PlanNode) -> Prepared:
    component = registry.get(node.type)
    flat = node.config
    if node.version != component.version:
        flat = component.upgrade(dict(flat), node.version)
    dynamic = frozenset(
        name for name in expression_fields(component.Config) if expressions.is_expression(flat.get(name))
    )
    static: NodeConfig | None = None
    if not dynamic:
        try:
            static = configs.parse(component, flat)
        except ConfigError:
            static = None  # told when the step runs, with the step's name
    return Prepared(node, component, flat, dynamic, static)


@cache
def expression_fields(config: type[NodeConfig]) -> frozenset[str]:
    """The fields (by wire name) in which expressions are rendered."""
    return frozenset(
        info.alias or name
        for name, info in config.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("expression")
    )
