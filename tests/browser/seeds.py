"""Workflows and runs for journeys, made by the API."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.e2e.launcher import Product

Operation = dict[str, Any]


def node(node_id: str, component_type: str, **fields: Any) -> Operation:
    """An operation of `bulk/`; the fields are the component's own."""
    config = {"extra_config": fields} if fields else {}
    return {"op": "create_node", "node_id": node_id, "component_type": component_type, "config": config}


def chain(*nodes: Operation) -> list[Operation]:
    """The nodes, each connected to the next one."""
    ids = [one["node_id"] for one in nodes]
    edges = [
        {"op": "create_edge", "source_node_id": source, "target_node_id": target} for source, target in pairwise(ids)
    ]
    return [*nodes, *edges]


def workflow(product: Product, slug: str, *nodes: Operation, **fields: Any) -> None:
    """A new workflow of that slug, its nodes in a chain."""
    status, answer = product.call("/api/v1/workflows/", {"name": slug.capitalize(), "slug": slug, **fields})
    assert status == 201, answer
    if nodes:
        edit(product, slug, *chain(*nodes))


def edit(product: Product, slug: str, *operations: Operation) -> None:
    status, answer = product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": list(operations)})
    assert status == 200, answer


def run(product: Product, slug: str, **payload: Any) -> str:
    """The id of a run that has ended."""
    status, answer = product.call(f"/api/v1/workflows/{slug}/execute/", {"payload": payload, "wait": 8})
    assert status in (200, 202), answer
    return str(answer["execution_id"])


def park(product: Product, slug: str) -> str:
    """The id of a run that waits for a person."""
    execution = str(product.call(f"/api/v1/workflows/{slug}/execute/", {})[1]["execution_id"])
    product.wait(lambda: product.call(f"/api/v1/executions/{execution}/")[1]["status"] == "interrupted")
    return execution
