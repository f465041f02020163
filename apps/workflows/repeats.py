"""Bulk edits that come twice, since the first answer was lost on its way: applied once, answered alike."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from apps.accounts.models import UserProfile

from .models import AppliedEdit, Workflow

KEY_HOURS = 24
"""How long the same Idempotency-Key answers the first result."""


def once(workflow: Workflow, user: UserProfile, key: str | None, edit: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `edit` gives, or gave when this person sent the same key within 24 hours. `workflow` must be locked: of two
    at a time the second waits here for the first. A refused edit leaves nothing behind."""
    if key is None:
        return edit()
    full_key = f"{user.pk}:{hashlib.sha256(key.encode()).hexdigest()}"
    applied = AppliedEdit.objects.filter(workflow=workflow)
    applied.filter(created_at__lt=timezone.now() - dt.timedelta(hours=KEY_HOURS)).delete()
    earlier = applied.filter(key=full_key).first()
    if earlier is not None:
        return dict(earlier.answer)
    answer = edit()
    AppliedEdit.objects.create(workflow=workflow, key=full_key, answer=answer)
    return answer
