"""What a person can do with workflows: one function each, one transaction each; events leave on commit."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.models import UserProfile
from pipelit import events
from pipelit.errors import STALE, Conflict, Invalid, PipelitError, Stale

from . import access, calls, shapes
from .editing import Editor
from .models import Workflow, WorkflowCollaborator
from .signals import workflow_deleted

OPERATIONS = (
    "create_node", "update_node", "delete_node", "create_edge", "update_edge", "delete_edge", "put_note", "delete_note",
)  # fmt: skip
RESERVED_SLUGS = frozenset({"node-types", "import", "batch-delete", "from-dsl", "templates", "validate-dsl"})
"""Workflows of these names would hide behind the API's own paths."""
NUMBER = re.compile(r"[0-9]{1,18}")


@transaction.atomic
def create_workflow(user: UserProfile, fields: Mapping[str, Any]) -> Workflow:
    """Raises Conflict if the slug is taken."""
    values = _columns(user, fields)
    wanted = values.pop("slug", None)
    if wanted and Workflow.objects.filter(slug=wanted).exists():
        raise Conflict(f'The slug "{wanted}" is taken; "{free_slug(wanted)}" is free.', code="slug_taken")
    return Workflow.objects.create(
        owner=user, slug=wanted or free_slug(slugify(values["name"]) or "workflow"), **values
    )


@transaction.atomic
def update_workflow(user: UserProfile, workflow: Workflow, fields: Mapping[str, Any]) -> Workflow:
    values = _columns(user, fields)
    slug = values.get("slug")
    if slug and Workflow.objects.filter(slug=slug).exclude(pk=workflow.pk).exists():
        raise Conflict(f'The slug "{slug}" is taken; "{free_slug(slug)}" is free.', code="slug_taken")
    is_renamed = slug not in (None, workflow.slug)
    for name, value in values.items():
        setattr(workflow, name, value)
    if is_renamed:
        calls.refuse_cycles(workflow)
    workflow.revision += 1
    if workflow.draft_revision == workflow.revision - 1:
        workflow.draft_revision += 1  # the graph is the same
    workflow.save()
    data = {"slug": workflow.slug, "changed": sorted(fields), "actor": user.username}
    events.on_commit(events.Event("workflow_updated", (f"workflow:{workflow.slug}",), data))
    return workflow


@transaction.atomic
def delete_workflow(workflow: Workflow, by: UserProfile) -> None:
    """Hide it and stop its triggers; its executions stay and finish. The slug becomes free."""
    slug = workflow.slug
    workflow.deleted_at, workflow.is_active = timezone.now(), False
    workflow.slug = f"{slug[:180]}-deleted-{workflow.pk}"
    workflow.save(update_fields=["deleted_at", "is_active", "slug", "updated_at"])
    workflow_deleted.send(Workflow, workflow=workflow)
    data = {"slug": slug, "deleted": True, "actor": by.username}
    events.on_commit(events.Event("workflow_updated", (f"workflow:{slug}",), data))


@transaction.atomic
def edit(workflow: Workflow, actor: UserProfile, operations: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Apply operations in order, all or nothing; the nodes and edges that they made or changed (None for deletions).
    `workflow` must be locked. An error names the operation's index."""
    editor = Editor(workflow, actor)
    results = []
    for index, operation in enumerate(operations):
        try:
            results.append(_apply(editor, operation))
        except PipelitError as error:
            if len(operations) > 1:
                error.data["operation"] = index
                error.detail = f"Operation {index} ({operation['op']}): {error.detail}"
            raise
    editor.finish()
    return results


def _apply(editor: Editor, operation: Mapping[str, Any]) -> Any:
    name, data = operation["op"], {key: value for key, value in operation.items() if key != "op"}
    if name == "create_node":
        return editor.create_node(data)
    if name == "create_edge":
        return editor.create_edge(data)
    if name == "put_note":
        return editor.put_note(data["note"], data.get("old_text"))
    if name == "delete_note":
        return editor.delete_note(data["id"])
    if name in ("update_node", "delete_node"):
        node = editor.node(str(data.pop("target", None) or data["node_id"]))
        _check_revision(node.revision, data.pop("revision", None), lambda: shapes.node(node))
        if name == "update_node":
            new_id = data.pop("new_node_id", None)
            data.pop("node_id", None)
            return editor.update_node(node, {**data, **({"node_id": new_id} if new_id else {})})
        editor.delete_node(node)
        return None
    edge = editor.edge(data.pop("id"))
    _check_revision(edge.revision, data.pop("revision", None), lambda: shapes.edge(edge))
    if name == "update_edge":
        return editor.update_edge(edge, data)
    editor.delete_edge(edge)
    return None


def _check_revision(current: int, based_on: int | None, shown: Callable[[], Any]) -> None:
    """Raises Stale, with the object as it is now, for an operation based on an older revision than the current one."""
    if based_on is not None and based_on != current:
        raise Stale(STALE, current=shown())


@transaction.atomic
def set_collaborator(workflow: Workflow, username: str, role: str) -> WorkflowCollaborator:
    user = UserProfile.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Invalid(f'There is no user "{username}".', fields={"username": ["No such user."]})
    if user.pk == workflow.owner_id:
        raise Conflict(f'"{username}" owns the workflow.')
    return WorkflowCollaborator.objects.update_or_create(workflow=workflow, user=user, defaults={"role": role})[0]


def free_slug(wanted: str) -> str:
    """`wanted`, or with the first number that makes it free. A number alone could be taken for an id."""
    wanted = f"workflow-{wanted}" if wanted.isdigit() else wanted
    taken = RESERVED_SLUGS.union(Workflow.objects.filter(slug__startswith=wanted[:180]).values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    for number in range(2, 100):
        if (candidate := f"{wanted[:180]}-{number}") not in taken:
            return candidate
    return f"{wanted[:180]}-{secrets.token_hex(4)}"


def _columns(user: UserProfile, fields: Mapping[str, Any]) -> dict[str, Any]:
    """From the wire to the model's fields."""
    values = dict(fields)
    if "budgets" in values:
        budgets = values.pop("budgets") or {}
        values |= {"budget_tokens": budgets.get("tokens"), "budget_usd": budgets.get("usd")}
    for name in ("error_handler_workflow", "error_handler_workflow_id"):
        if name in values:
            handler = values.pop(name)
            values["error_handler_workflow"] = _handler(user, handler) if handler not in (None, "") else None
    return values


def _handler(user: UserProfile, wanted: str | int) -> Workflow:
    same = Q(slug=str(wanted)) | (Q(pk=int(wanted)) if NUMBER.fullmatch(str(wanted)) else Q())
    found = access.readable(user).filter(same).first()
    if found is None:
        raise Invalid(f'There is no workflow "{wanted}".', fields={"error_handler_workflow": ["No such workflow."]})
    return found
