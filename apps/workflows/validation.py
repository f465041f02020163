"""Is an edge allowed, and can a workflow run? Every fault is a sentence that a person understands.

Wrong is refused when it is drawn; what is merely unfinished is saved, shown, and refused when it would run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelit.errors import UserError

from . import configs, expressions
from .components import registry
from .components.base import Component, DataType, Port
from .topology import ATTACHMENTS, Edge, Fault, Graph

FIXED_NAMES = frozenset(
    {"trigger", "loop", "execution", "workflow", "vars", "user_context", "node_outputs", "inputs", "_route"}
)
CONVERTS = {
    DataType.STRING: frozenset({DataType.STRING, DataType.NUMBER, DataType.BOOLEAN, DataType.OBJECT, DataType.ARRAY}),
    DataType.MESSAGES: frozenset({DataType.MESSAGES, DataType.STRING, DataType.OBJECT}),
}
"""What arrives at a port of that type, besides ANY and the type itself."""
Entry = dict[str, Any]


@dataclass
class Report:
    """`errors` keep it from running, `warnings` may be meant. Each is `{code, message, node_id?, field?, edge?}`."""

    errors: list[Entry] = field(default_factory=list)
    warnings: list[Entry] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.errors


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
        if not all(_known(self.graph.nodes[node_id]) for node_id in (edge.source, edge.target)):
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


def validate(snapshot: Mapping[str, Any]) -> Report:
    """Everything that keeps a workflow from running, and what may be a slip."""
    graph = Graph(snapshot["nodes"], snapshot["edges"])
    report = Report()
    faults = [fault for edge in graph.edges for fault in EdgeValidator(graph).faults(edge)]
    report.errors += [entry_of(fault) for fault in faults or graph.faults()]
    triggers = [n for n, raw in graph.nodes.items() if _known(raw) and registry.get(raw["component_type"]).is_trigger()]
    if not triggers:
        report.errors.append(
            _entry("no_trigger", "The workflow has no trigger: nothing can start it. Add a trigger node.")
        )
    reachable = {node for trigger in triggers for node in graph.reachable(trigger)}
    for node_id in graph.nodes:
        report.errors += node_errors(graph, node_id)
        report.warnings += node_warnings(graph, node_id)
        if triggers and node_id not in reachable:
            report.warnings.append(
                _entry("unreachable", f'"{node_id}" is not reached from any trigger.', node_id=node_id)
            )
    return report


def errors_reachable(snapshot: Mapping[str, Any], trigger: str) -> list[Entry]:
    """What keeps the part from running that this trigger sets going."""
    graph = Graph(snapshot["nodes"], snapshot["edges"])
    reachable = graph.reachable(trigger)
    part = Graph(
        [raw for node_id, raw in graph.nodes.items() if node_id in reachable],
        [edge for edge in snapshot["edges"] if edge["source"] in reachable and edge["target"] in reachable],
    )
    faults = [fault for edge in part.edges for fault in EdgeValidator(part).faults(edge)]
    found = [entry_of(fault) for fault in faults or part.faults()]
    return found + [entry for node_id in part.nodes for entry in node_errors(part, node_id)]


def node_errors(graph: Graph, node_id: str) -> list[Entry]:
    """What keeps one node from running: its config, its required inputs and attachments."""
    raw = graph.nodes[node_id]
    if not _known(raw):
        message = f'"{node_id}" has the unknown component type "{raw["component_type"]}": its package is not installed.'
        return [_entry("unknown_component_type", message, node_id=node_id)]
    component, flat = registry.get(raw["component_type"]), raw.get("config") or {}
    faults = configs.faults(component, flat)
    found = [
        _entry("config_error", f'"{node_id}": {sentence}', node_id=node_id, field=name)
        for book in (faults.errors, faults.missing)
        for name, sentences in book.items()
        for sentence in sentences
    ]
    for wanted in component.attachments:
        has_own = wanted.label == "llm" and flat.get("llm_credential_id") is not None
        if wanted.required and not has_own and not graph.attached(node_id, wanted.label):
            what = "a model: attach an AI model node, or choose a credential" if wanted.label == "llm" else wanted.label
            found.append(
                _entry("missing_attachment", f'"{node_id}" needs {what}.', node_id=node_id, field=wanted.label)
            )
    if component.inputs and component.executable:
        port = component.inputs[0]
        fed = any(edge.label in ("", "error", "loop_body") for edge in graph.incoming.get(node_id, ()))
        filled = any(flat.get(name) not in (None, "") for name in port.filled_by)
        attached = any(e.label in ATTACHMENTS for e in graph.outgoing.get(node_id, ()))
        if port.required and not fed and not filled and not attached:
            found.append(
                _entry("missing_input", f'"{node_id}" needs a value at its input "{port.name}".', node_id=node_id)
            )
    return found


def node_warnings(graph: Graph, node_id: str) -> list[Entry]:
    """What a component doubts, names in expressions that lead nowhere, loops without a body, conditions that no rule
    has."""
    raw = graph.nodes[node_id]
    if not _known(raw):
        return []
    component = registry.get(raw["component_type"])
    found = [
        _entry("unfinished", f'"{node_id}": {sentence}', node_id=node_id, field=name)
        for name, sentence in component.doubts(raw.get("config") or {})
    ]
    if component.loops and not any(edge.label == "loop_body" for edge in graph.outgoing.get(node_id, ())):
        message = f'The loop "{node_id}" has no body: draw a loop_body edge to the node that each item is given to.'
        found.append(_entry("unfinished", message, node_id=node_id))
    visible = visible_to(graph, node_id)
    for name, text in _expression_texts(raw):
        for used in sorted(_names(text) - FIXED_NAMES - visible):
            if used in graph.nodes:
                message = f'"{node_id}" uses "{used}", from which no path of edges leads here.'
            else:
                message = f'"{node_id}" uses "{used}", which is no node of this workflow.'
            found.append(_entry("unknown_name", message, node_id=node_id, field=name))
    if component.forks:
        routes = {rule.get("id") for rule in raw["config"].get("rules") or [] if isinstance(rule, Mapping)}
        for edge in graph.outgoing.get(node_id, ()):
            if edge.label == "" and edge.condition not in routes | {"__other__"}:
                message = (
                    f'No rule of "{node_id}" has the id "{edge.condition}": the edge to "{edge.target}" is never taken.'
                )
                found.append(_entry("unknown_route", message, node_id=node_id))
    return found


def visible_to(graph: Graph, node_id: str) -> set[str]:
    """What expressions of a node may name; an attached node sees what the nodes that it serves see."""
    seen: set[str] = set()
    todo = [node_id, *(e.target for e in graph.outgoing.get(node_id, ()) if e.label in ATTACHMENTS)]
    visited: set[str] = set()
    while todo:
        current = todo.pop()
        if current in visited:
            continue
        visited.add(current)
        for edge in graph.incoming.get(current, ()):
            if edge.label in ("", "error"):
                seen.add(edge.source)
                todo.append(edge.source)
        scope = graph.scopes.get(current)
        if scope:
            todo.append(scope)
    return seen


def _expression_texts(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    component = registry.get(raw["component_type"])
    for name, info in configs.fields_of(component.Config).items():
        if configs.hint(info, "expression"):
            for text in configs.strings(raw["config"].get(name)):
                if expressions.is_expression(text):
                    yield name, text


def _names(text: str) -> set[str]:
    try:
        return set(expressions.names(text))
    except UserError:
        return set()  # told as a fault of the field


def entry_of(fault: Fault) -> Entry:
    entry = _entry(fault.code, fault.message, node_id=fault.node_id)
    if fault.edge is not None:
        entry["edge"] = {
            "source_node_id": fault.edge.source,
            "target_node_id": fault.edge.target,
            "edge_label": fault.edge.label,
        }
    return entry


def _entry(code: str, message: str, **where: str) -> Entry:
    return {"code": code, "message": message, **{name: value for name, value in where.items() if value}}


def _known(raw: Mapping[str, Any]) -> bool:
    return raw["component_type"] in registry.all_components()


def _a(label: str) -> str:
    return f"{'an' if label[:1].lower() in 'aeiou' else 'a'} {label}"
