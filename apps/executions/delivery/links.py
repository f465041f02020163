"""Signed links by which somebody answers a task without signing in. Each is for one task and one person, and of use
once: a person answers a task once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from apps.executions import access
from apps.executions.models import Delivery, PendingTask
from pipelit.errors import NotFound

SALT = "pipelit.task"
LONGEST_SECONDS = 90 * 86_400
GONE = "This link is not valid, or no longer. Ask for a new one."


def answer_url(task: PendingTask, actor: str) -> str:
    """The address of the page on which `actor` (a user name, or email:address, or telegram:id) answers the task."""
    token = signing.dumps([task.pk, actor], salt=SALT, compress=True)
    return settings.PUBLIC_URL + reverse("answer", args=[token])


def asked_of(delivery: Delivery) -> str:
    """Who a question that goes by mail is for, as `actor`."""
    return delivery.address.get("username") or f"email:{delivery.address['to'][0]}"


def read(token: str) -> tuple[PendingTask, str]:
    """The task and who the link was made for; raises NotFound for a forged or an old one, and if who it was made for is
    not asked any more."""
    try:
        key, actor = signing.loads(token, salt=SALT, max_age=LONGEST_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound(GONE) from None
    task = PendingTask.objects.select_related("execution__workflow", "responded_by").filter(pk=key).first()
    if task is None or not _is_asked(task, str(actor)):
        raise NotFound(GONE)
    return task, str(actor)


def _is_asked(task: PendingTask, actor: str) -> bool:
    """Whether somebody still may answer: the account is active, and the question was not handed to others."""
    kind, _, name = actor.partition(":")
    if name and actor in task.assignees:
        return True
    if kind == "telegram" and not task.assignees:  # asked in the chat that the execution was started from
        return True
    person = access.person_of(actor)
    return person is not None and (person.is_admin or access.answerable(person).filter(pk=task.pk).exists())


def execution_url(execution_id: UUID) -> str:
    """The page of an execution."""
    return f"{settings.PUBLIC_URL}/executions/{execution_id}"
