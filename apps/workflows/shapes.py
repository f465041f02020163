"""Workflows, nodes and edges as the API and the live events show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import configs, facts
from .components import registry
from .models import ComponentConfig, Workflow, WorkflowEdge, WorkflowNode
from .snapshot import flat_config


def node(node: WorkflowNode, warnings: Sequence[Any] | None = None) -> dict[str, Any]:
    """The Node shape. `warnings` defaults to what the node's own config leaves unfinished."""
    config = _config_of(node)
    known = node.component_type in registry.all_components()
    wire: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    if config is not None and known:
        component = registry.get(node.component_type)
        flat = flat_config(config)
        wire = configs.unflatten(flat, component)
        if warnings is None:
            missing = configs.faults(component, flat).missing
            warnings = [
                {"code": "config_error", "message": sentence, "node_id": node.node_id, "field": name}
                for name, sentences in missing.items()
                for sentence in sentences
            ]
    elif config is not None:  # of a component that is not installed: shown as it is kept
        wire = {"extra_config": flat_config(config)}
    return {
        "id": node.pk,
        "node_id": node.node_id,
        "component_type": node.component_type,
        "label": node.label,
        "is_entry_point": node.is_entry_point,
        "interrupt_before": node.interrupt_before,
        "interrupt_after": node.interrupt_after,
        "position_x": node.position_x,
        "position_y": node.position_y,
        "config": wire,
        "subworkflow_id": flat.get("target_workflow"),
        "code_block_id": flat.get("code_block_id"),
        "schedule_job": facts.schedule_of(node.pk) if node.component_type == "trigger_schedule" else None,
        "revision": node.revision,
        "warnings": list(warnings or ()),
        "updated_at": node.updated_at.isoformat(),
    }


def _config_of(node: WorkflowNode) -> ComponentConfig | None:
    try:
        return node.component_config
    except ComponentConfig.DoesNotExist:
        return None


def edge(edge: WorkflowEdge) -> dict[str, Any]:
    """The Edge shape."""
    return {
        "id": edge.pk,
        "source_node_id": edge.source.node_id,
        "target_node_id": edge.target.node_id,
        "edge_type": edge.edge_type,
        "edge_label": edge.edge_label,
        "condition_value": edge.condition_value,
        "priority": edge.priority,
        "revision": edge.revision,
    }


def workflow(workflow: Workflow, counts: dict[str, int], executions: Mapping[str, Any] = facts.NONE) -> dict[str, Any]:
    """The Workflow shape; `counts` are node_count, edge_count and trigger_count, `executions` as `facts` has them."""
    published = workflow.published_version
    return {
        "id": workflow.pk,
        "name": workflow.name,
        "slug": workflow.slug,
        "description": workflow.description,
        "tags": workflow.tags,
        "is_active": workflow.is_active,
        "is_public": workflow.is_public,
        "is_default": workflow.is_default,
        "error_handler_workflow_id": workflow.error_handler_workflow_id,
        "input_schema": workflow.input_schema,
        "output_schema": workflow.output_schema,
        "max_execution_seconds": workflow.max_execution_seconds,
        "concurrency": workflow.concurrency,
        "rate_limit_per_minute": workflow.rate_limit_per_minute,
        "budgets": {
            "tokens": workflow.budget_tokens,
            "usd": None if workflow.budget_usd is None else str(workflow.budget_usd),
        },
        "notifications": workflow.notifications,
        **counts,
        "revision": workflow.revision,
        "published_version": published.number if published else None,
        **executions,
        "owner": workflow.owner.username,
        "created_at": workflow.created_at.isoformat(),
        "updated_at": workflow.updated_at.isoformat(),
    }
