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
from pipelit.errors import STALE, Conflict, Invalid, NotFound, PipelitError, Stale

from . import access, configs, shapes, snapshot
from .components import registry
from .editing import Editor, check_node_id, checked_config
from .models import Workflow, WorkflowCollaborator, WorkflowVersion
from .signals import workflow_deleted
from .topology import Edge, Graph
from .validation import edge_faults, entry_of

OPERATIONS = (
    "create_node", "update_node", "delete_node", "create_edge", "update_edge", "delete_edge", "put_note", "delete_note",
)  # fmt: skip
FORMAT = "pipelit/1"
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
    for name, value in values.items():
        setattr(workflow, name, value)
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
        return editor.put_note(data["note"])
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
def publish(workflow: Workflow, by: UserProfile, number: int | None = None, note: str = "") -> WorkflowVersion:
    """Make a version (the draft, if none is named) what triggers run."""
    version = snapshot.draft_version(workflow, by) if number is None else get_version(workflow, number)
    version.published_at = timezone.now()
    if note:
        version.note = note
    version.save(update_fields=["published_at", "note"])
    Workflow.objects.filter(pk=workflow.pk).update(published_version=version, updated_at=timezone.now())
    workflow.published_version = version
    data = {"slug": workflow.slug, "number": version.number, "actor": by.username}
    events.on_commit(events.Event("version_published", (f"workflow:{workflow.slug}",), data))
    return version


@transaction.atomic
def restore(workflow: Workflow, by: UserProfile, number: int) -> WorkflowVersion:
    """Make the draft what a version shows, as one edit; the version of what was there, which undoes it."""
    before = snapshot.draft_version(workflow, by)
    snapshot.restore(workflow, get_version(workflow, number).snapshot)
    data = {"slug": workflow.slug, "restored": number, "actor": by.username}
    events.on_commit(events.Event("workflow_updated", (f"workflow:{workflow.slug}",), data))
    return before


def get_version(workflow: Workflow, number: int) -> WorkflowVersion:
    found = WorkflowVersion.objects.filter(workflow=workflow, number=number).first()
    if found is None:
        raise NotFound(f'Workflow "{workflow.slug}" has no version {number}.')
    return found


def resolve_version(workflow: Workflow, wanted: str | int | None, user: UserProfile | None = None) -> WorkflowVersion:
    """`draft`, `published` or a number; by default the published one if there is one, else the draft."""
    if wanted in (None, ""):
        return workflow.published_version or snapshot.draft_version(workflow, user)
    if wanted == "draft":
        return snapshot.draft_version(workflow, user)
    if wanted == "published":
        if workflow.published_version is None:
            raise Invalid(f'Workflow "{workflow.slug}" has no published version.', code="not_published")
        return workflow.published_version
    if not NUMBER.fullmatch(str(wanted)):
        raise Invalid('version is "draft", "published" or a number.', fields={"version": ["No such version."]})
    return get_version(workflow, int(wanted))


def export(workflow: Workflow) -> dict[str, Any]:
    """The workflow as JSON, without secrets: credentials are named by id and stay here."""
    names = ("name", "slug", "description", "tags", "input_schema", "output_schema", "max_execution_seconds")
    graph = snapshot.take(workflow)
    return {
        "format": FORMAT,
        "workflow": {name: getattr(workflow, name) for name in names},
        "nodes": [
            {**{k: v for k, v in node.items() if k != "config"}, "config": _wire(node)} for node in graph["nodes"]
        ],
        "edges": [
            {
                "source_node_id": edge["source"],
                "target_node_id": edge["target"],
                "edge_type": "conditional" if edge["condition"] else "direct",
                "edge_label": edge["label"],
                "condition_value": edge["condition"],
                "priority": edge["priority"],
            }
            for edge in graph["edges"]
        ],
        "notes": workflow.notes,
    }


def _wire(node: Mapping[str, Any]) -> dict[str, Any]:
    component = registry.all_components().get(node["component_type"])
    return configs.unflatten(node["config"], component) if component else {"extra_config": node["config"]}


