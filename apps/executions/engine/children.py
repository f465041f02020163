"""Child executions: started once per step and attempt group, together with the pending task that waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from apps.executions.models import PendingTask
from apps.workflows import access
from pipelit.errors import NotFound, UserError

if TYPE_CHECKING:
    from .context import StepContext

MAX_DEPTH = 10


def spawn(context: StepContext, slug: str, payload: Mapping[str, Any], *, text: str, wait: bool, key: str) -> Any:
    """The child's final output (or its execution id, when `wait` is false). Raises Waiting until it has ended."""
    run = context.run
    if run.execution.depth + 1 > MAX_DEPTH:
        raise UserError(f"Workflows call one another more than {MAX_DEPTH} levels deep.", code="limit_exceeded")
    if wait:
        answer = run.waits.wait(
            context.step.node_id, context.step_key, f"child:{key}", PendingTask.Kind.CHILD,
            prompt=f'Waits for workflow "{slug}"', begin=lambda task: _begin(context, task, slug, payload, text),
        )  # fmt: skip
        if answer.decision == "done":
            return answer.data
        raise UserError(
            f'The workflow "{slug}" that node "{context.node_id}" called {answer.comment}', code="child_failed"
        )
    return context.substep(f"spawn:{key}", lambda: {"execution_id": str(_start(context, slug, payload, text, key))})[
        "execution_id"
    ]


def _begin(context: StepContext, task: PendingTask, slug: str, payload: Mapping[str, Any], text: str) -> None:
    task.child_id = _start(context, slug, payload, text, task.key)


def _start(context: StepContext, slug: str, payload: Mapping[str, Any], text: str, key: str) -> Any:
    from apps.executions.triggers.dispatch import dispatch_event  # the trigger side stands on the engine

    execution = context.run.execution
    person = execution.user or context.run.workflow.owner
    workflow = access.readable(person).filter(slug=slug).first()
    if workflow is None:
        raise NotFound(
            f'There is no workflow "{slug}" that {person.username} may read, with whose rights this runs. Share it '
            "with them or make it public if there is one."
        )
    started = dispatch_event(
        "trigger_workflow",
        {"text": text, "payload": dict(payload), "source_workflow": context.run.workflow.slug},
        workflow=workflow,
        user=person,
        parent=execution,
        parent_step_key=context.step_key,
        idempotency_key=f"child:{context.idempotency_key}:{key}",
    )
    if started is None:
        raise NotFound(
            f'The workflow "{slug}" has no trigger_workflow node that takes calls from "{context.run.workflow.slug}".'
        )
    return started.pk
