"""Deleting executions: terminal ones only, with their journal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from django.db import transaction

from apps.accounts.actions import audit
from apps.accounts.models import UserProfile
from pipelit import events, redis
from pipelit.errors import Conflict, NotFound

from . import access
from .models import TERMINAL, WorkflowExecution
from .triggers import inbox


@transaction.atomic
def delete_executions(user: UserProfile, keys: Sequence[UUID]) -> int:
    """All of them or none; how many. Raises NotFound if one is missing, Conflict if one has not ended."""
    wanted = set(keys)
    found = access.writable(user).filter(pk__in=wanted).order_by()
    rows = dict(found.values_list("pk", "status"))
    missing = wanted - rows.keys()
    if missing:
        raise NotFound(access.MISSING.format(what="delete"), ids=sorted(map(str, missing)))
    busy = sorted(str(key) for key, status in rows.items() if status not in TERMINAL)
    if busy:
        raise Conflict("Executions that have not ended cannot be deleted: cancel them first.", ids=busy)
    inbox.take_back(list(wanted))
    WorkflowExecution.objects.filter(pk__in=wanted, status__in=TERMINAL).delete()
    audit(user, "executions.deleted", None, ids=sorted(map(str, wanted)))
    transaction.on_commit(lambda: _forget_streams(wanted))
    return len(wanted)


def _forget_streams(keys: set[UUID]) -> None:
    with suppress(*redis.DOWN):
        redis.client().unlink(*(events.stream_key(f"execution:{key}") for key in keys))
