"""How people start executions: run by hand, and say something in a chat."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Q, SlugField
from django.utils import timezone

from apps.accounts.models import UserProfile
from apps.workflows import access as workflows
from apps.workflows.components import _json_schema as json_schema
from apps.workflows.models import Workflow
from apps.workflows.versions import resolve as resolve_version
from pipelit.errors import Conflict, Invalid, NotFound
from pipelit.prepared import Param, Prepared

from . import access, actions, answering
from .models import Conversation, PendingTask, TaskAnswer, WorkflowExecution
from .triggers import versions
from .triggers.chat import ChatHandler
from .triggers.dispatch import dispatch_event
from .triggers.manual import ManualHandler
from .triggers.resolver import Trigger, TriggerResolver, handler_of

YES = frozenset({"yes", "y", "confirm", "confirmed", "true", "1"})
"""What counts as confirmed when an approval is answered in words."""
TITLE = 80
_SLUG = Param("slug", SlugField())
_ANY = Prepared(lambda: versions.loaded(workflows.existing()).filter(slug=_SLUG))
_SHOWN = Prepared(lambda: versions.loaded(workflows.shown_to(Param("user", BigIntegerField()))).filter(slug=_SLUG))


def runnable(user: UserProfile, slug: str) -> Workflow:
    """The workflow, its versions loaded without their snapshots: one query. Raises NotFound."""
    workflow = _ANY.first(slug=slug) if user.is_admin else _SHOWN.first(slug=slug, user=user.pk)
    if workflow is None:
        raise NotFound(f'There is no workflow "{slug}", or it is not yours.')
    return workflow


def execute(
    user: UserProfile,
    workflow: Workflow,
    *,
    text: str = "",
    payload: Mapping[str, Any] | None = None,
    trigger_node_id: str | None = None,
    version: str | int | None = None,
    key: str | None = None,
) -> WorkflowExecution:
    """Run a workflow by hand, from any of its triggers; it may be inactive. The same `key` within 24 hours answers the
    first execution. Raises Invalid if what would run is unfinished, or the payload does not fit the trigger's form."""
    full_key = scoped(key, "execute", user, workflow.pk)
    earlier = replayed(full_key)
    if earlier is not None:
        return earlier
    chosen = resolve_version(workflow, version, user)
    trigger = TriggerResolver.of(chosen).by_hand(trigger_node_id)
    _check_form(trigger, payload or {})
    event = handler_of(trigger.type).by_hand(trigger.config, text, payload or {})
    execution = dispatch_event(
        ManualHandler.type, event, workflow=workflow, trigger_node_id=trigger.node_id, user=user, version=chosen,
        idempotency_key=full_key,
    )  # fmt: skip
    assert execution is not None
    return execution


def chat(
    user: UserProfile,
    workflow: Workflow,
    *,
    text: str,
    payload: Mapping[str, Any] | None = None,
    trigger_node_id: str | None = None,
    conversation_id: UUID | None = None,
    version: str | int | None = None,
    key: str | None = None,
) -> WorkflowExecution:
    """Say something to a workflow, in a conversation or a new one. Where the conversation waits for an approval of
    this person, the text answers it, and the execution that asked goes on. The same `key` within 24 hours answers the
    first execution, started or answered."""
    full_key = scoped(key, "chat", user, workflow.pk)
    earlier = replayed(full_key)
    if earlier is not None:
        return earlier
    conversation = access.get_conversation(user, conversation_id, workflow) if conversation_id else None
    question = _open_question(user, conversation) if conversation else None
    if question is not None:
        decision = "confirmed" if text.strip().lower().rstrip(".!") in YES else "cancelled"
        try:
            answering.answer(question, decision=decision, comment=text, by=user, via="chat", key=full_key)
        except Conflict:
            if (earlier := replayed(full_key)) is not None:  # the same request came twice at once
                return earlier
            raise
        question.execution.refresh_from_db(fields=["status"])
        return question.execution
    chosen = resolve_version(workflow, version, user)
    trigger = _chat_trigger(TriggerResolver.of(chosen), trigger_node_id)
    TriggerResolver.of(chosen).check(trigger, chosen)
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(workflow=workflow, user=user, title=text.strip()[:TITLE])
        else:
            Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now())
        event = {"text": text, "payload": dict(payload or {}), "conversation_id": str(conversation.pk)}
        execution = dispatch_event(
            ChatHandler.type, event, workflow=workflow, trigger_node_id=trigger.node_id, user=user, version=chosen,
            conversation=conversation, idempotency_key=full_key,
        )  # fmt: skip
    assert execution is not None
    return execution


def scoped(key: str | None, what: str, user: UserProfile, target: object) -> str | None:
    """An Idempotency-Key as stored: of this person, for this endpoint and object."""
    if key is None:
        return None
    return f"{what}:{user.pk}:{target}:{hashlib.sha256(key.encode()).hexdigest()}"


def replayed(key: str | None) -> WorkflowExecution | None:
    """The execution that the same key started, or whose question it answered, within 24 hours."""
    if key is None:
        return None
    since = timezone.now() - dt.timedelta(hours=actions.KEY_HOURS)
    started = Q(idempotency_key=key, created_at__gt=since)
    answered = TaskAnswer.objects.filter(key=key, created_at__gt=since).values("task__execution")
    return WorkflowExecution.objects.filter(started | Q(pk__in=answered)).first()


def _check_form(trigger: Trigger, payload: Mapping[str, Any]) -> None:
    schema = trigger.config.get("input_schema") if trigger.type == ManualHandler.type else None
    found = json_schema.errors(schema, payload) if isinstance(schema, dict) else []
    if found:
        sentence = f"payload: {'; '.join(found)}."
        raise Invalid(sentence, code="payload_mismatch", fields={"payload": [f"{text}." for text in found]})


def _chat_trigger(resolver: TriggerResolver, node_id: str | None) -> Trigger:
    if node_id is not None:
        found = resolver.get(node_id)
        if found is None or found.type != ChatHandler.type:
            raise Invalid(f'There is no chat trigger "{node_id}" in this version of the workflow.', code="no_trigger")
        return found
    for trigger in resolver.of_type(ChatHandler.type):
        return trigger
    raise Invalid("The workflow has no active chat trigger: add one to talk to it.", code="no_trigger")


def _open_question(user: UserProfile, conversation: Conversation) -> PendingTask | None:
    """The approval that the conversation waits for, if it is this person's to give and asks for no form."""
    return (
        access.answerable(user)
        .filter(
            execution__conversation=conversation, kind=PendingTask.Kind.APPROVAL,
            status=PendingTask.Status.PENDING, schema__isnull=True,
        )
        .select_related("execution")
        .order_by("created_at", "id")
        .first()
    )  # fmt: skip
