"""One node by itself: run it on recorded or given inputs, and render an expression as it would see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import UserProfile
from apps.workflows import expressions, snapshot
from apps.workflows.components import registry
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.topology import ATTACHMENTS, FLOW, Graph
from apps.workflows.validation import visible_to
from pipelit.errors import Conflict, Invalid, NotFound

from . import access, actions, addresses
from .models import StoredValue, WorkflowExecution
from .serializers import graph as drawn
from .serializers.stored import as_text, masked, parsed
from .triggers.resolver import TriggerResolver


def last_run(user: UserProfile, workflow: Workflow, execution_id: UUID | None) -> WorkflowExecution:
    """The named run of the workflow, else its newest one; raises NotFound, Conflict if there is none yet."""
    if execution_id is not None:
        execution = access.get_execution(user, execution_id)
        if execution.workflow_id != workflow.pk:
            raise NotFound(access.MISSING.format(what="read"))
        return execution
    newest = WorkflowExecution.objects.filter(workflow=workflow).select_related("workflow", "version", "user")
    found = newest.order_by("-created_at", "-id").first()
    if found is None:
        raise Conflict("The workflow has not run yet: run it once, so that there are values to work with.")
    return found


@transaction.atomic
def run_node(
    user: UserProfile,
    workflow: Workflow,
    node_id: str,
    base: WorkflowExecution,
    inputs: Mapping[str, Any],
    key: str | None = None,
) -> WorkflowExecution:
    """A new execution in which only this node (as drafted) runs; what leads to it is taken from `base` or from
    `inputs` ({node_id: ports}). It runs a version that ends at the node. Raises Conflict if a record is missing."""
    draft = snapshot.draft_version(workflow, user)
    found = Graph(draft.snapshot["nodes"], draft.snapshot["edges"])
    if node_id not in found.nodes:
        raise NotFound(f'There is no node "{node_id}" in this workflow.')
    _check_alone(found, node_id, base.trigger_node_id)
    before = _ancestors(found, node_id)
    _check_recorded(base, before, inputs)
    version = _ending_at(workflow, draft, found, node_id, before, user)
    trigger = TriggerResolver.of(version).get(base.trigger_node_id)
    if trigger is None:
        raise Conflict(f'The trigger "{base.trigger_node_id}" of that run does not lead to "{node_id}" any more.')
    TriggerResolver.of(version).check(trigger, version)
    edits = {name: ports for name, ports in inputs.items() if name in before}
    return actions.rerun(base, by=user, from_step=node_id, edits=edits, version=version, key=key)


def _check_alone(found: Graph, node_id: str, trigger: str) -> None:
    if found.scopes.get(node_id):
        raise Invalid(f'"{node_id}" lies in a loop: what it sees is an item of the loop. Run the loop itself.')
    if node_id == trigger or node_id not in found._walk([trigger], FLOW):
        raise Invalid(f'"{node_id}" is no step that follows trigger "{trigger}".')


def _check_recorded(base: WorkflowExecution, before: set[str], inputs: Mapping[str, Any]) -> None:
    rows = drawn.steps(base).filter(node_id__in=before).exclude(status="failed")
    lacking = sorted(before - set(rows.values_list("node_id", flat=True)) - set(inputs))
    if lacking:
        raise Conflict(
            f'That run has no result of "{lacking[0]}", on which this node depends. Give it in `inputs`, or choose '
            "another run.",
            code="missing_inputs",
        )


def _ending_at(
    workflow: Workflow, draft: WorkflowVersion, found: Graph, node_id: str, before: set[str], user: UserProfile
) -> WorkflowVersion:
    """The version that holds the node, what leads to it, and what is attached to any of these."""
    kept = _with_bodies(found, {node_id, *before})
    kept |= {edge.source for name in kept for edge in found.incoming.get(name, ()) if edge.label in ATTACHMENTS}
    edges = [
        raw
        for raw in draft.snapshot["edges"]
        if raw["source"] in kept
        and raw["target"] in kept
        and not (raw["source"] == node_id and (raw.get("label") or "") not in ATTACHMENTS | {"loop_body"})
    ]
    nodes = [raw for raw in draft.snapshot["nodes"] if raw["node_id"] in kept]
    return snapshot.store(workflow, {**draft.snapshot, "nodes": nodes, "edges": edges}, user, is_part=True)


def _with_bodies(found: Graph, steps: set[str]) -> set[str]:
    """These nodes and, of the loops among them, the bodies."""
    kept, todo = set(steps), list(steps)
    while todo:
        inner = found.bodies.get(todo.pop(), set()) - kept
        kept |= inner
        todo += inner
    return kept


def _ancestors(found: Graph, node_id: str) -> set[str]:
    seen: set[str] = set()
    todo = [node_id]
    while todo:
        for edge in found.incoming.get(todo.pop(), ()):
            if edge.label in FLOW and edge.source not in seen:
                seen.add(edge.source)
                todo.append(edge.source)
    return seen


def preview(workflow: Workflow, node_id: str, base: WorkflowExecution, expression: Any) -> Any:
    """What an expression of the node comes to with the values of a run. Executes nothing else. Raises
    ExpressionError."""
    draft = snapshot.draft_version(workflow)
    found = Graph(draft.snapshot["nodes"], draft.snapshot["edges"])
    if node_id not in found.nodes:
        raise NotFound(f'There is no node "{node_id}" in this workflow.')
    scope = scope_of(base, visible_to(found, node_id))
    scope["execution"]["callback_urls"] = {
        name: settings.PUBLIC_URL + addresses.hidden(addresses.path(base.pk, name))
        for name, raw in found.nodes.items()
        if (kind := registry.all_components().get(raw["component_type"])) and kind.is_called(raw["config"])
    }
    return expressions.render(expression, scope)


def scope_of(execution: WorkflowExecution, visible: set[str]) -> dict[str, Any]:
    """The expression context of a finished or running execution; of several steps of a node, the last one counts."""
    rows = drawn.steps(execution).filter(node_id__in=visible).exclude(status="skipped").order_by("id")
    outputs = {node_id: parsed(text) or {} for node_id, text in rows.values_list("node_id", as_text("output"))}
    outputs = {node_id: _resolved(execution, ports) for node_id, ports in outputs.items()}
    event = masked(execution.trigger_payload)
    started = execution.started_at or execution.created_at
    return {
        **outputs,
        "node_outputs": outputs,
        "trigger": event,
        "execution": {"id": str(execution.pk), "started_at": started.isoformat(), "idempotency_key": ""},
        "workflow": {"slug": execution.workflow.slug, "name": execution.workflow.name},
        "user_context": event.get("user_context", {}),
        "vars": {},
    }


def _resolved(execution: WorkflowExecution, ports: Mapping[str, Any]) -> dict[str, Any]:
    """Ports with the large values that they refer to."""
    found = {}
    for name, value in ports.items():
        if isinstance(value, dict) and value.keys() == {"$ref", "size", "preview"}:
            stored = StoredValue.objects.filter(execution=execution, digest=value["$ref"]).first()
            value = masked(json.loads(stored.data)) if stored else value
        found[name] = value
    return found
