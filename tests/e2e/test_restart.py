"""A restart of everything: what waited goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PASSWORD = "restart-Pass-123"
NODES: list[tuple[str, str, dict[str, Any]]] = [
    ("start", "trigger_manual", {}),
    ("before", "set", {"values": {"n": "{{ trigger.payload.n }}"}}),
    ("each", "loop", {"items": [1, 2]}),
    ("ask", "human_confirmation", {"prompt": "Go on with {{ loop.item }}?"}),
    ("after", "set", {"values": {"sum": "{{ before.output.n + each.results | length }}"}}),
]
EDGES = [("start", "before", ""), ("before", "each", ""), ("each", "ask", "loop_body"), ("ask", "each", "loop_return"),
         ("each", "after", "")]  # fmt: skip


def build(product: Product) -> None:
    assert product.call("/api/v1/workflows/", {"name": "wait", "slug": "wait"})[0] == 201
    for node_id, kind, config in NODES:
        body = {"node_id": node_id, "component_type": kind, "config": {"extra_config": config}}
        status, answer = product.call("/api/v1/workflows/wait/nodes/", body)
        assert status == 201, answer
    for source, target, label in EDGES:
        body = {"source_node_id": source, "target_node_id": target, "edge_label": label}
        status, answer = product.call("/api/v1/workflows/wait/edges/", body)
        assert status == 201, answer


def until(product: Product, path: str, status: str) -> None:
    product.wait(lambda: product.call(path)[1]["status"] == status)


def test_an_approval_waits_over_a_restart_of_everything(tmp_path: Path) -> None:
    """Twice, inside a loop; with Redis's data gone the second time."""
    product = Product(tmp_path, ADMIN_PASSWORD=PASSWORD)
    try:
        product.wait_ready()
        product.sign_in(PASSWORD)
        build(product)
        status, started = product.call("/api/v1/workflows/wait/execute/", {"payload": {"n": 40}})
        assert status == 202, started
        path = f"/api/v1/executions/{started['execution_id']}/"
        for number in (1, 2):
            until(product, path, "interrupted")
            product.stop()
            if number == 2:
                shutil.rmtree(product.var / "redis")
            key, product = product.key, Product(tmp_path)
            product.key = key
            product.wait_ready()
            waiting = product.call(path)[1]
            assert (waiting["status"], waiting["waiting_for"]["what"]) == ("interrupted", "person")
            (task,) = [one for one in waiting["pending_tasks"] if one["status"] == "pending"]
            assert task["prompt"] == f"Go on with {number}?"
            status, answer = product.call(f"/api/v1/tasks/{task['id']}/respond/", {"decision": "confirmed"})
            assert status == 200, answer
        until(product, path, "completed")
        ended = product.call(path)[1]
        assert ended["final_output"] == {"sum": 42}
        keys = [log["step_key"] for log in ended["logs"]]
        assert sorted(keys) == sorted(["start", "before", "each[0]/ask", "each[1]/ask", "each", "after"])
    finally:
        product.kill()
