"""What happens to an execution's row at the end of a run: completed, failed, parked. Each is called in a transaction
that holds the row's lease."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.executions.delivery import notices, questions, results
from apps.executions.models import PARKED, TERMINAL, PendingTask, Status, WorkflowExecution
from pipelit import events

from . import queue
from .usage import Usage
from .waits import settle, task_body, task_event

ON_PERSON = frozenset({PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN})


def finish(execution: WorkflowExecution, status: Status, usage: Usage | None = None, **fields: Any) -> None:
    """Make an execution terminal: answer its parent, close its tasks, cancel its children, tell the error trigger. One
    that has ended stays as it is."""
    now = timezone.now()
    values = {
        "status": status,
        "completed_at": now,
        "lease_owner": "",
        "lease_expires_at": None,
        "waiting_since": None,
        **fields,
    }
    if usage is not None:
        values |= usage_fields(usage)
    if not WorkflowExecution.objects.filter(pk=execution.pk).exclude(status__in=TERMINAL).update(**values):
        execution.refresh_from_db()
        return
    for name, value in values.items():
        setattr(execution, name, value)
    close_tasks(execution)
    results.of_end(execution)
    notices.of_end(execution)
    _answer_parent(execution)
    if status is Status.FAILED:
        from apps.executions.triggers.dispatch import dispatch_error  # the trigger side stands on the engine

        dispatch_error(execution)
    _start_next(execution)


def park(execution: WorkflowExecution, usage: Usage) -> bool:
    """Release the worker of an execution that can only wait; False if an answer has come meanwhile."""
    kinds = set(
        PendingTask.objects.filter(execution=execution, status=PendingTask.Status.PENDING).values_list(
            "kind", flat=True
        )
    )
    status = Status.INTERRUPTED if kinds & ON_PERSON else Status.WAITING
    values = {
        "status": status,
        "lease_owner": "",
        "lease_expires_at": None,
        "waiting_since": timezone.now(),
        "waiting_told": 0,
        "takeovers": 0,
        "wake_count": 0,
    }
    same = WorkflowExecution.objects.filter(pk=execution.pk, epoch=execution.epoch, wake_count=execution.wake_count)
    parked = bool(same.update(**values, **usage_fields(usage)))
    if parked:
        execution.status = status
        _start_next(execution)
    else:
        execution.refresh_from_db(fields=["wake_count"])
    return parked


def usage_fields(usage: Usage) -> dict[str, Any]:
    return {
        "total_input_tokens": usage.input_tokens,
        "total_output_tokens": usage.output_tokens,
        "total_cost_usd": usage.cost_usd,
        "cost_known": usage.cost_known,
        "llm_calls": usage.llm_calls,
    }


def close_tasks(execution: WorkflowExecution, below: str = "") -> None:
    """Nobody waits any more for what an execution has asked that has ended, or whose steps with keys `below` this
    prefix lead nowhere now: what is open is closed, and its children are cancelled."""
    unanswered = PendingTask.objects.filter(execution=execution, status=PendingTask.Status.PENDING)
    for task in unanswered.filter(step_key__startswith=below):
        values = {"status": PendingTask.Status.CLOSED, "answered_at": timezone.now()}
        # SQLite compares prefixes without case; and an answer may have come meanwhile
        if not task.step_key.startswith(below) or not unanswered.filter(pk=task.pk).update(**values):
            continue
        task.status = PendingTask.Status.CLOSED
        tell_settled(task, execution.workflow.slug, "No longer asked.")
        if task.child is not None:
            cancel_row(task.child, "The execution that called this one waits for it no longer.")


def tell_settled(task: PendingTask, slug: str, outcome: str) -> None:
    """Tell live, and where a person was asked, that a task is settled. Call in the transaction that settles it."""
    if task.kind in ON_PERSON:
        questions.withdraw(task, outcome)
        events.on_commit(task_event(task, slug))


def cancel_row(execution: WorkflowExecution, reason: str) -> bool:
    """Cancel an unfinished execution whoever holds it: the epoch grows, so that its worker writes nothing more.
    False if it had ended already. Call in a transaction."""
    held = _held_with_children(execution.pk)
    if held.status in TERMINAL:
        return False
    finish(
        held, Status.CANCELLED, epoch=held.epoch + 1, cancel_requested_at=timezone.now(), error_code="cancelled",
        error_message=reason,
    )  # fmt: skip
    slug = held.workflow.slug
    event = ended_event(held, slug)
    transaction.on_commit(lambda: queue.nudge(held.pk, "cancel"), robust=True)
    events.on_commit(event)
    return True


def _held_with_children(key: UUID) -> WorkflowExecution:
    """An execution under lock, after those that it waits for: a child that ends locks itself first, too, then who
    called it."""
    waited_for = PendingTask.objects.filter(execution=key, status=PendingTask.Status.PENDING, child__isnull=False)
    for child in waited_for.order_by("child").values_list("child", flat=True):
        _held_with_children(child)
    return WorkflowExecution.objects.select_for_update(no_key=True).get(pk=key)


def ended_event(execution: WorkflowExecution, slug: str) -> events.Event:
    """execution_completed, _failed, _cancelled, _waiting or _interrupted: the latter two with the task that is waited
    for, of several the oldest that a person can answer."""
    data: dict[str, Any] = {"execution_id": str(execution.pk), "status": str(execution.status)}
    if execution.status in PARKED:
        tasks = PendingTask.objects.filter(execution=execution, status=PendingTask.Status.PENDING)
        oldest = sorted(tasks, key=lambda task: (task.kind not in ON_PERSON, task.pk))
        data["pending_task"] = task_body(oldest[0]) if oldest else None
    if execution.completed_at and execution.started_at:
        data["duration_ms"] = round((execution.completed_at - execution.started_at).total_seconds() * 1000, 3)
    if execution.error_code:
        data |= {
            "error": execution.error_message,
            "error_code": execution.error_code,
            "failed_node_id": execution.failed_node_id,
        }
    return events.Event(f"execution_{execution.status}", (f"workflow:{slug}", f"execution:{execution.pk}"), data)


def _answer_parent(execution: WorkflowExecution) -> None:
    if execution.parent_id is None:
        return
    task = PendingTask.objects.filter(child=execution, status=PendingTask.Status.PENDING).first()
    if task is None:
        return
    if execution.status == Status.COMPLETED:
        settle(task, status=PendingTask.Status.ANSWERED, decision="done", data=execution.final_output)
    else:
        reason = f"{execution.status}: {execution.error_message}" if execution.error_message else str(execution.status)
        settle(task, status=PendingTask.Status.ANSWERED, decision=str(execution.status), comment=reason)
    wake(task.execution_id)


def wake(execution_id: Any) -> None:
    """After an answer, once it is committed: the worker that holds the execution goes on, or one takes it."""
    transaction.on_commit(lambda: queue.wake(execution_id), robust=True)


def _start_next(execution: WorkflowExecution) -> None:
    """A place has become free in a workflow that limits how many of its executions run at once."""
    if execution.workflow.concurrency is None:
        return
    following = (
        WorkflowExecution.objects.filter(workflow_id=execution.workflow_id, status=Status.PENDING, lease_owner="")
        .order_by("created_at")
        .values_list("pk", flat=True)
        .first()
    )
    if following is not None:
        transaction.on_commit(lambda: queue.enqueue(following), robust=True)
