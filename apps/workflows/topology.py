"""The graph as a value: reachability, loop bodies, cycles, attachments, and the plan that an execution follows.

Pure: in go the `nodes` and `edges` of a snapshot, out come values. *Flow* edges are data and `error` edges;
attachment, `loop_body` and `loop_return` edges take no part in deciding what runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

ATTACHMENTS = frozenset({"llm", "tool", "memory", "output_parser"})
FLOW = frozenset({"", "error"})


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    label: str = ""
    condition: str = ""
    priority: int = 0


@dataclass(frozen=True)
class Fault:
    """What breaks a rule of graphs, in a sentence that a person understands."""

    code: str
    message: str
    node_id: str = ""
    edge: Edge | None = None


class Graph:
    """Nodes by id and edges in order (priority, then age)."""

    def __init__(self, nodes: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]]) -> None:
        self.nodes = {node["node_id"]: node for node in nodes}
        self.edges = [
            Edge(e["source"], e["target"], e.get("label", ""), e.get("condition", ""), e.get("priority", 0))
            for e in edges
        ]

    @cached_property
    def outgoing(self) -> Mapping[str, Sequence[Edge]]:
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def incoming(self) -> Mapping[str, Sequence[Edge]]:
        return _grouped((edge.target, edge) for edge in self.edges)

    def reachable(self, trigger: str) -> set[str]:
        """What runs when `trigger` fires: along flow and loop-body edges; what is attached to it besides."""
        steps = self._walk([trigger], FLOW | {"loop_body"})
        return steps | {e.source for node in steps for e in self.incoming.get(node, ()) if e.label in ATTACHMENTS}

    def attached(self, node_id: str, label: str) -> list[str]:
        return [edge.source for edge in self.incoming.get(node_id, ()) if edge.label == label]

    @cached_property
    def scopes(self) -> Mapping[str, str]:
        """The innermost loop that each node lies in; "" at the top. Where drawings contradict, the last loop wins and
        `faults` tells."""
        found = dict.fromkeys(self.nodes, "")
        for loop, body in self.bodies.items():
            found.update(dict.fromkeys(body, loop))
        return found

    @cached_property
    def bodies(self) -> Mapping[str, set[str]]:
        """The nodes directly in each loop's body: what its `loop_body` edges lead to along flow edges."""
        starts = {
            node: [e.target for e in out if e.label == "loop_body"]
            for node, out in self.outgoing.items()
            if any(e.label == "loop_body" for e in out)
        }
        return {loop: self._walk(targets, FLOW) for loop, targets in starts.items()}

    def without(self, edges: Sequence[Edge]) -> Graph:
        """The same graph without these edges."""
        rest = Graph(self.nodes.values(), ())
        rest.edges = [edge for edge in self.edges if edge not in edges]
        return rest

    def faults(self) -> list[Fault]:
        """Broken rules: cycles that are no loop, and edges that cross the border of a loop's body."""
        cycle = self._cycle()
        if cycle:
            way = " -> ".join(cycle)
            return [Fault("cycle", f"These nodes form a cycle: {way}. To repeat steps, use a loop node.", cycle[0])]
        return [*self._border_faults(), *self._return_faults()]

    def _border_faults(self) -> Iterable[Fault]:
        for edge in self.edges:
            if edge.label not in FLOW:
                continue
            source, target = self.scopes.get(edge.source, ""), self.scopes.get(edge.target, "")
            if source != target:
                inside, loop = (edge.target, target) if target else (edge.source, source)
                yield Fault(
                    "loop_border",
                    f'The edge from "{edge.source}" to "{edge.target}" crosses the border of the body of loop '
                    f'"{loop}", in which "{inside}" lies. Only the loop\'s own edges lead in and out.',
                    inside,
                    edge,
                )

    def _return_faults(self) -> Iterable[Fault]:
        for edge in self.edges:
            if edge.label == "loop_return" and self.scopes.get(edge.source) != edge.target:
                yield Fault(
                    "loop_return",
                    f'"{edge.source}" returns to loop "{edge.target}" but does not lie in its body. '
                    f'Connect "{edge.target}" to the first node of the body by a loop_body edge.',
                    edge.source,
                    edge,
                )

    def _cycle(self) -> list[str]:
        """One cycle along flow and loop-body edges, closed (first node repeated), or []."""
        done: set[str] = set()
        for root in self.nodes:
            path: list[str] = []
            on_path: set[str] = set()
            stack: list[tuple[str, bool]] = [(root, False)]
            while stack:
                node, leaving = stack.pop()
                if leaving:
                    path.pop()
                    on_path.discard(node)
                    done.add(node)
                elif node in on_path:
                    return [*path[path.index(node) :], node]
                elif node not in done:
                    path.append(node)
                    on_path.add(node)
                    stack.append((node, True))
                    stack += [(e.target, False) for e in self.outgoing.get(node, ()) if e.label in FLOW | {"loop_body"}]
        return []

    def _walk(self, starts: Iterable[str], labels: frozenset[str]) -> set[str]:
        seen = {node for node in starts if node in self.nodes}
        todo = list(seen)
        while todo:
            for edge in self.outgoing.get(todo.pop(), ()):
                if edge.label in labels and edge.target not in seen and edge.target in self.nodes:
                    seen.add(edge.target)
                    todo.append(edge.target)
        return seen


