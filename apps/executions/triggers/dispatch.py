"""dispatch_event: the one door by which events become executions."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import UserProfile
from apps.executions import actions
from apps.executions.models import Conversation, WorkflowExecution
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit.errors import Conflict, PipelitError

from . import versions
from .error import ErrorHandler, comes_of_error, error_event
from .resolver import Trigger, TriggerResolver, best, handler_of

log = logging.getLogger(__name__)
KEY_LENGTH = 300
CHUNK = 500
"""Workflows that are read at once for an event that names none."""


@transaction.atomic
def dispatch_event(
    trigger_type: str,
    event: Mapping[str, Any],
    *,
    workflow: Workflow | None = None,
    trigger_node_id: str | None = None,
    user: UserProfile | None = None,
    version: WorkflowVersion | None = None,
    conversation: Conversation | None = None,
    idempotency_key: str | None = None,
    parent: WorkflowExecution | None = None,
    parent_step_key: str = "",
) -> WorkflowExecution | None:
    """Start the execution of the trigger that takes the event; None if none does.

    Without `workflow` all active ones are asked. `trigger_node_id` names the trigger instead, of whatever type (a
    manual run of any trigger). `version` defaults to the published one, else the draft. Raises Conflict for an event
    from outside to an inactive workflow, Invalid if what would run is unfinished.
    """
    if workflow is None:
        found = find(trigger_type, event)
        if found is None:
            return None
        workflow, version, trigger = found
    else:
        if handler_of(trigger_type).outside and not workflow.is_active:
            raise Conflict(f'The workflow "{workflow.slug}" is not active.', code="inactive_workflow")
        version = version or versions.default_version(workflow, user)
        resolver = TriggerResolver.of(version)
        named = resolver.get(trigger_node_id) if trigger_node_id is not None else None
        resolved = named if trigger_node_id is not None else resolver.resolve(trigger_type, event)
        if resolved is None:
            return None
        trigger = resolved
    TriggerResolver.of(version).check(trigger, version)
    return actions.start_execution(
        workflow, trigger_node_id=trigger.node_id, trigger_type=trigger.type, event=event, version=version, user=user,
        conversation=conversation, parent=parent, parent_step_key=parent_step_key,
        idempotency_key=short(idempotency_key), reply_to=handler_of(trigger_type).reply_to(trigger.config, event),
    )  # fmt: skip


def find(trigger_type: str, event: Mapping[str, Any]) -> tuple[Workflow, WorkflowVersion, Trigger] | None:
    """Of all active workflows the one whose trigger takes an event that names none."""
    found = best(_asked_everywhere(trigger_type, event))
    return None if found is None else (*found[0], found[1])


def _asked_everywhere(
    trigger_type: str, event: Mapping[str, Any]
) -> Iterator[tuple[tuple[Workflow, WorkflowVersion], Trigger]]:
    """What each active workflow would do with the event, the oldest first."""
    may_have = Q(nodes__component_type=trigger_type) | Q(published_version__isnull=False)
    active = Workflow.objects.filter(may_have, is_active=True, deleted_at__isnull=True).distinct()
    for workflow in versions.loaded(active).order_by("pk").iterator(CHUNK):
        version = versions.default_version(workflow)
        trigger = TriggerResolver.of(version).resolve(trigger_type, event)
        if trigger is not None:
            yield (workflow, version), trigger


def dispatch_error(execution: WorkflowExecution) -> WorkflowExecution | None:
    """Called when an execution has failed, in the transaction that says so: starts the error trigger of its workflow,
    else (if it has none, or none that can run, which is logged) of the workflow's error handler. Once per failure;
    never for what an error trigger started."""
    if comes_of_error(execution):
        return None
    workflow = execution.workflow
    handler = workflow.error_handler_workflow
    event: dict[str, Any] = {}
    for target in (workflow, *([handler] if handler is not None and handler.pk != workflow.pk else ())):
        if not target.is_active or target.deleted_at is not None:
            continue
        if TriggerResolver.of(versions.default_version(target)).of_type(ErrorHandler.type):
            event = event or error_event(execution)
            if (started := _started(execution, target, event)) is not None:
                return started
    return None


def _started(execution: WorkflowExecution, target: Workflow, event: Mapping[str, Any]) -> WorkflowExecution | None:
    key = f"error:{execution.pk}:{execution.attempt_group}"
    user = execution.user if target.pk == execution.workflow_id else target.owner
    try:
        return dispatch_event(ErrorHandler.type, event, workflow=target, user=user, idempotency_key=key)
    except PipelitError as error:
        log.warning("The error trigger of %s does not run: %s", target.slug, error.detail)
        return None


def short(key: str | None) -> str | None:
    """An idempotency key that fits its column: a long one ends in a digest of the whole."""
    if key is None or len(key) <= KEY_LENGTH:
        return key
    return f"{key[: KEY_LENGTH - 65]}:{hashlib.sha256(key.encode()).hexdigest()}"
