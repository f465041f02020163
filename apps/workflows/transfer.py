"""A workflow as JSON, to another installation and back, and as a copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from apps.accounts.models import UserProfile
from pipelit.errors import Invalid

from . import configs, sealing, snapshot
from .actions import create_workflow, free_slug
from .components import registry
from .edges import edge_faults
from .editing import check_node_id, checked_config
from .models import Workflow
from .topology import Graph
from .validation import entry_of

FORMAT = "pipelit/1"


def export(workflow: Workflow) -> dict[str, Any]:
    """The workflow as JSON, without secrets: credentials are named by id, and what triggers keep is left out."""
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
    if component is None:
        return {"extra_config": node["config"]}
    return configs.unflatten(sealing.without(component.type, node["config"]), component)


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
    """A copy that belongs to `user`; inactive, so that its triggers do not compete, and without their secrets."""
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