@transaction.atomic
def import_workflow(user: UserProfile, given: Mapping[str, Any]) -> tuple[Workflow, list[dict[str, Any]]]:
    """A new workflow from an export; a taken slug gets a suffix. Also warnings: credentials that do not exist here."""
    from apps.credentials.models import BaseCredential

    about = dict(given["workflow"])
    slug = about.pop("slug", "") or slugify(about["name"]) or "workflow"
    workflow = create_workflow(user, {**about, "slug": free_slug(slug)})
    nodes = [_imported(node) for node in given["nodes"]]
    ids = {node["node_id"] for node in nodes}
    if len(ids) < len(nodes):
        raise Invalid("Two nodes have the same node_id.", code="duplicate")
    edges = [
        {
            "source": edge["source_node_id"],
            "target": edge["target_node_id"],
            "label": edge.get("edge_label") or "",
            "condition": edge.get("condition_value") or "",
            "priority": edge.get("priority") or 0,
        }
        for edge in given["edges"]
    ]
    graph = Graph(nodes, edges)
    found = edge_faults(graph)
    if found:
        raise Invalid(found[0].message, code=found[0].code, validation_errors=[entry_of(fault) for fault in found])
    snapshot.fill(workflow, {"nodes": nodes, "edges": edges, "notes": given.get("notes")})
    used = {(node["node_id"], found) for node in nodes for found in configs.credential_ids(node["config"])}
    known = set(BaseCredential.objects.filter(pk__in=[c for _, c in used]).values_list("pk", flat=True))
    warnings = [
        {
            "code": "missing_credential",
            "message": f'"{node}" uses credential {c}, which is not here: choose another.',
            "node_id": node,
        }
        for node, c in sorted(used, key=str)
        if c not in known
    ]
    return workflow, warnings


def _imported(node: Mapping[str, Any]) -> dict[str, Any]:
    check_node_id(str(node["node_id"]))
    config = checked_config(node["component_type"], node.get("config") or {})
    return {**node, "config": config, "version": node.get("version") or registry.get(node["component_type"]).version}


@transaction.atomic
def duplicate(user: UserProfile, workflow: Workflow) -> Workflow:
    """A copy that belongs to `user`; inactive, so that its triggers do not compete."""
    fields = {
        name: getattr(workflow, name)
        for name in (
            *("description", "tags", "input_schema", "output_schema"),
            *("max_execution_seconds", "concurrency", "rate_limit_per_minute"),
        )
    }
    copy = create_workflow(
        user,
        {
            **fields,
            "name": f"{workflow.name} (copy)"[:200],
            "slug": free_slug(f"{workflow.slug[:190]}-copy"),
            "is_active": False,
        },
    )
    snapshot.fill(copy, snapshot.take(workflow))
    return copy


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


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What changed from one snapshot to another: nodes by id, edges by what they connect."""
    before, after = ({node["node_id"]: node for node in graph["nodes"]} for graph in (old, new))
    edges = [
        {Edge(e["source"], e["target"], e["label"], e["condition"]) for e in graph["edges"]} for graph in (old, new)
    ]
    return {
        "nodes": {
            "added": sorted(after.keys() - before.keys()),
            "removed": sorted(before.keys() - after.keys()),
            "changed": [
                _changed(name, before[name], after[name])
                for name in sorted(before.keys() & after.keys())
                if before[name] != after[name]
            ],
        },
        "edges": {
            "added": [_shown(e) for e in edges[1] - edges[0]],
            "removed": [_shown(e) for e in edges[0] - edges[1]],
        },
    }


def _changed(node_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """A node's changed fields; `changes` has the values, those of its config one by one."""
    fields = sorted(name for name in after if after[name] != before.get(name))
    old, new = (
        {**node, **{f"config.{name}": value for name, value in (node.get("config") or {}).items()}, "config": None}
        for node in (before, after)
    )
    changes = [
        {"field": name, "before": old.get(name), "after": new.get(name)}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    return {"node_id": node_id, "fields": fields, "changes": changes}


def _shown(edge: Edge) -> dict[str, str]:
    return {
        "source_node_id": edge.source, "target_node_id": edge.target, "edge_label": edge.label,
        "condition_value": edge.condition,
    }  # fmt: skip
