"""Answering what an execution waits for: as a person (signed in, by a signed link, in a chat), or as the program that
holds a callback's address. The first answer wins, or as many as the task's quorum asks for."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.workflows.components import _json_schema as json_schema
from pipelit import events
from pipelit.errors import Conflict, Forbidden, Invalid, NotFound

from . import access
from .delivery import questions
from .engine import transitions
from .engine.waits import hold, settle, task_event
from .models import ASKED, TERMINAL, PendingTask, TaskAnswer, WorkflowExecution

QUESTIONS = (PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN)
"""What a person is asked."""


def answer(
    task: PendingTask,
    *,
    decision: str,
    data: Any = None,
    comment: str = "",
    by: UserProfile | None = None,
    actor: str = "",
    via: str = "api",
    key: str | None = None,
) -> PendingTask:
    """Answer as a person: `by`, or who `actor` (a user name, `email:...`, `telegram:...`) names; a linked Telegram
    account is its person. `key` is kept of what brought the answer and may bring it again. Raises Conflict if it is
    answered (by whom, when), Forbidden for agents, Invalid if `data` does not fit the task's form. Refusals are
    audited."""
    by = by or access.person_of(actor)
    actor = by.username if by else actor
    vote = TaskAnswer(
        task=task, actor=actor, user=by, via=via, decision=decision, data=data, comment=comment, key=key
    )  # fmt: skip
    try:
        with transaction.atomic():
            return _answered(vote)
    except (Conflict, Forbidden) as error:
        audit(by, "task.refused", task, reason=error.code, who=actor, via=via)
        raise


def task_of(user: UserProfile, task_id: int) -> PendingTask:
    """The task of somebody who is signed in; raises NotFound, audited, for one that is not theirs to answer."""
    try:
        return access.get_task(user, task_id, write=True)
    except NotFound:
        if PendingTask.objects.filter(pk=task_id).exists():
            audit(user, "task.refused", f"pendingtask:{task_id}", reason="not_theirs", via="api")
        raise


def check_open(task: PendingTask) -> None:
    """Raises Conflict, which says who answered, if nobody is asked any more."""
    if task.status != PendingTask.Status.PENDING:
        raise Conflict(_taken(task), code="already_answered")
    if task.until is not None and task.until <= timezone.now():  # the scheduler is about to say so
        raise Conflict(f"The task expired at {task.until.isoformat(timespec='seconds')}.", code="already_answered")


@transaction.atomic
def call_back(execution: WorkflowExecution, step_key: str, key: str, data: Any) -> None:
    """Answer a callback; a wait that has not begun will find the answer. Raises Conflict if it was answered, or nobody
    will wait for it any more."""
    found = PendingTask.objects.filter(
        execution=execution, step_key=step_key, key=key, attempt_group=execution.attempt_group
    )
    held = _held(found.first() or _called_early(execution, step_key, key))
    settle(held, status=PendingTask.Status.ANSWERED, decision="done", data=data)
    transitions.wake(held.execution_id)


@transaction.atomic
def delegate(task: PendingTask, to: UserProfile, by: UserProfile, comment: str = "") -> PendingTask:
    """Hand a question to somebody else, who is told. Raises Conflict if it is answered, Invalid for an agent."""
    held = _held(task)
    if to.is_agent or not to.is_active:
        raise Invalid(f"{to.username} cannot answer questions.", fields={"to": ["Choose an active person."]})
    before = task_event(held, held.execution.workflow.slug).channels
    others = [name for name in held.assignees if name not in (by.username, to.username)]
    held.assignees = [*others, to.username]
    held.save(update_fields=["assignees"])
    audit(by, "task.delegated", held, to=to.username, comment=comment[:500])
    questions.ask(held, held.execution, only=to)
    events.on_commit(task_event(held, held.execution.workflow.slug, also=before))
    return held


def _called_early(execution: WorkflowExecution, step_key: str, key: str) -> PendingTask:
    """The task of a wait that has not begun. Under the lock that keeps it from beginning meanwhile (see journal)."""
    held = WorkflowExecution.objects.select_for_update(no_key=True).get(pk=execution.pk)
    if held.status in TERMINAL:
        raise Conflict(f"Nobody waits for this call any more: the execution is {held.status}.")
    if held.logs.filter(step_key=step_key, final=True, superseded=False).exists():
        raise Conflict("Nobody waits for this call any more: its step has ended.")
    task, _ = PendingTask.objects.get_or_create(
        execution=held, step_key=step_key, key=key, attempt_group=held.attempt_group,
        defaults={"node_id": step_key.rpartition("/")[2], "kind": PendingTask.Kind.CALLBACK},
    )  # fmt: skip
    return task


def _answered(vote: TaskAnswer) -> PendingTask:
    task, by = vote.task, vote.user
    if by is not None and by.is_agent:
        raise Forbidden("Agents cannot decide what a person is asked.")
    held = _held(task)
    decision, data, comment = vote.decision, vote.data, vote.comment
    if decision == "confirmed" and held.schema:
        found = json_schema.errors(held.schema, {} if data is None else data)
        if found:
            sentence = f"data: {'; '.join(found)}."
            raise Invalid(sentence, code="data_mismatch", fields={"data": [f"{text}." for text in found]})
    if vote.actor:
        _record(vote, held)
    confirmed = list(held.answers.filter(decision="confirmed"))
    if decision == "confirmed" and 1 < held.quorum > len(confirmed):
        events.on_commit(task_event(held, held.execution.workflow.slug))
        return held
    if len(confirmed) > 1:
        data, comment = _together(confirmed)
    settle(held, status=PendingTask.Status.ANSWERED, decision=decision, data=data, comment=comment, by=by)
    transitions.wake(held.execution_id)
    held.refresh_from_db()
    outcome = f"{decision} by {vote.actor}" if vote.actor else decision
    transitions.tell_settled(held, held.execution.workflow.slug, outcome)
    return held


def _held(task: PendingTask) -> PendingTask:
    """The open task under lock; raises Conflict if it is none any more, or was never one for people."""
    if task.kind not in ASKED:
        raise Conflict(f"A task of kind {task.kind} answers itself; nobody else can.")
    hold(task.execution_id)
    held = PendingTask.objects.select_for_update(no_key=True, of=("self",)).get(pk=task.pk)
    check_open(held)
    return held


def _record(vote: TaskAnswer, task: PendingTask) -> None:
    """Keep the vote; raises Conflict for the second one of a person, as whom they were known at the first."""
    known = Q(actor=vote.actor)
    if vote.user is not None:
        known |= Q(user=vote.user)
        if vote.user.telegram_user_id is not None:
            known |= Q(actor=f"telegram:{vote.user.telegram_user_id}")
    if task.answers.filter(known).exists():
        missing = task.quorum - task.answers.filter(decision="confirmed").count()
        raise Conflict(
            f"You have answered already. The task waits for {missing} more to confirm.", code="already_answered"
        )
    vote.save(force_insert=True)
    audit(vote.user, "task.answered", task, decision=vote.decision, who=vote.actor, via=vote.via)


def _together(confirmed: list[TaskAnswer]) -> tuple[Any, str]:
    """The data of all who confirmed, later ones winning, and what each wrote."""
    data: dict[str, Any] = {}
    for one in confirmed:
        if isinstance(one.data, dict):
            data |= one.data
    return data, "\n".join(f"{one.actor}: {one.comment}" for one in confirmed if one.comment)


def _taken(task: PendingTask) -> str:
    last = task.answers.last()
    name = task.responded_by.username if task.responded_by else last.actor if last else ""
    who = f" by {name}" if name else ""
    when = f" at {task.answered_at.isoformat(timespec='seconds')}" if task.answered_at else ""
    match task.status:
        case PendingTask.Status.ANSWERED:
            return f"The task was answered{who}{when}: {task.decision}."
        case PendingTask.Status.EXPIRED:
            return f"The task expired{when}: {task.decision}."
        case _:
            return f"Nobody waits for the task any more: its execution ended{when}."
