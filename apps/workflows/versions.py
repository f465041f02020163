"""The versions of a workflow: which runs, what differs between two, and the way back to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import UserProfile
from pipelit import events
from pipelit.errors import Invalid, NotFound

from . import snapshot
from .actions import NUMBER
from .models import Workflow, WorkflowVersion
from .topology import Edge


@transaction.atomic
def publish(workflow: Workflow, by: UserProfile, number: int | None = None, note: str = "") -> WorkflowVersion:
    """Make a version (the draft, if none is named) what triggers run."""
    version = snapshot.draft_version(workflow, by) if number is None else get(workflow, number)
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
    snapshot.restore(workflow, get(workflow, number).snapshot)
    data = {"slug": workflow.slug, "restored": number, "actor": by.username}
    events.on_commit(events.Event("workflow_updated", (f"workflow:{workflow.slug}",), data))
    return before


def get(workflow: Workflow, number: int) -> WorkflowVersion:
    found = WorkflowVersion.objects.filter(workflow=workflow, number=number).first()
    if found is None:
        raise NotFound(f'Workflow "{workflow.slug}" has no version {number}.')
    return found


def resolve(workflow: Workflow, wanted: str | int | None, user: UserProfile | None = None) -> WorkflowVersion:
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
    return get(workflow, int(wanted))


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
