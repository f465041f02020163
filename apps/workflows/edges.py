"""Is an edge allowed? Every fault is a sentence that a person understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .components import registry
from .components.base import Component, DataType, Port
from .topology import ATTACHMENTS, Edge, Fault, Graph

CONVERTS = {
    DataType.STRING: frozenset({DataType.STRING, DataType.NUMBER, DataType.BOOLEAN, DataType.OBJECT, DataType.ARRAY}),
    DataType.MESSAGES: frozenset({DataType.MESSAGES, DataType.STRING, DataType.OBJECT}),
}
"""What arrives at a port of that type, besides ANY and the type itself."""


class EdgeValidator:
    """Says why an edge may not be drawn."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def faults(self, edge: Edge) -> Iterator[Fault]:
        """What is wrong with an edge of the graph by itself; cycles and loop borders are the graph's own faults."""
        for node_id in (edge.source, edge.target):
            if node_id not in self.graph.nodes:
                yield Fault("missing_node", f'There is no node "{node_id}" in this workflow.', node_id, edge)
                return
        if edge.source == edge.target:
            yield Fault("self_edge", f'"{edge.source}" cannot be connected to itself.', edge.source, edge)
            return
        if not all(is_known(self.graph.nodes[node_id]) for node_id in (edge.source, edge.target)):
            return  # told of the node
        source, target = self._component(edge.source), self._component(edge.target)
        yield from self._kinds(edge, source, target)
        yield from self._condition(edge, source)
        if edge.label == "" and not (target.is_trigger() or not source.executable or not target.executable):
            yield from self._types(edge, source, target)

    def _component(self, node_id: str) -> Component:
        return registry.get(self.graph.nodes[node_id]["component_type"])

    def _kinds(self, edge: Edge, source: Component, target: Component) -> Iterator[Fault]:
        if edge.label in ATTACHMENTS:
            yield from self._attachment(edge, source, target)
        elif edge.label == "loop_body" and not source.loops:
            yield Fault("loop_body", f'"{edge.source}" is no loop: only a loop has a body.', edge.source, edge)
        elif edge.label == "loop_return" and not target.loops:
            yield Fault(
                "loop_return", f'"{edge.target}" is no loop: a loop_return edge leads back to one.', edge.target, edge
            )
        elif target.is_trigger():
            yield Fault(
                "into_trigger",
                f'"{edge.target}" is a trigger: it starts executions, nothing leads to it.',
                edge.target,
                edge,
            )
        else:
            for node_id, component in ((edge.source, source), (edge.target, target)):
                if not component.executable:
                    how = f"by its {component.attaches_as} edge" if component.attaches_as else "otherwise"
                    yield Fault(
                        "not_a_step", f'"{node_id}" ({component.label}) is no step: connect it {how}.', node_id, edge
                    )

    def _attachment(self, edge: Edge, source: Component, target: Component) -> Iterator[Fault]:
        wanted = next((a for a in target.attachments if a.label == edge.label), None)
        if source.attaches_as != edge.label:
            yield Fault(
                "attachment", f'"{edge.source}" ({source.label}) cannot be attached as {edge.label}.', edge.source, edge
            )
        elif wanted is None:
            yield Fault("attachment", f'"{edge.target}" ({target.label}) takes no {edge.label}.', edge.target, edge)
        elif not wanted.many and len(self.graph.attached(edge.target, edge.label)) > 1:
            yield Fault(
                "attachment",
                f'"{edge.target}" has its {edge.label} already; remove that edge first.',
                edge.target,
                edge,
            )

    def _condition(self, edge: Edge, source: Component) -> Iterator[Fault]:
        if edge.condition and (not source.forks or edge.label):
            yield Fault(
                "conditional",
                f'Only a switch has conditional edges; "{edge.source}" is {_a(source.label)}.',
                edge.source,
                edge,
            )
        elif source.forks and edge.label == "" and not edge.condition:
            message = (
                f'An edge from the switch "{edge.source}" needs a condition_value: the id of a rule, or __other__.'
            )
            yield Fault("conditional", message, edge.source, edge)

    def _types(self, edge: Edge, source: Component, target: Component) -> Iterator[Fault]:
        if not target.inputs or not source.outputs:
            return
        port = target.inputs[0]
        if port.required and not port.filled_by and not any(converts(out, port) for out in source.outputs):
            given = ", ".join(sorted({str(out.data_type) for out in source.outputs}))
            message = (
                f'"{edge.target}" needs {port.data_type} at its input "{port.name}"; "{edge.source}" gives {given}.'
            )
            yield Fault("incompatible_types", message, edge.target, edge)


def converts(given: Port, wanted: Port) -> bool:
    if DataType.ANY in (given.data_type, wanted.data_type) or given.data_type == wanted.data_type:
        return True
    return given.data_type in CONVERTS.get(wanted.data_type, frozenset())


def edge_faults(graph: Graph, edges: Sequence[Edge] | None = None) -> list[Fault]:
    """What must be refused: faults of these edges (all, if None), and those of the graph as a whole that it has not
    without them. A loop_return that comes from outside the body may be unfinished, and is not among them."""
    checker = EdgeValidator(graph)
    found = [fault for edge in (graph.edges if edges is None else edges) for fault in checker.faults(edge)]
    found = found or [fault for fault in graph.faults() if fault.code != "loop_return"]
    known = graph.without(edges).faults() if found and edges is not None else []
    return [fault for fault in found if fault not in known]


def is_known(raw: Mapping[str, Any]) -> bool:
    """Whether a node's component is installed."""
    return raw["component_type"] in registry.all_components()


def _a(label: str) -> str:
    return f"{'an' if label[:1].lower() in 'aeiou' else 'a'} {label}"
