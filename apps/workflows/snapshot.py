"""Snapshots: a workflow's graph as an immutable, content-hashed value, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.accounts.models import UserProfile

from . import calls, configs, sealing
from .components import registry
from .models import FAMILY_MODELS, ComponentConfig, Workflow, WorkflowEdge, WorkflowNode, WorkflowVersion

FORMAT = 1
DRAWN_ONLY = ("position_x", "position_y", "label")
"""What does not change how a workflow runs."""


def take(workflow: Workflow) -> dict[str, Any]:
    """The graph as it is now: `{"format", "nodes", "edges"}`; edges in order (priority, then age). `notes`, if any."""
    rows = {config.node_id: config for config in ComponentConfig.objects.filter(node__workflow=workflow)}
    nodes = [_node(node, rows.get(node.pk)) for node in workflow.nodes.order_by("id")]
    edges = [
        {
            "source": edge.source.node_id,
            "target": edge.target.node_id,
            "label": edge.edge_label,
            "condition": edge.condition_value,
            "priority": edge.priority,
        }
        for edge in workflow.edges.select_related("source", "target").order_by("priority", "id")
    ]
    notes = {"notes": workflow.notes} if workflow.notes else {}
    return {"format": FORMAT, "nodes": nodes, "edges": edges, **notes}


def _node(node: WorkflowNode, config: ComponentConfig | None) -> dict[str, Any]:
    return {
        "node_id": node.node_id,
        "component_type": node.component_type,
        "label": node.label,
        "version": config.version if config else 1,
        "config": flat_config(config) if config else {},
        "interrupt_before": node.interrupt_before,
        "interrupt_after": node.interrupt_after,
        "position_x": node.position_x,
        "position_y": node.position_y,
    }


def flat_config(config: ComponentConfig) -> dict[str, Any]:
    """A stored config, flat; what is not set is absent. Of a component that is not installed, all that is stored."""
    component = registry.all_components().get(config.component_type)
    names = configs.columns(component) if component else config.column_fields
    stored = {name: getattr(config, name) for name in names}
    return {
        **{name: value for name, value in stored.items() if value is not None},
        **config.trigger_config,
        **config.extra_config,
    }


def stored_config(node: WorkflowNode, flat: Mapping[str, Any], version: int | None = None) -> ComponentConfig:
    """An unsaved ComponentConfig of the node's family that holds a flat config."""
    component = registry.get(node.component_type)
    wire = configs.unflatten(flat, component)
    values = {name: value for name, value in wire.items() if value is not None}
    return FAMILY_MODELS[component.family](
        node=node, component_type=node.component_type, version=version or component.version, **values
    )


def drawing_hash(snapshot: Mapping[str, Any]) -> str:
    """Of all that was drawn."""
    return _digest(snapshot)


def content_hash(snapshot: Mapping[str, Any]) -> str:
    """Of what decides how the workflow runs: positions, labels and notes left out."""
    nodes = [{name: value for name, value in node.items() if name not in DRAWN_ONLY} for node in snapshot["nodes"]]
    rest = {name: value for name, value in snapshot.items() if name != "notes"}
    return _digest({**rest, "nodes": sorted(nodes, key=lambda node: str(node["node_id"]))})


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def draft_version(workflow: Workflow, user: UserProfile | None = None) -> WorkflowVersion:
    """The version of the graph as it is now. An unchanged workflow costs no query beyond the version's own row."""
    if workflow.draft_revision == workflow.revision and workflow.draft_version is not None:
        return workflow.draft_version
    revision = workflow.revision
    version = store(workflow, take(workflow), user)
    Workflow.objects.filter(pk=workflow.pk).update(draft_version=version, draft_revision=revision)
    workflow.draft_version, workflow.draft_revision = version, revision
    return version


def store(
    workflow: Workflow, snapshot: dict[str, Any], user: UserProfile | None = None, *, is_part: bool = False
) -> WorkflowVersion:
    """The version that holds this snapshot, made if it is new; of a part of the graph, one without a number."""
    drawing = drawing_hash(snapshot)
    versions = WorkflowVersion.objects.filter(workflow=workflow)
    while True:
        found = versions.filter(drawing_hash=drawing).first()
        if found is not None and (is_part or found.number is not None):
            return found
        number = None if is_part else (versions.aggregate(last=Max("number"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                if found is not None:  # what was a part is now the whole
                    versions.filter(pk=found.pk).update(number=number)
                    found.number = number
                    return found
                return WorkflowVersion.objects.create(
                    workflow=workflow,
                    number=number,
                    snapshot=snapshot,
                    drawing_hash=drawing,
                    content_hash=content_hash(snapshot),
                    created_by=user,
                )
        except IntegrityError:
            continue  # somebody stored a version in the same moment


@transaction.atomic
def restore(workflow: Workflow, snapshot: Mapping[str, Any]) -> None:
    """Make the draft what a snapshot shows, as one edit."""
    workflow.edges.all().delete()
    workflow.nodes.all().delete()
    fill(workflow, snapshot)
    Workflow.objects.filter(pk=workflow.pk).update(revision=workflow.revision + 1)
    workflow.revision += 1


def fill(workflow: Workflow, snapshot: Mapping[str, Any]) -> None:
    """Add a snapshot's nodes and edges to a workflow that has none of them, and replace its notes. Secrets in clear
    are sealed, those of another workflow left out. Raises Invalid for a call that leads back to the workflow."""
    workflow.notes = snapshot.get("notes") or []
    workflow.save(update_fields=["notes"])
    made: dict[str, WorkflowNode] = {}
    for raw in snapshot["nodes"]:
        node = WorkflowNode.objects.create(
            workflow=workflow,
            node_id=raw["node_id"],
            component_type=raw["component_type"],
            label=raw.get("label", ""),
            is_entry_point=registry.get(raw["component_type"]).is_trigger(),
            interrupt_before=raw.get("interrupt_before", False),
            interrupt_after=raw.get("interrupt_after", False),
            position_x=raw.get("position_x", 0),
            position_y=raw.get("position_y", 0),
        )
        config = sealing.sealed(workflow, node.component_type, raw.get("config") or {})
        if node.component_type == calls.CALL:
            calls.refuse_cycle(workflow, config)
        stored_config(node, config, raw.get("version")).save()
        made[node.node_id] = node
    WorkflowEdge.objects.bulk_create(
        [
            WorkflowEdge(
                workflow=workflow,
                source=made[edge["source"]],
                target=made[edge["target"]],
                edge_type="conditional" if edge.get("condition") else "direct",
                edge_label=edge.get("label", ""),
                condition_value=edge.get("condition", ""),
                priority=edge.get("priority", 0),
            )
            for edge in snapshot["edges"]
        ]
    )
