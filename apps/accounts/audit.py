"""The audit log: append-only, each entry's hash covering the one before."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from .models import AuditEntry, AuditHead, UserProfile


def audit(actor: UserProfile | None, action: str, target: models.Model | str | None = None, **data: Any) -> AuditEntry:
    """Record that `actor` (None: nobody who is signed in, or the command line) did `action` (`login`, `key.revoked`,
    ...) to `target` (a row, or `kind:id`). `data` is JSON without secrets. One transaction with the deed itself:
    call it inside."""
    with transaction.atomic():
        head = lock()
        entry = AuditEntry(
            actor_id=actor.pk if actor else None,
            actor=actor.get_username() if actor else "",
            action=action,
            object=_name(target),
            data=data,
            at=timezone.now(),
            previous_hash=head.hash,
        )
        entry.hash = head.hash = digest(entry)
        entry.save()
        head.save(update_fields=["hash"])
    return entry


def lock() -> AuditHead:
    """Take, until the transaction ends, the lock that orders audited changes: what decides by counting people (the
    first one, the last admin) takes it before it counts."""
    AuditHead.objects.get_or_create(pk=1)
    return AuditHead.objects.select_for_update().get(pk=1)


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the entry's content and the hash before."""
    content = [
        entry.previous_hash,
        entry.actor_id,
        entry.actor,
        entry.action,
        entry.object,
        entry.data,
        entry.at.isoformat(),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def broken_at() -> int | None:
    """The id of the first entry that was changed, or before which one is missing (0: the end was cut off); None if
    the log is whole."""
    previous = ""
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=1000):
        if entry.previous_hash != previous or entry.hash != digest(entry):
            return entry.pk
        previous = entry.hash
    head = AuditHead.objects.filter(pk=1).first()
    return 0 if head is not None and head.hash != previous else None


def _name(target: models.Model | str | None) -> str:
    if isinstance(target, models.Model):
        return f"{target._meta.model_name}:{target.pk}"
    return target or ""
