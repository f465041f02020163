"""Webhook, form and public chat over real sockets: the real web process, worker and Redis."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PASSWORD = "doors-Pass-123"
PAGE = "https://shop.example"
Answer = tuple[int, dict[str, str], str]
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(Path(tmp_path_factory.mktemp("doors")), ADMIN_USERNAME="admin", ADMIN_PASSWORD=PASSWORD)
    try:
        made.wait_ready()
        made.sign_in(PASSWORD)
        yield made
    finally:
        made.stop()


def build(product: Product, slug: str, nodes: list[tuple[str, str, dict[str, Any]]], *edges: tuple[str, ...]) -> None:
    """Nodes are (id, type, config as on the wire); edges (source, target[, label])."""
    assert product.call("/api/v1/workflows/", {"name": slug, "slug": slug})[0] == 201
    operations: list[dict[str, Any]] = [
        {"op": "create_node", "node_id": name, "component_type": kind, "config": config} for name, kind, config in nodes
    ]
    operations += [
        {"op": "create_edge", "source_node_id": a, "target_node_id": b, "edge_label": label[0] if label else ""}
        for a, b, *label in edges
    ]
    status, answer = product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": operations})
    assert status == 200, answer


def send(product: Product, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """Status, headers in lower case, text. A body that is an iterator is sent in chunks, its length not announced."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def extra(**config: Any) -> dict[str, Any]:
    return {"extra_config": config}


def test_a_webhook(product: Product) -> None:
    hook = extra(path="in", secret="s3cret", max_body_kb=64, rate_limit_per_minute=5, allowed_origins=[PAGE])
    seen = extra(values={"id": "{{ hook.payload.id }}"})
    build(product, "hooked", [("hook", "trigger_webhook", hook), ("seen", "set", seen)], ("hook", "seen"))
    path, signed = "/webhooks/hooked/in", {**JSON, "X-Webhook-Secret": "s3cret", "Origin": PAGE}
    status, headers, text = send(product, "OPTIONS", path, None, {"Origin": PAGE})
    assert (status, headers["access-control-allow-origin"], text) == (204, PAGE, "")
    for method, to, body, given, expected in (
        ("PATCH", path, b"{}", signed, 405),
        ("POST", path, b"{}", JSON, 401),
        ("POST", f"{path}?secret=s3cret", b"{}", signed, 400),
        ("POST", path, iter([b"x" * 40_000] * 2), signed, 413),
        ("POST", path, b"\xff", signed, 400),
        ("POST", path, b"{}", {**signed, "Content-Encoding": "br"}, 415),
        ("POST", "/webhooks/hooked/other", b"{}", signed, 404),
    ):
        status, _, text = send(product, method, to, body, given)
        assert (status, len(json.loads(text)["detail"]) > 10) == (expected, True), text
    with ThreadPoolExecutor(8) as threads:
        same = {**signed, "X-Delivery-Id": "d-1"}
        answers = list(threads.map(lambda _: send(product, "POST", path, b'{"id": 7}', same), range(12)))
    started = {json.loads(text)["execution_id"] for status, _, text in answers if status == 202}
    refused = [headers for status, headers, _ in answers if status == 429]
    assert len(started) == 1
    assert len(refused) >= 2, "twelve within at most two minutes of five each"
    assert {headers["access-control-allow-origin"] for headers in refused} == {PAGE}
    assert all(int(headers["retry-after"]) > 0 for headers in refused)
    (key,) = started
    product.wait(lambda: product.call(f"/api/v1/executions/{key}/")[1]["status"] == "completed")
    assert product.call(f"/api/v1/executions/{key}/")[1]["final_output"] == {"id": 7}


def test_a_form(product: Product) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    ask = extra(path="join", access="public", input_schema=schema, response_mode="wait")
    say = extra(text="Welcome, {{ ask.payload.name }}")
    build(product, "club", [("ask", "trigger_form", ask), ("say", "reply", say)], ("ask", "say"))
    path, browser = "/forms/club/join", {"Accept": "text/html"}
    status, headers, text = send(product, "GET", path, None, browser)
    assert (status, "set-cookie" in headers, "<script" in text) == (200, False, False)
    found = re.search(r'name="_key" value="([^"]+)"', text)
    assert found
    posted = {**browser, "Content-Type": "application/x-www-form-urlencoded"}
    assert send(product, "POST", path, urlencode({"name": "", "_key": found[1]}), posted)[0] == 422
    body = urlencode({"name": "Kim & Co", "_key": found[1]})
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: send(product, "POST", path, body, posted), range(4)))
    assert [(status, "Welcome, Kim &amp; Co" in text) for status, _, text in answers] == [(200, True)] * 4
    assert product.call("/api/v1/trigger-events/?workflow_slug=club")[1]["total"] == 1


def test_a_public_chat(product: Product) -> None:
    credential = product.call("/api/v1/credentials/")[1]["items"][0]["id"]
    nodes = [
        ("chat", "trigger_chat", extra(public=True, greeting="Hello")),
        ("agent", "agent", {"llm_credential_id": credential, "model_name": "demo"}),
    ]
    build(product, "help", nodes, ("chat", "agent"))
    assert send(product, "GET", "/chat/help", None, {"Accept": "text/html"})[0] == 200
    body = json.dumps({"text": "sing a song", "key": "k" * 20})
    status, headers, text = send(product, "POST", "/chat/help/messages", body, JSON)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    words = "".join(event["delta"] for event in events if event["type"] == "token")
    assert (events[0]["type"], events[-1]["type"], events[-1]["status"]) == ("conversation", "done", "completed")
    assert "sing a song" in words
    assert events[-1]["text"] == words
    status, _, text = send(product, "GET", "/chat/help/history", None, {"X-Conversation": events[0]["token"]})
    assert [m["text"] for m in json.loads(text)["items"]] == ["sing a song", words]
