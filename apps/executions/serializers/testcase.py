"""An execution as a test case: workflow JSON, input, and what must come of it. The format of tests/engine/cases/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.executions.engine.state import Outcome, main_value
from apps.executions.models import PendingTask, Status, WorkflowExecution
from apps.workflows.components import registry
from apps.workflows.models import WorkflowVersion

from . import graph
from .stored import as_text, masked, parsed

MAX_OUTPUT = 20_000
"""Characters of an output above which only the step's status is expected."""
SECONDS_SPARE = 30
PROMPT = 100


def shape(execution: WorkflowExecution) -> dict[str, Any]:
    """Of a finished execution."""
    event = execution.trigger_payload
    children = _called(execution)
    version = execution.version.number or "of one node"
    case: dict[str, Any] = {
        "about": f"Saved from an execution of {execution.workflow.slug}, version {version}.",
        **_drawn(execution.version, {slug: f"@{slug}" for slug in children}),
        "input": {
            "text": masked(event.get("text") or ""),
            "payload": masked(event.get("payload") or {}),
            "trigger_node_id": execution.trigger_node_id,
        },
        "expect": _expected(execution),
    }
    if children:
        case["others"] = {slug: _drawn(version, {}) for slug, version in children.items()}
    answers = list(_answers(execution))
    return case | ({"do": answers} if answers else {})


def _drawn(version: WorkflowVersion, targets: dict[str, str]) -> dict[str, Any]:
    nodes = []
    for raw in version.snapshot["nodes"]:
        config = graph.wire_config(raw)
        extra = config.get("extra_config") or {}
        if extra.get("target_workflow") in targets:
            config["extra_config"] = {**extra, "target_workflow": targets[extra["target_workflow"]]}
        flags = {name: True for name in ("interrupt_before", "interrupt_after") if raw.get(name)}
        nodes.append(
            {"node_id": raw["node_id"], "component_type": raw["component_type"], "config": _filled(config), **flags}
        )
    edges = [
        [e["source"], e["target"], e.get("label") or "", *([e["condition"]] if e.get("condition") else ())]
        for e in version.snapshot["edges"]
    ]
    return {"nodes": nodes, "edges": edges}


def _filled(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value not in ({}, None)}


def _called(execution: WorkflowExecution) -> dict[str, WorkflowVersion]:
    """The versions of the workflows that it called, by slug."""
    found = execution.children.select_related("workflow", "version").order_by("created_at")
    return {child.workflow.slug: child.version for child in found}


def _expected(execution: WorkflowExecution) -> dict[str, Any]:
    expected: dict[str, Any] = {"status": str(execution.status)}
    if execution.completed_at and execution.started_at:
        seconds = (execution.completed_at - execution.started_at).total_seconds()
        expected["max_seconds"] = round(2 * seconds) + SECONDS_SPARE
    if execution.status == Status.COMPLETED:
        expected["final_output"] = masked(execution.final_output)
    else:
        expected["error_code"] = execution.error_code
        if execution.failed_node_id:
            expected["failed_node_id"] = execution.failed_node_id
    return expected | {"nodes": _nodes(execution)}


def _nodes(execution: WorkflowExecution) -> dict[str, dict[str, Any]]:
    """By node id: how often it ran, and how its last step ended."""
    types = {raw["node_id"]: raw["component_type"] for raw in execution.version.snapshot["nodes"]}
    found: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    rows = graph.steps(execution).order_by("id").values_list("node_id", "status", as_text("output"))
    for node_id, status, text in rows:
        counts[node_id] = counts.get(node_id, 0) + (status != "skipped")
        found[node_id] = {"status": status}
        if status == "success" and types.get(node_id) in registry.all_components() and _is_short(text):
            found[node_id]["output"] = main_value(types[node_id], Outcome("success", parsed(text)))
    return {node_id: {**one, "count": counts[node_id]} for node_id, one in found.items()}


def _is_short(text: str | None) -> bool:
    return bool(text) and len(text or "") <= MAX_OUTPUT and '"$ref"' not in (text or "")


def _answers(execution: WorkflowExecution) -> Iterable[dict[str, Any]]:
    """What people answered, in order."""
    asked = execution.pending_tasks.filter(
        kind__in=(PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN), status=PendingTask.Status.ANSWERED
    )
    for task in asked.order_by("answered_at", "id"):
        response = {"decision": task.decision, "data": masked(task.response), "comment": task.comment}
        yield {
            "when": "task",
            "kind": task.kind,
            "prompt_contains": task.prompt[:PROMPT],
            "respond": {name: value for name, value in response.items() if value not in (None, "")},
        }
