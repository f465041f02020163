"""The Execution shape: many rows at a constant number of queries, one row in detail."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField

from apps.executions.models import ExecutionLog, WorkflowExecution
from pipelit.errors import NotFound
from pipelit.prepared import Param, Prepared

from . import deliveries, holding, tasks
from .stored import LISTED, as_text, beginning, length, parsed, shortened

LOGS = 1_000
CHILDREN = 200
PLAIN = (
    "id", "status", "trigger_node_id", "trigger_type", "error_message", "error_code", "failed_node_id", "parent_id",
    "parent_step_key", "rerun_of_id", "conversation_id", "created_at", "started_at", "completed_at", "waiting_since",
    "resumed_at", "retried_at", "lease_owner", "total_input_tokens", "total_output_tokens", "total_cost_usd",
    "cost_known", "llm_calls", "attempt_group", "workflow_id",
)  # fmt: skip
JOINED = {
    "slug": F("workflow__slug"),
    "workflow_name": F("workflow__name"),
    "limit": F("workflow__concurrency"),
    "number": F("version__number"),
    "username": F("user__username"),
}


def many(executions: QuerySet[WorkflowExecution], start: int, stop: int) -> list[dict[str, Any]]:
    """A page of a list. Payloads and outputs over 16 KB show their beginning."""
    keys = list(executions.values_list("pk", flat=True)[start:stop])  # first, so that wide rows are not sorted
    found = _listed(len(keys)).all(**{f"key{number}": key for number, key in enumerate(keys)}) if keys else []
    by_key = {row["id"]: row for row in found}
    rows = [by_key[key] for key in keys if key in by_key]
    held = holding.of(rows)
    return [
        shape(
            row,
            shortened(row["payload"], row["payload_size"], LISTED),
            shortened(row["output"], row["output_size"], LISTED),
            held,
        )
        for row in rows
    ]


@lru_cache(maxsize=128)
def _listed(count: int) -> Prepared[dict[str, Any]]:
    """Reads so many rows for a list."""
    keys: Any = [Param(f"key{number}", UUIDField()) for number in range(count)]
    return Prepared(
        lambda: (
            WorkflowExecution.objects.filter(pk__in=keys)
            .order_by()
            .values(
                *PLAIN,
                **JOINED,
                payload=beginning("trigger_payload"),
                payload_size=length("trigger_payload"),
                output=beginning("final_output"),
                output_size=length("final_output"),
            )
        )
    )


_ONE = Prepared(
    lambda: (
        WorkflowExecution.objects.filter(pk=Param("key", UUIDField()))
        .order_by()
        .values(*PLAIN, **JOINED, payload=as_text("trigger_payload"), output=as_text("final_output"))
    )
)


def one(execution_id: UUID) -> dict[str, Any]:
    """An execution by itself, its values whole."""
    row = _ONE.first(key=execution_id)
    if row is None:
        raise NotFound("The execution was deleted.")
    return shape(row, parsed(row["payload"]), parsed(row["output"]), holding.of([row]))


def detail(execution_id: UUID) -> dict[str, Any]:
    """The same with the first 1,000 rows of its journal, its children and what it waits for."""
    return one(execution_id) | {
        "logs": logs(ExecutionLog.objects.filter(execution_id=execution_id), 0, LOGS),
        "children": children(execution_id),
        "pending_tasks": tasks.of_execution(execution_id),
        "deliveries": deliveries.of_execution(execution_id),
    }


def shape(row: Mapping[str, Any], payload: Any, output: Any, held: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    started, completed = row["started_at"], row["completed_at"]
    return {
        "execution_id": str(row["id"]),
        "workflow_slug": row["slug"],
        "workflow_name": row["workflow_name"],
        "version": row["number"],
        "status": row["status"],
        "trigger_node_id": row["trigger_node_id"],
        "trigger_type": row["trigger_type"],
        "trigger_payload": payload,
        "final_output": output,
        "error_message": row["error_message"] or None,
        "error_code": row["error_code"] or None,
        "failed_node_id": row["failed_node_id"] or None,
        "parent_execution_id": _text(row["parent_id"]),
        "parent_node_id": node_of(row["parent_step_key"]),
        "rerun_of": _text(row["rerun_of_id"]),
        "conversation_id": _text(row["conversation_id"]),
        "user": row["username"],
        "attempt_group": row["attempt_group"],
        "created_at": row["created_at"],
        "started_at": started,
        "completed_at": completed,
        "duration_ms": milliseconds(started, completed),
        "total_input_tokens": row["total_input_tokens"],
        "total_output_tokens": row["total_output_tokens"],
        "total_tokens": row["total_input_tokens"] + row["total_output_tokens"],
        "total_cost_usd": money(row["total_cost_usd"]),
        "cost_known": row["cost_known"],
        "llm_calls": row["llm_calls"],
        "waiting_for": held.get(row["id"]),
    }


def logs(rows: QuerySet[ExecutionLog], start: int, stop: int) -> list[dict[str, Any]]:
    """Journal rows, ascending. `output` is the object of ports, without the reserved keys."""
    columns = (
        "id", "node_id", "step_key", "attempt", "attempt_group", "status", "final", "superseded", "error",
        "error_code", "started_at", "duration_ms", "timestamp",
    )  # fmt: skip
    texts = {f"{name}_text": as_text(name) for name in ("input", "output", "metadata")}
    found = rows.order_by("id").values(*columns, **texts)[start:stop]
    return [_log(row) for row in found]


def _log(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("input", "output", "metadata"):
        row[name] = parsed(row.pop(f"{name}_text"))
    row["error"], row["error_code"] = row["error"] or None, row["error_code"] or None
    return row


def children(execution_id: UUID) -> list[dict[str, Any]]:
    """The executions that this one started, oldest first (the first 200)."""
    columns = ("id", "workflow__slug", "status", "parent_step_key", "started_at", "completed_at")
    found = WorkflowExecution.objects.filter(parent_id=execution_id).order_by("created_at", "id")
    return [
        {
            "execution_id": str(key),
            "workflow_slug": slug,
            "status": status,
            "parent_node_id": node_of(step_key),
            "parent_step_key": step_key,
            "started_at": started,
            "completed_at": completed,
            "duration_ms": milliseconds(started, completed),
        }
        for key, slug, status, step_key, started, completed in found.values_list(*columns)[:CHILDREN]
    ]


def accepted(execution: WorkflowExecution, **more: Any) -> dict[str, Any]:
    """What answers whoever started it."""
    return {"execution_id": str(execution.pk), "status": str(execution.status), **more}


def node_of(step_key: str) -> str | None:
    """The node of a step key: `loop_1[3]/agent_2/tool[2.0]` -> agent_2."""
    return step_key.rpartition("]/")[2].split("/")[0] or None if step_key else None


def milliseconds(started: Any, completed: Any) -> float | None:
    if started is None or completed is None:
        return None
    return round(float((completed - started).total_seconds()) * 1000, 3)


def money(amount: Decimal) -> str:
    return f"{amount:.6f}"


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
