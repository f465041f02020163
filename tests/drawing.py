"""Draws graphs through the API, as the canvas does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORKFLOWS = "/api/v1/workflows/"


class Canvas:
    """One workflow as one person draws it. Every method answers the response; `must_*` insist that it went well."""

    def __init__(self, client: Any, slug: str) -> None:
        self.client = client
        self.slug = slug
        self.url = f"{WORKFLOWS}{slug}/"

    def get(self, path: str = "") -> Any:
        return self.client.get(self.url + path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(self.url + path, {} if body is None else body, format="json", headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.patch(self.url + path, body, format="json", headers=headers)

    def delete(self, path: str = "", **headers: str) -> Any:
        return self.client.delete(self.url + path, headers=headers)

    def node(self, node_id: str, component_type: str, config: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        """`config` as on the wire."""
        body = {"node_id": node_id, "component_type": component_type, **fields}
        return self.post("nodes/", {**body, "config": config} if config is not None else body)

    def edge(self, source: str, target: str, label: str = "", condition: str = "", **fields: Any) -> Any:
        body = {"source_node_id": source, "target_node_id": target, "edge_label": label, "condition_value": condition}
        return self.post("edges/", {**body, **fields})

    def bulk(self, *operations: Any, **headers: str) -> Any:
        return self.post("bulk/", {"operations": list(operations)}, **headers)

    def must_node(self, *args: Any, **fields: Any) -> dict[str, Any]:
        return made(self.node(*args, **fields))

    def must_edge(self, *args: Any, **fields: Any) -> dict[str, Any]:
        return made(self.edge(*args, **fields))

    def shown(self) -> dict[str, Any]:
        return dict(self.get().json())

    def config(self, node_id: str) -> dict[str, Any]:
        return dict(self.get(f"nodes/{node_id}/").json()["config"])


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.content
    return dict(answer.json())


def canvas(client: Any, name: str = "sums", **fields: Any) -> Canvas:
    """A new, empty workflow."""
    answer = client.post(WORKFLOWS, {"name": name, **fields}, format="json")
    return Canvas(client, made(answer)["slug"])


def with_switch(client: Any, name: str = "sums") -> Canvas:
    """start -> calc -> pick -(big)-> answer."""
    drawn = canvas(client, name)
    drawn.must_node("start", "trigger_manual")
    drawn.must_node("calc", "set", {"extra_config": {"values": {"n": "{{ start.payload.n }}"}}})
    rules = [{"id": "big", "field": "calc.output.n", "operator": "gt", "value": 40}]
    drawn.must_node("pick", "switch", {"extra_config": {"rules": rules}})
    drawn.must_node("answer", "reply", {"extra_config": {"text": "n is {{ calc.output.n }}"}})
    drawn.must_edge("start", "calc")
    drawn.must_edge("calc", "pick")
    drawn.must_edge("pick", "answer", "", "big")
    return drawn
