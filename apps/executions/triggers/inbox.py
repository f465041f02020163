"""The inbox: every event from outside is stored with what became of it, in the transaction that starts its execution.
One that starts nothing is kept whole, to be replayed; the same delivery twice is one event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import CharField, QuerySet
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.executions.actions import KEY_HOURS
from apps.executions.models import Conversation, TriggerEvent, WorkflowExecution
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit.errors import Conflict, NotFound, PipelitError
from pipelit.prepared import Param, Prepared

from .dispatch import dispatch_event, short

TITLE = 200
Status = TriggerEvent.Status


def _by(name: str) -> QuerySet[TriggerEvent]:
    given = {one: Param(one, CharField()) for one in ("source", name)}
    return TriggerEvent.objects.filter(**given).order_by().select_related("execution")


_SAME: dict[str, Prepared[TriggerEvent]] = {name: Prepared(partial(_by, name)) for name in ("key", "signed")}
"""By what an event is known to be one that was received before."""


def receive(
    trigger_type: str,
    event: Mapping[str, Any],
    *,
    workflow: Workflow,
    trigger_node_id: str,
    source: str,
    key: str = "",
    signed: str = "",
    title: str = "",
    version: WorkflowVersion | None = None,
    user: UserProfile | None = None,
    conversation: Conversation | None = None,
) -> WorkflowExecution:
    """Store an event and start its execution; a delivery that was received before (of the `source`, with the `key` or
    `signed`) answers the execution that it started, or is tried again if it started none. Raises what `dispatch_event`
    raises, and NotFound if no trigger takes it, once the event is stored; Conflict if its execution is deleted."""
    arrived = _arrived(trigger_type, event, workflow, trigger_node_id, source, key, signed, title)

    def started(received: TriggerEvent) -> WorkflowExecution:
        if received.status != Status.STARTED:
            return _start(received, event, version, user, conversation)
        if received.execution is None:
            raise Conflict("This was received before, and its execution has been deleted.", code="received_before")
        return received.execution

    try:
        return started(_earlier(arrived) or arrived)
    except IntegrityError:  # the same delivery came at the same moment
        if (other := _earlier(arrived)) is None:
            raise
        return started(other)


def hold(
    trigger_type: str,
    event: Mapping[str, Any],
    *,
    workflow: Workflow,
    trigger_node_id: str,
    source: str,
    key: str = "",
    signed: str = "",
    title: str = "",
) -> TriggerEvent:
    """Store an event, and start nothing: somebody tries the trigger out, looks at what comes in, and replays it. A
    delivery that was received before is that one."""
    received = _arrived(trigger_type, event, workflow, trigger_node_id, source, key, signed, title)
    received.status, received.reason = Status.HELD, "The trigger is in test mode."
    earlier = _earlier(received)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            received.save()
    except IntegrityError:  # the same delivery came at the same moment
        other = _earlier(received)
        if other is None:
            raise
        return other
    return received


@transaction.atomic
def replay(received: TriggerEvent, by: UserProfile, *, key: str | None = None) -> TriggerEvent:
    """Let an event in again, as a new one; what becomes of it is told by its status. The same `key` within 24 hours
    answers the first one."""
    if key is not None:
        TriggerEvent.objects.select_for_update(of=("self",)).get(pk=received.pk)  # one at a time
        earlier = TriggerEvent.objects.filter(replay_of=received, key=key)
        fresh = earlier.filter(received_at__gt=timezone.now() - dt.timedelta(hours=KEY_HOURS)).first()
        if fresh is not None:
            return fresh
        earlier.update(key=None)
    event = received.event if received.execution is None else received.execution.trigger_payload
    if event is None:
        raise Conflict("What came in was deleted together with the execution that it had started.", code="gone")
    again = TriggerEvent(
        workflow=received.workflow, trigger_node_id=received.trigger_node_id, trigger_type=received.trigger_type,
        source=received.source, title=received.title, replay_of=received, key=key,
    )  # fmt: skip
    with suppress(PipelitError):  # it is stored, and says why
        talk = received.execution.conversation if received.execution is not None else None
        _start(again, event, None, received.workflow.owner, talk)
    audit(by, "event.replayed", received, workflow=received.workflow.slug)
    return again


def take_back(executions: Sequence[UUID]) -> None:
    """Before executions are deleted: the events that lie with them come back into the inbox."""
    rows = list(TriggerEvent.objects.filter(execution__in=executions).select_related("execution"))
    for received in rows:
        assert received.execution is not None
        received.event = received.execution.trigger_payload
    TriggerEvent.objects.bulk_update(rows, ["event"], batch_size=100)


def delete(rows: Sequence[TriggerEvent]) -> int:
    return TriggerEvent.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


def _arrived(
    trigger_type: str,
    event: Mapping[str, Any],
    workflow: Workflow,
    node_id: str,
    source: str,
    key: str,
    signed: str,
    title: str,
) -> TriggerEvent:
    return TriggerEvent(
        workflow=workflow, trigger_node_id=node_id, trigger_type=trigger_type, source=source, key=short(key or None),
        signed=signed or None, title=title[:TITLE], event=dict(event),
    )  # fmt: skip


def _earlier(received: TriggerEvent) -> TriggerEvent | None:
    given = [(name, value) for name in _SAME if (value := getattr(received, name)) is not None]
    found = (_SAME[name].first(source=received.source, **{name: value}) for name, value in given)
    return next(filter(None, found), None)


def _start(
    received: TriggerEvent,
    event: Mapping[str, Any],
    version: WorkflowVersion | None,
    user: UserProfile | None,
    conversation: Conversation | None = None,
) -> WorkflowExecution:
    """Start the execution of an event: a new one, or one that has started none yet, if nobody else has meanwhile."""
    try:
        with transaction.atomic():
            if received.pk is not None:
                received = TriggerEvent.objects.select_for_update(of=("self",)).get(pk=received.pk)
                received.attempts += 1
                if received.execution is not None:
                    return received.execution
            execution = dispatch_event(
                received.trigger_type, event, workflow=received.workflow, version=version,
                trigger_node_id=received.trigger_node_id, user=user, conversation=conversation,
            )  # fmt: skip
            if execution is None:
                raise NotFound(f'The workflow has no trigger "{received.trigger_node_id}" any more.')
            received.execution, received.event = execution, None
            received.status, received.reason = Status.STARTED, ""
            received.save()
            return execution
    except PipelitError as error:
        received.execution, received.event = None, dict(event)
        received.status, received.reason = Status.FAILED, error.detail
        received.save()
        raise
