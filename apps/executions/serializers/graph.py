"""The version that an execution ran, with what came of each node: for replay on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db.models import Count, F, Max, Min, QuerySet, Sum, Value
from django.db.models.functions import Replace

from apps.executions.engine.publisher import live_key
from apps.executions.models import TERMINAL, ExecutionLog, PendingTask, WorkflowExecution
from apps.workflows import configs
from apps.workflows.components import registry
from pipelit import redis

from .stored import as_text, shortened


def shape(execution: WorkflowExecution) -> dict[str, Any]:
    """Three queries, whatever the number of steps."""
    snapshot = execution.version.snapshot
    runs = _runs(execution)
    return {
        "execution_id": str(execution.pk),
        "workflow_slug": execution.workflow.slug,
        "version": execution.version.number,
        "content_hash": execution.version.content_hash,
        "trigger_node_id": execution.trigger_node_id,
        "status": execution.status,
        "nodes": [node(raw) | {"run": runs.get(raw["node_id"])} for raw in snapshot["nodes"]],
        "edges": [edge(raw) for raw in snapshot["edges"]],
        "notes": snapshot.get("notes") or [],
    }


def node(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A node of a snapshot on the wire."""
    plain = {name: raw.get(name) for name in ("node_id", "component_type", "label", "position_x", "position_y")}
    flags = {name: bool(raw.get(name)) for name in ("interrupt_before", "interrupt_after")}
    return {**plain, **flags, "config": wire_config(raw)}


def wire_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    flat = raw.get("config") or {}
    component = registry.all_components().get(raw["component_type"])
    if component is None:
        return {"extra_config": dict(flat)}
    return {name: value for name, value in configs.unflatten(flat, component).items() if value is not None}


def edge(raw: Mapping[str, Any]) -> dict[str, Any]:
    condition = raw.get("condition") or ""
    return {
        "source_node_id": raw["source"],
        "target_node_id": raw["target"],
        "edge_type": "conditional" if condition else "direct",
        "edge_label": raw.get("label") or "",
        "condition_value": condition,
        "priority": raw.get("priority", 0),
    }


def steps(execution: WorkflowExecution) -> QuerySet[ExecutionLog]:
    """The final rows of steps; those of sub-steps (`agent_1/model[2]`) and superseded ones left out."""
    rows = ExecutionLog.objects.filter(execution=execution, final=True, superseded=False).order_by()
    own = Replace(F("step_key"), Value("]/"), Value(""))
    return rows.alias(own=own).exclude(own__contains="/")


def _runs(execution: WorkflowExecution) -> dict[str, dict[str, Any]]:
    """By node id: how its steps ended, together and the last one."""
    found: dict[str, dict[str, Any]] = {}
    groups = steps(execution).values_list("node_id", "status").annotate(
        Count("pk"), Sum("duration_ms"), Min("started_at"), Max("timestamp"), Max("pk")
    )  # fmt: skip
    newest: dict[str, int] = {}
    for node_id, status, count, duration, started, ended, last in groups:
        run = found.setdefault(node_id, {"counts": {}, "duration_ms": 0.0, "started_at": None, "ended_at": None})
        run["counts"][status] = count
        run["duration_ms"] = round(run["duration_ms"] + (duration or 0.0), 3)
        run["started_at"] = min(filter(None, (run["started_at"], started)), default=None)
        run["ended_at"] = max(filter(None, (run["ended_at"], ended)), default=None)
        newest[node_id] = max(newest.get(node_id, 0), last)
    columns = ("node_id", "step_key", "status", "error", "error_code", "duration_ms")
    rows = ExecutionLog.objects.filter(pk__in=newest.values()).values(
        *columns, text=as_text("output"), given=as_text("input")
    )
    for row in rows:
        run = found[row["node_id"]]
        run["status"] = "failed" if "failed" in run["counts"] else _overall(run["counts"])
        run["last"] = {
            "step_key": row["step_key"],
            "status": row["status"],
            "input": shortened(row["given"]),
            "output": shortened(row["text"]),
            "error": row["error"] or None,
            "error_code": row["error_code"] or None,
            "duration_ms": row["duration_ms"],
        }
    return _with_live(execution, found)


def _overall(counts: Mapping[str, int]) -> str:
    return "success" if "success" in counts else "skipped"


def _with_live(execution: WorkflowExecution, found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What runs and waits right now, on top of what is recorded."""
    if execution.status in TERMINAL:
        return found
    live: dict[str, str] = {}
    with suppress(*redis.DOWN):
        nodes: Any = redis.client().hvals(live_key(execution.pk))
        live |= {node_id.decode(): "running" for node_id in nodes}
    waiting = PendingTask.objects.filter(execution=execution, status=PendingTask.Status.PENDING)
    live |= dict.fromkeys(waiting.values_list("node_id", flat=True), "waiting")
    for node_id, status in live.items():
        found.setdefault(node_id, {"counts": {}, "duration_ms": 0.0, "started_at": None, "ended_at": None})
        found[node_id]["status"] = status
    return found
