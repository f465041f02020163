"""The triggers that need no door of their own, over real sockets: by hand, error, called by a workflow, schedule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.launcher import Product, build, extra, send

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
SUM = extra(values={"sum": "{{ trigger.payload.a + trigger.payload.b }}"})


def ended(product: Product, slug: str) -> list[dict[str, Any]]:
    """The executions of a workflow, once there are some and all have ended."""
    url = f"/api/v1/executions/?workflow_slug={slug}"

    def found() -> list[dict[str, Any]]:
        return list(product.call(url)[1]["items"])

    product.wait(lambda: found() and all(one["completed_at"] for one in found()))
    return found()


def test_by_hand(product: Product) -> None:
    build(product, "sums", [("start", "trigger_manual", {}), ("sum", "set", SUM)], ("start", "sum"))
    build(product, "half", [("start", "trigger_manual", {}), ("ask", "workflow", {})], ("start", "ask"))
    url, body = "/api/v1/workflows/sums/execute/", json.dumps({"payload": {"a": 2, "b": 3}, "wait": 30})
    for key, path, given, expected in (
        ("", url, body, 401),
        ("Bearer wrong", url, body, 401),
        (product.key, "/api/v1/workflows/other/execute/", body, 404),
        (product.key, url, "{oops", 400),
        (product.key, url, '{"trigger_node_id": "sum"}', 422),
        (product.key, "/api/v1/workflows/half/execute/", "{}", 422),
        (product.key, url, body, 200),
    ):
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        status, _, text = send(product, "POST", path, given, headers)
        assert status == expected, text
    assert json.loads(text)["final_output"] == {"sum": 5}
    assert product.call("/api/v1/executions/?workflow_slug=sums")[1]["total"] == 1


def test_on_error(product: Product) -> None:
    nodes = [
        ("start", "trigger_manual", {}),
        ("bad", "set", extra(values={"x": "{{ trigger.payload.missing }}"})),
        ("oops", "trigger_error", {}),
        ("told", "set", extra(values={"x": "{{ oops.error.source_node_id }}", "y": "{{ nothing }}"})),
    ]
    build(product, "fails", nodes, ("start", "bad"), ("oops", "told"))
    status, failed = product.call("/api/v1/workflows/fails/execute/", {"wait": 30})
    assert (status, failed["status"], failed["failed_node_id"]) == (200, "failed", "bad")
    product.wait(lambda: len(ended(product, "fails")) == 2)
    handled, first = ended(product, "fails")
    assert (first["execution_id"], handled["trigger_node_id"]) == (failed["execution_id"], "oops")
    assert handled["trigger_payload"]["error"]["execution_id"] == failed["execution_id"]
    assert (handled["status"], handled["failed_node_id"]) == ("failed", "told"), "whose failure fires none"


def test_called_by_a_workflow(product: Product) -> None:
    called = {"trigger_config": {"source_workflow": "friend"}}
    build(product, "called", [("taken", "trigger_workflow", called), ("sum", "set", SUM)], ("taken", "sum"))
    mapping = {"a": "trigger.payload.a", "b": "{{ 40 }}"}
    ask = ("ask", "workflow", extra(target_workflow="called", input_mapping=mapping))
    answers = []
    for slug in ("friend", "stranger"):
        build(product, slug, [("start", "trigger_manual", {}), ask], ("start", "ask"))
        answers.append(product.call(f"/api/v1/workflows/{slug}/execute/", {"payload": {"a": 2}, "wait": 30})[1])
    assert (answers[0]["status"], answers[0]["final_output"]) == ("completed", {"sum": 42})
    assert (answers[1]["status"], "takes calls" in answers[1]["error_message"]) == ("failed", True)
    (child,) = ended(product, "called")
    assert child["parent_execution_id"] == answers[0]["execution_id"]


def test_schedules(product: Product) -> None:
    nodes = [("tick", "trigger_schedule", {}), ("seen", "set", extra(values={"a": "{{ trigger.payload.a }}"}))]
    build(product, "ticking", nodes, ("tick", "seen"))
    workflow = product.call("/api/v1/workflows/ticking/")[1]["id"]
    body = {"name": "t", "workflow_id": workflow, "trigger_node_id": "tick", "trigger_payload": {"a": 1}}
    url = "/api/v1/schedules/"
    for more, expected in (
        ({"interval_seconds": 0}, 400),
        ({"interval_seconds": 10 * 366 * 86_400}, 400),
        ({"cron": "0 0 31 2 *"}, 422),
        ({"cron": "0 8 * * *", "timezone": "Mars/Base"}, 422),
        ({"interval_seconds": 60, "workflow_id": 10**9}, 404),
    ):
        assert product.call(url, {**body, **more})[0] == expected, more
    assert product.call(url)[1]["total"] == 0
    status, hourly = product.call(url, {**body, "interval_seconds": 3600})
    assert status == 201, hourly
    one = f"{url}{hourly['id']}/"
    assert send(product, "POST", f"{one}run-now/")[0] == 401
    assert product.call(f"{one}run-now/", {})[0] == 202
    assert [run["final_output"] for run in ended(product, "ticking")] == [{"a": 1}]
    soon = {**body, "interval_seconds": 1, "total_repeats": 1, "trigger_payload": {"a": 2}}
    assert product.call(url, soon)[0] == 201
    product.wait(lambda: len(ended(product, "ticking")) == 2)
    assert ended(product, "ticking")[0]["final_output"] == {"a": 2}
    assert send(product, "DELETE", one, headers={"Authorization": f"Bearer {product.key}"})[0] == 204
    assert product.call(one)[0] == 404
