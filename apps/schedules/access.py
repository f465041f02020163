"""The one way to a schedule: who may read its workflow reads it, who may edit the workflow changes it."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts.models import UserProfile
from apps.workflows import access as workflows
from pipelit.errors import NotFound

from .models import ScheduledJob


def readable(user: UserProfile) -> QuerySet[ScheduledJob]:
    """The schedules of all workflows that a person may read."""
    shown = workflows.readable(user).order_by().values("pk")
    return ScheduledJob.objects.filter(workflow__in=shown).select_related("workflow", "node")


def get_schedule(user: UserProfile, key: int, *, write: bool = False) -> ScheduledJob:
    """Raises NotFound."""
    found = readable(user).filter(pk=key)
    if write:
        found = found.filter(workflow__in=workflows.writable(user).order_by().values("pk"))
    job = found.first()
    if job is None:
        raise NotFound(f"There is no such schedule, or it is not yours to {'change' if write else 'read'}.")
    return job