def _grouped(pairs: Iterable[tuple[str, Edge]]) -> dict[str, list[Edge]]:
    found: defaultdict[str, list[Edge]] = defaultdict(list)
    for key, edge in pairs:
        found[key].append(edge)
    return dict(found)


@dataclass(slots=True)
class PlanNode:
    """A step as planned. `ancestors` is a bit mask over node indexes: what its expressions may see."""

    node_id: str
    type: str
    index: int
    config: dict[str, Any]
    version: int
    scope: str
    interrupt_before: bool
    interrupt_after: bool
    attached: dict[str, list[str]]
    incoming: list[Edge] = field(default_factory=list)
    outgoing: list[Edge] = field(default_factory=list)
    ancestors: int = 0


@dataclass(slots=True)
class Plan:
    """What one trigger sets going. `members` are the steps of each scope in topological order; `returns` are the
    sources of each loop's `loop_return` edges in edge order; `edges` are all between its nodes, in order."""

    trigger: str
    nodes: dict[str, PlanNode]
    members: dict[str, list[str]]
    returns: dict[str, list[str]]
    edges: list[Edge]

    def sees(self, node: PlanNode, other: str) -> bool:
        """Whether a path of edges leads from `other` to `node`."""
        found = self.nodes.get(other)
        return found is not None and bool(node.ancestors >> found.index & 1)

    def dump(self) -> dict[str, Any]:
        """As JSON, for the cache. `load` is its inverse."""
        names = ("node_id", "type", "config", "version", "interrupt_before", "interrupt_after")
        return {
            "trigger": self.trigger,
            "nodes": [
                {name: getattr(n, name) for name in names} | {"component_type": n.type} for n in self.nodes.values()
            ],
            "edges": [asdict(edge) for edge in self.edges],
        }


def load(dumped: Mapping[str, Any]) -> Plan:
    return plan(Graph(dumped["nodes"], dumped["edges"]), dumped["trigger"])


def plan(graph: Graph, trigger: str) -> Plan:
    """What runs when `trigger` fires. The graph must be without faults among what is reachable."""
    reachable = graph.reachable(trigger)
    steps = graph._walk([trigger], FLOW | {"loop_body"})
    nodes: dict[str, PlanNode] = {}
    for index, (node_id, raw) in enumerate((n, r) for n, r in graph.nodes.items() if n in reachable):
        attached = {label: graph.attached(node_id, label) for label in sorted(ATTACHMENTS)}
        nodes[node_id] = PlanNode(
            node_id=node_id,
            type=raw["component_type"],
            index=index,
            config=dict(raw.get("config") or {}),
            version=raw.get("version", 1),
            scope=graph.scopes[node_id],
            interrupt_before=bool(raw.get("interrupt_before")),
            interrupt_after=bool(raw.get("interrupt_after")),
            attached={label: sources for label, sources in attached.items() if sources},
        )
    for edge in graph.edges:
        if edge.label in FLOW and edge.source in steps and edge.target in steps:
            nodes[edge.source].outgoing.append(edge)
            nodes[edge.target].incoming.append(edge)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for node_id in _topological(nodes, steps, graph):
        node = nodes[node_id]
        members[node.scope].append(node_id)
        if node.scope:
            node.ancestors |= nodes[node.scope].ancestors
        for edge in node.incoming:
            source = nodes[edge.source]
            node.ancestors |= source.ancestors | 1 << source.index
    returns: defaultdict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.label == "loop_return" and edge.source in steps and edge.target in steps:
            returns[edge.target].append(edge.source)
    kept = [edge for edge in graph.edges if edge.source in nodes and edge.target in nodes]
    return Plan(trigger, nodes, dict(members), dict(returns), kept)


def _topological(nodes: Mapping[str, PlanNode], steps: set[str], graph: Graph) -> list[str]:
    """Sources before targets, a loop before its body."""
    waiting = {node: len(nodes[node].incoming) for node in nodes if node in steps}
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.label == "loop_body" and edge.source in steps and edge.target in steps:
            entries[edge.source].append(edge.target)
            waiting[edge.target] += 1
    ready = [node for node, count in waiting.items() if not count]
    order: list[str] = []
    for node in ready:
        order.append(node)
        for target in (*(e.target for e in nodes[node].outgoing), *entries[node]):
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return order


def followers(of: Plan, node_id: str) -> set[str]:
    """The steps that come after `node_id`: its descendants with the bodies of the loops among them, and for a body node
    also its loop and what follows that."""
    found: set[str] = set()
    todo = [node_id]
    while todo:
        node = of.nodes[todo.pop()]
        after = {edge.target for edge in node.outgoing}
        after |= {inner for name in after for inner in body(of, name)} | ({node.scope} if node.scope else set())
        todo += after - found
        found |= after
    return found


def body(of: Plan, node_id: str) -> set[str]:
    """The steps in a loop, and in the loops within it; none for what is no loop."""
    return {inner for name in of.members.get(node_id, ()) for inner in (name, *body(of, name))}
