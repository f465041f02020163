"""Can a workflow run? Every fault is a sentence that a person understands.

Wrong is refused when it is drawn; what is merely unfinished is saved, shown, and refused when it would run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelit.errors import UserError

from . import configs, expressions
from .components import registry
from .edges import EdgeValidator, is_known
from .topology import ATTACHMENTS, Fault, Graph

FIXED_NAMES = frozenset(
    {"trigger", "loop", "execution", "workflow", "vars", "user_context", "node_outputs", "inputs", "_route"}
)
Entry = dict[str, Any]


@dataclass
class Report:
    """`errors` keep it from running, `warnings` may be meant. Each is `{code, message, node_id?, field?, edge?}`."""

    errors: list[Entry] = field(default_factory=list)
    warnings: list[Entry] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.errors


def validate(snapshot: Mapping[str, Any]) -> Report:
    """Everything that keeps a workflow from running, and what may be a slip."""
    graph = Graph(snapshot["nodes"], snapshot["edges"])
    report = Report()
    faults = [fault for edge in graph.edges for fault in EdgeValidator(graph).faults(edge)]
    report.errors += [entry_of(fault) for fault in faults or graph.faults()]
    triggers = [
        n for n, raw in graph.nodes.items() if is_known(raw) and registry.get(raw["component_type"]).is_trigger()
    ]
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
    if not is_known(raw):
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
    """What a component doubts, names in expressions that lead nowhere, loops without a body, replies that nobody hears,
    conditions that no rule has."""
    raw = graph.nodes[node_id]
    if not is_known(raw):
        return []
    component = registry.get(raw["component_type"])
    found = [
        _entry("unfinished", f'"{node_id}": {sentence}', node_id=node_id, field=name)
        for name, sentence in component.doubts(raw.get("config") or {})
    ]
    if component.loops and not any(edge.label == "loop_body" for edge in graph.outgoing.get(node_id, ())):
        message = f'The loop "{node_id}" has no body: draw an edge from "each item" (loop_body) to its first node.'
        found.append(_entry("unfinished", message, node_id=node_id))
    found += _unheard(graph, node_id)
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


def _unheard(graph: Graph, node_id: str) -> list[Entry]:
    """Replies behind a door that has answered its caller before, and calls nobody back."""
    raw = graph.nodes[node_id]
    component, flat = registry.get(raw["component_type"]), raw.get("config") or {}
    modes = configs.fields_of(component.Config).get("response_mode")
    if modes is None or flat.get("callback_url") or (flat.get("response_mode") or modes.default) != "immediate":
        return []
    said = [name for name in graph.reachable(node_id) if graph.nodes[name]["component_type"] == "reply"]
    names = ", ".join(f'"{name}"' for name in sorted(said))
    message = (
        f'"{node_id}" answers at once, so that nobody gets what {names} says: choose the response "reply" to answer '
        'with it, or "wait" to answer with the final output.'
    )
    return [_entry("unfinished", message, node_id=node_id, field="response_mode")] if said else []


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
