"""The one way to a workflow: ownership and roles applied. A miss and a refusal look the same."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Expression, Q, QuerySet, TextChoices

from apps.accounts.models import UserProfile
from pipelit.errors import NotFound

from .models import Workflow, WorkflowCollaborator

MISSING = 'There is no workflow "{slug}", or it is not yours to {what}.'


class Standing(TextChoices):
    """What somebody who may read a workflow is to it."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


def readable(user: UserProfile) -> QuerySet[Workflow]:
    """What a person may read: their own, shared and public workflows; admins, all."""
    return existing() if user.is_admin else shown_to(user)


def existing() -> QuerySet[Workflow]:
    """All that are not deleted."""
    return Workflow.objects.filter(deleted_at__isnull=True)


def shown_to(person: UserProfile | Expression) -> QuerySet[Workflow]:
    """What somebody may read who is no admin."""
    shared = WorkflowCollaborator.objects.filter(user=person).values("workflow")
    return existing().filter(Q(owner=person) | Q(is_public=True) | Q(pk__in=shared))


def writable(user: UserProfile) -> QuerySet[Workflow]:
    """What a person may change: their own workflows and those they edit; admins, all."""
    if user.is_admin:
        return existing()
    edited = WorkflowCollaborator.objects.filter(user=user, role=WorkflowCollaborator.Role.EDITOR).values("workflow")
    return existing().filter(Q(owner=user) | Q(pk__in=edited))


def roles_of(user: UserProfile, workflows: Iterable[Workflow]) -> dict[int, Standing]:
    """What somebody is to workflows that they may read, by id; one query."""
    rows = list(workflows)
    may_write = set(writable(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    rest = {True: Standing.ADMIN if user.is_admin else Standing.EDITOR, False: Standing.VIEWER}
    return {row.pk: Standing.OWNER if row.owner_id == user.pk else rest[row.pk in may_write] for row in rows}


def get_workflow(user: UserProfile, slug: str, *, write: bool = False, lock: bool = False) -> Workflow:
    """The workflow with that slug; raises NotFound. `lock` holds its row till the end of the transaction."""
    found = writable(user) if write else readable(user)
    if lock:
        found = found.select_for_update(of=("self",))
    workflow = found.filter(slug=slug).select_related(*(() if lock else ("owner",))).first()
    if workflow is None:
        raise NotFound(MISSING.format(slug=slug, what="change" if write else "read"))
    return workflow
