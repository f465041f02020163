"""What a person or another app can do with executions: one function each, one transaction each; events and jobs leave
on commit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache as cached
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import UserProfile
from apps.workflows import topology
from apps.workflows.components import registry
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit.crash import crash_point
from pipelit.errors import Conflict, UserError

from .engine import cache, keys, queue, transitions
from .engine.state import Outcome, is_handled
from .engine.waits import SETTLED
from .models import Conversation, ExecutionLog, PendingTask, Status, StoredValue, WorkflowExecution
from .triggers.resolver import handler_of

KEY_HOURS = 24
"""How long the same idempotency key answers the first execution."""
_ITERATION = re.compile(r"(\w+)\[\d+\]/")


def start_execution(
    workflow: Workflow,
    *,
    trigger_node_id: str,
    event: Mapping[str, Any],
    version: WorkflowVersion,
    trigger_type: str,
    user: UserProfile | None = None,
    conversation: Conversation | None = None,
    parent: WorkflowExecution | None = None,
    parent_step_key: str = "",
    idempotency_key: str | None = None,
    rerun_of: WorkflowExecution | None = None,
    reply_to: Mapping[str, Any] | None = None,
) -> WorkflowExecution:
    """Store an execution and ask for a worker once that is committed. `event` is what `{{ trigger }}` shows,
    `reply_to` the address of its replies and its result. The same `idempotency_key` within 24 hours answers the first
    execution."""
    execution = WorkflowExecution(
        workflow=workflow, version=version, trigger_node_id=trigger_node_id, trigger_type=trigger_type,
        trigger_payload=dict(event), user=user, conversation=conversation, parent=parent,
        parent_step_key=parent_step_key, depth=parent.depth + 1 if parent else 0,
        idempotency_key=idempotency_key, rerun_of=rerun_of, reply_to=reply_to and dict(reply_to),
    )  # fmt: skip
    if idempotency_key is None:
        execution.save(force_insert=True)
    else:
        earlier = _same_key(idempotency_key)
        if earlier is not None:
            return earlier
        try:
            with transaction.atomic():
                execution.save(force_insert=True)
        except IntegrityError:
            return WorkflowExecution.objects.get(idempotency_key=idempotency_key)
    crash_point("execution.stored")
    transaction.on_commit(lambda: queue.enqueue(execution.pk), robust=True)
    return execution


def _same_key(key: str) -> WorkflowExecution | None:
    found = WorkflowExecution.objects.filter(idempotency_key=key).first()
    if found is None or found.created_at > timezone.now() - dt.timedelta(hours=KEY_HOURS) or key.startswith("child:"):
        return found
    WorkflowExecution.objects.filter(pk=found.pk).update(idempotency_key=None)
    return None


@transaction.atomic
def cancel(execution: WorkflowExecution, by: UserProfile | None = None) -> WorkflowExecution:
    """Cancel an unfinished execution at once, its children with it. Raises Conflict if it has ended."""
    reason = f"Cancelled by {by.username}." if by else "Cancelled."
    if not transitions.cancel_row(execution, reason):
        raise Conflict("The execution has ended already; only one that has not can be cancelled.")
    execution.refresh_from_db()
    return execution


@transaction.atomic
def retry(execution: WorkflowExecution, by: UserProfile | None = None, *, key: str = "") -> WorkflowExecution:
    """Run a failed execution again from the step that failed; what succeeded stays. Raises Conflict otherwise. The
    `key` of the last retry does nothing again."""
    held = WorkflowExecution.objects.select_for_update(no_key=True).get(pk=execution.pk)
    if key and held.retry_key == key:
        return held
    if held.status != Status.FAILED:
        raise Conflict(f"The execution is {held.status}; only a failed one can be retried.")
    plan = cache.plan(held.version, held.trigger_node_id)
    failed = held.logs.filter(final=True, superseded=False, status="failed").only("node_id", "state")
    stopped = {row.node_id for row in failed if row.node_id in plan.nodes and not _went_on(plan, row)}
    again = {name for node in stopped for name in (node, *topology.followers(plan, node))}
    rows = held.logs.filter(superseded=False, node_id__in=again)
    keep = _healthy_iterations(plan, rows, again, stopped)
    gone = rows.exclude(pk__in=keep)
    answers = PendingTask.objects.filter(execution=held, attempt_group=held.attempt_group, status__in=SETTLED)
    answers = answers.exclude(step_key__in=gone.values_list("step_key", flat=True))  # what stays keeps its answers
    answers.update(attempt_group=held.attempt_group + 1)
    gone.update(superseded=True)
    WorkflowExecution.objects.filter(pk=held.pk).update(
        status=Status.PENDING, epoch=held.epoch + 1, attempt_group=held.attempt_group + 1, lease_owner="",
        error_message="", error_code="", failed_node_id="", failed_step_key="", completed_at=None, takeovers=0,
        retry_key=key, retried_at=timezone.now(),
    )  # fmt: skip
    transaction.on_commit(lambda: queue.enqueue(held.pk), robust=True)
    execution.refresh_from_db()
    return execution


def _went_on(plan: topology.Plan, row: ExecutionLog) -> bool:
    """Whether the run went on after this failure, or after that of the iteration that it belongs to."""
    outcome, name = Outcome("failed", state=row.state or {}), row.node_id
    while not is_handled(plan.nodes[name], outcome):
        name = plan.nodes[name].scope
        if not name or outcome.ends_all:
            return False
        if plan.nodes[name].config.get("on_error") == "continue":
            return True
    return True


def _healthy_iterations(plan: topology.Plan, rows: Any, again: set[str], stopped: set[str]) -> list[int]:
    """Rows of iterations that nothing has stopped: a loop that is retried keeps them."""
    found = rows.filter(step_key__contains="]/").values_list("pk", "step_key", "node_id", "status")
    stops = {key for _, key, name, status in found if status == "failed" and name in stopped}
    bad = {prefix for key in stops for _, prefix in _iterations(key)}

    def is_kept(key: str) -> bool:
        for loop, prefix in _iterations(key):
            if any(edge.source in again for edge in plan.nodes[loop].incoming):
                return False  # its items may differ
            if prefix not in bad:
                return True
        return False

    return [pk for pk, key, _, _ in found if is_kept(key)]


def _iterations(step_key: str) -> list[tuple[str, str]]:
    """The iterations that a step lies in, outermost first: (loop, prefix of its keys)."""
    return [(found[1], step_key[: found.end()]) for found in _ITERATION.finditer(step_key)]


@transaction.atomic
def rerun(
    execution: WorkflowExecution,
    *,
    by: UserProfile | None = None,
    from_step: str | None = None,
    edits: Mapping[str, Any] | None = None,
    version: WorkflowVersion | None = None,
    key: str | None = None,
) -> WorkflowExecution:
    """A new execution with the same input; the same `key` within 24 hours answers the first one. `from_step` takes over
    what was recorded before that node, or before the one step that a key names; `edits` are outputs ({node id or step
    key: ports}) to use in place of recorded ones, and what comes after them runs again; `version` defaults to the one
    that ran. Raises UserError (422) if there is no such step."""
    if key is not None:
        WorkflowExecution.objects.select_for_update(no_key=True).get(pk=execution.pk)  # one at a time
        earlier = _same_key(key)
        if earlier is not None:
            return earlier
    version = version or execution.version
    plan = cache.plan(version, execution.trigger_node_id)
    edits = edits or {}
    again = _paths(execution, plan, from_step, edits)
    event = execution.trigger_payload
    if plan.trigger in edits:
        event = handler_of(plan.nodes[plan.trigger].type).edited(event, edits[plan.trigger])
    started = start_execution(
        execution.workflow, trigger_node_id=execution.trigger_node_id, trigger_type=execution.trigger_type,
        event=event, version=version, user=by or execution.user,
        conversation=execution.conversation, rerun_of=execution, idempotency_key=key,
    )  # fmt: skip
    if again:
        _take_over(execution, started, plan, again, edits)
    return started


def _paths(
    execution: WorkflowExecution, plan: topology.Plan, from_step: str | None, edits: Mapping[str, Any]
) -> list[str]:
    """The paths of the steps from which on all runs again, or is edited. Raises UserError."""
    found = []
    for step in (*edits, *([from_step] if from_step else ())):
        path = keys.path(plan, step)
        if path is None or not _has_begun(execution, path):
            raise UserError(f'There is no step "{step}" in what runs from trigger "{plan.trigger}".', status=422)
        if step in edits and path != step:
            loop, one = plan.nodes[step].scope, path.replace("/", "[0]/")
            raise UserError(
                f'"{step}" runs once for each item of the loop "{loop}": edit the `results` of the loop instead, or '
                f'one step, such as "{one}".',
                status=422,
            )
        found.append(path)
    return found


def _has_begun(execution: WorkflowExecution, path: str) -> bool:
    """Whether the iteration was there in which a step lies; true of what names none."""
    iteration = path[: path.rfind("]/") + 2] if "]/" in path else ""
    return not iteration or execution.logs.filter(step_key__startswith=iteration).exists()


def _take_over(
    old: WorkflowExecution, new: WorkflowExecution, plan: topology.Plan, again: list[str], edits: Mapping[str, Any]
) -> None:
    """Copy the journal of all that does not run again: of what does not come after the paths `again`."""
    followers = cached(partial(topology.followers, plan))
    rows: list[ExecutionLog] = []
    for row in old.logs.filter(final=True, superseded=False).order_by("id"):
        if row.node_id not in plan.nodes or any(keys.comes_after(row.step_key, path, followers) for path in again):
            continue
        if row.status == "failed" and not _went_on(plan, row):
            continue
        row.pk, row.execution, row.attempt_group = None, new, 1
        row.metadata = {name: value for name, value in row.metadata.items() if name != "token_usage"} | {
            "taken_over": True
        }
        rows.append(row)
    now = timezone.now()
    rows += [
        ExecutionLog(
            execution=new,
            node_id=(name := step.rpartition("/")[2]),
            step_key=step,
            status="success",
            output=ports,
            state=_state(plan.nodes[name].type, ports),
            metadata={"edited": True},
            started_at=now,
            timestamp=now,
        )
        for step, ports in edits.items()
    ]
    ExecutionLog.objects.bulk_create(rows)
    StoredValue.objects.bulk_create(
        [StoredValue(execution=new, digest=v.digest, size=v.size, data=v.data) for v in old.values.all()]
    )
    WorkflowExecution.objects.filter(pk=new.pk).update(epoch=1)  # an execution past its first epoch reads its journal


def _state(component_type: str, ports: Mapping[str, Any]) -> dict[str, Any]:
    """The reserved keys that go with outputs written by hand."""
    route = registry.get(component_type).route(ports)
    return {} if route is None else {"_route": route}
