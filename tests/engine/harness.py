"""Runs workflows in this process: the real engine, database and Redis, without a queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from apps.accounts.models import UserProfile
from apps.executions import actions, answering
from apps.executions.engine import recovery
from apps.executions.engine.executor import WorkflowExecutor
from apps.executions.models import TERMINAL, ExecutionLog, PendingTask, WorkflowExecution
from apps.workflows.components import registry
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.sealing import sealed
from apps.workflows.snapshot import content_hash, drawing_hash
from tests.workers.process import until

OWNER = "tests:1:1"


def node(node_id: str, component_type: str, **config: Any) -> dict[str, Any]:
    """A node as in a snapshot; `config` is flat."""
    return {
        "node_id": node_id, "component_type": component_type, "label": "", "config": config,
        "version": registry.get(component_type).version, "interrupt_before": False, "interrupt_after": False,
        "position_x": 0, "position_y": 0,
    }  # fmt: skip


def edge(source: str, target: str, label: str = "", condition: str = "", priority: int = 0) -> dict[str, Any]:
    return {"source": source, "target": target, "label": label, "condition": condition, "priority": priority}


def store(
    user: UserProfile, slug: str, nodes: Sequence[Mapping[str, Any]], edges: Iterable[Sequence[str]], **fields: Any
) -> WorkflowVersion:
    """A workflow whose published version is this graph; edges are (source, target[, label[, condition]])."""
    workflow = Workflow.objects.create(name=slug, slug=slug, owner=user, **fields)
    drawn = [{**node, "config": sealed(workflow, node["component_type"], node["config"])} for node in nodes]
    snapshot = {"format": 1, "nodes": drawn, "edges": [edge(*parts) for parts in edges]}
    version = WorkflowVersion.objects.create(
        workflow=workflow, number=1, snapshot=snapshot, content_hash=content_hash(snapshot),
        drawing_hash=drawing_hash(snapshot),
    )  # fmt: skip
    workflow.published_version = version
    workflow.save(update_fields=["published_version"])
    return version


def start(
    version: WorkflowVersion,
    payload: Any = None,
    *,
    text: str = "",
    trigger: str = "start",
    user: UserProfile | None = None,
    **more: Any,
) -> WorkflowExecution:
    """Triggered by `user`, else by the workflow's owner."""
    kind = next(n["component_type"] for n in version.snapshot["nodes"] if n["node_id"] == trigger)
    return actions.start_execution(
        version.workflow, trigger_node_id=trigger, trigger_type=kind, version=version,
        user=user or version.workflow.owner, event={"text": text, "payload": payload or {}}, **more,
    )  # fmt: skip


def work(owner: str = OWNER) -> None:
    """Run whatever can run, timers included, until nothing can."""
    while True:
        free = WorkflowExecution.objects.filter(lease_owner="").exclude(status__in=TERMINAL)
        if not sum(WorkflowExecutor(owner).run(key) for key in _runnable(free)):
            return


def _runnable(free: Any) -> list[Any]:
    recovery.fire_due()
    keys = list(free.filter(status__in=["pending", "running"]).values_list("pk", flat=True))
    parked = free.filter(status__in=["waiting", "interrupted"], wake_count__gt=0)
    return keys + list(parked.values_list("pk", flat=True))


def run(version: WorkflowVersion, payload: Any = None, **more: Any) -> WorkflowExecution:
    """Start, work, and the execution as it then stands."""
    execution = start(version, payload, **more)
    work()
    execution.refresh_from_db()
    return execution


def beside(request: Callable[[], Any]) -> Any:
    """What a request answers that waits for a worker: one works beside it."""
    worker = threading.Thread(target=_work_once)
    worker.start()
    try:
        return request()
    finally:
        worker.join(20)


def _work_once() -> None:
    try:
        while not WorkflowExecution.objects.exists():
            threading.Event().wait(0.01)
        work()
    finally:
        connection.close()


def answer(execution: WorkflowExecution, decision: str = "confirmed", **more: Any) -> None:
    """Answer the one open task, and work on."""
    answering.answer(PendingTask.objects.get(execution=execution, status="pending"), decision=decision, **more)
    work()
    execution.refresh_from_db()


def finals(execution: WorkflowExecution) -> dict[str, ExecutionLog]:
    """The final rows by step key."""
    return {row.step_key: row for row in execution.logs.filter(final=True, superseded=False)}


def outcome(execution: WorkflowExecution) -> dict[str, Any]:
    """What two runs of the same thing must agree on."""
    rows = finals(execution)
    return {
        "status": execution.status,
        "final_output": execution.final_output,
        "error_code": execution.error_code,
        "steps": {key: (row.status, json.dumps(row.output, sort_keys=True)) for key, row in rows.items()},
    }


def somebody_waits() -> bool:
    """Whether somebody waits for a lock of PostgreSQL's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def under_lock(holder: Model, deed: Callable[[], object], rival: Callable[[], object]) -> list[BaseException]:
    """What `deed` raises, begun in a thread while the row of `holder` is locked here; `rival` goes on under that lock
    once somebody waits for one. For PostgreSQL."""
    said: list[BaseException] = []

    def run() -> None:
        try:
            deed()
        except BaseException as error:
            said.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        type(holder)._base_manager.select_for_update().get(pk=holder.pk)
        thread.start()
        until(somebody_waits)
        rival()
    thread.join()
    return said
