"""What an execution waits for: its pending tasks, as the running execution sees them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from apps.executions import access
from apps.executions.delivery import questions
from apps.executions.models import ASKED, PendingTask, WorkflowExecution
from apps.workflows.components.base import Answer, Waiting
from pipelit import events
from pipelit.fields import storable

from .journal import Journal

MOST_TOLD = 100
"""Of many who may answer, so many hear of it live; the others see it when they look."""
OWN = ("retry:", "interrupt:", "unknown:")
"""What the keys of the engine's own waits begin with: a step did not run meanwhile."""
SETTLED = (PendingTask.Status.ANSWERED, PendingTask.Status.EXPIRED)


class Waits:
    """The pending tasks of this attempt group, by step key and the wait's own key."""

    def __init__(self, execution: WorkflowExecution, journal: Journal) -> None:
        self._execution = execution
        self._journal = journal
        self._lock = threading.Lock()
        self._tasks: dict[tuple[str, str], PendingTask] = {}
        self._taken: set[int] = set()
        """Tasks whose answer a step has seen."""
        self._seen: dict[str, dict[str, PendingTask]] = {}
        """The same by step key and the wait's own key."""

    def load(self) -> None:
        """Read the tasks afresh; called before a run and at every wake."""
        found = {(task.step_key, task.key): task for task in self._stored()}
        with self._lock:
            self._tasks |= found

    def has_news(self, step_key: str) -> bool:
        """Whether an answer for the step is there that it has not seen."""
        with self._lock:
            return any(
                task.step_key == step_key and task.status in SETTLED and task.pk not in self._taken
                for task in self._tasks.values()
            )

    def answer(self, step_key: str, key: str) -> Answer | None:
        """The answer to a wait; None while it is open or was never begun."""
        with self._lock:
            task = self._tasks.get((step_key, key))
            if task is None or task.status not in SETTLED:
                return None
            self._taken.add(task.pk)
            self._seen.setdefault(step_key, {})[key] = task
        return Answer(
            task.decision, task.response, task.comment, task.responded_by.username if task.responded_by else ""
        )

    def seen(self, step_key: str) -> tuple[float, list[dict[str, Any]]]:
        """Of the answers that the step has seen: how many milliseconds it waited for them, and what people said."""
        with self._lock:
            tasks = list(self._seen.get(step_key, {}).values())
        return _waited([task for task in tasks if not task.key.startswith(OWN)]), [
            said for task in tasks if task.kind in ASKED for said in _said(task)
        ]

    def is_open(self, step_key: str, key: str) -> bool:
        with self._lock:
            return (step_key, key) in self._tasks

    def wait(
        self,
        node_id: str,
        step_key: str,
        key: str,
        kind: PendingTask.Kind,
        *,
        prompt: str = "",
        schema: Mapping[str, Any] | None = None,
        assignees: Sequence[str] = (),
        until: dt.datetime | None = None,
        on_expiry: str = "",
        quorum: int = 1,
        bot: int | None = None,
        begin: Callable[[PendingTask], None] | None = None,
    ) -> Answer:
        """The answer; while there is none, the task is there and Waiting is raised. `begin` runs in the transaction
        that creates the task, before it is saved. `bot`: the credential of the Telegram bot that asks."""
        if not self.is_open(step_key, key):
            task = PendingTask(
                execution=self._execution, node_id=node_id, step_key=step_key, key=key,
                attempt_group=self._execution.attempt_group, kind=kind, prompt=storable(prompt),
                schema=dict(schema) if schema else None, assignees=list(assignees), until=until, on_expiry=on_expiry,
                quorum=quorum,
            )  # fmt: skip

            def create() -> Sequence[Any]:
                nonlocal task
                if kind == PendingTask.Kind.CALLBACK and (early := self._stored().filter(step_key=step_key, key=key)):
                    task = early[0]  # called before it began
                    return ()
                if task.pk is None or not PendingTask.objects.filter(pk=task.pk, token=task.token).exists():
                    if begin is not None:
                        begin(task)
                    task.pk = None  # a commit that failed is tried again
                    task.save(force_insert=True)
                    questions.ask(task, self._execution, bot=bot)
                return (task_event(task, self._execution.workflow.slug),)

            self._journal.transact(create)
            with self._lock:
                self._tasks[step_key, key] = task
        answer = self.answer(step_key, key)
        if answer is None:
            raise Waiting
        return answer

    def _stored(self) -> QuerySet[PendingTask]:
        tasks = PendingTask.objects.select_related("responded_by").prefetch_related("answers")
        return tasks.filter(execution=self._execution, attempt_group=self._execution.attempt_group)


def _waited(tasks: Iterable[PendingTask]) -> float:
    """Milliseconds in which at least one of them was open."""
    total, until = dt.timedelta(), None
    for start, end in sorted((task.created_at, task.answered_at or task.created_at) for task in tasks):
        total += max(end - max(start, until or start), dt.timedelta())
        until = max(end, until or end)
    return total.total_seconds() * 1000


def _said(task: PendingTask) -> list[dict[str, Any]]:
    """Who answered what and when; of what nobody answered, its expiry."""
    votes: list[dict[str, Any]] = [
        {"by": vote.actor, "decision": vote.decision, "comment": vote.comment, "at": vote.created_at, "via": vote.via}
        for vote in task.answers.all()
    ]
    nobody: dict[str, Any] = {
        "by": "",
        "decision": task.decision,
        "comment": task.comment,
        "at": task.answered_at,
        "via": "",
    }
    return [{**said, "at": said["at"] and said["at"].isoformat()} for said in votes or [nobody]]


def task_event(task: PendingTask, slug: str, also: Iterable[str] = ()) -> events.Event:
    """task_updated: a task has come, is answered, or has changed hands. Told to those whose it is to answer, and on
    other channels (`also`), too."""
    people = access.answerers(task).values_list("pk", flat=True)[:MOST_TOLD] if task.kind in ASKED else ()
    told = (f"workflow:{slug}", f"execution:{task.execution_id}", *(f"user:{key}" for key in people), *also)
    return events.Event("task_updated", tuple(dict.fromkeys(told)), task_body(task))


def task_body(task: PendingTask) -> dict[str, Any]:
    """A task as live events show it."""
    return {
        "id": task.pk, "execution_id": str(task.execution_id), "node_id": task.node_id, "kind": task.kind,
        "status": str(task.status), "decision": task.decision or None,
    }  # fmt: skip


def hold(execution_id: UUID) -> None:
    """Lock an execution. Whoever changes its tasks does so first: parking, ending and cancelling hold it already."""
    WorkflowExecution.objects.select_for_update(no_key=True).filter(pk=execution_id).values_list("pk").first()


def settle(
    task: PendingTask, *, status: str, decision: str, data: Any = None, comment: str = "", by: Any = None
) -> bool:
    """Answer a task once and raise its execution's wake counter; whether it was still open. Call in a transaction."""
    hold(task.execution_id)
    done = PendingTask.objects.filter(pk=task.pk, status=PendingTask.Status.PENDING).update(
        status=status, decision=decision, response=data, comment=comment, responded_by=by, answered_at=timezone.now()
    )
    if done:
        WorkflowExecution.objects.filter(pk=task.execution_id).update(wake_count=F("wake_count") + 1)
    return bool(done)
