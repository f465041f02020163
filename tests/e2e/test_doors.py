"""Webhook, form and public chat over real sockets: the real web process, worker and Redis."""

from __future__ import annotations

import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlencode

import pytest

from tests.e2e.launcher import Product, build, extra, send

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PAGE = "https://shop.example"
JSON = {"Content-Type": "application/json"}


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


def test_what_a_form_refuses(product: Product) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    ask = extra(path="in", access="public", input_schema=schema, rate_limit_per_minute=3)
    link = extra(path="by-link", secret="s3cret", input_schema=schema)
    nodes = [("ask", "trigger_form", ask), ("link", "trigger_form", link), ("seen", "set", extra(values={"x": "1"}))]
    build(product, "strict", nodes, ("ask", "seen"), ("link", "seen"))
    path, form = "/forms/strict/in", {"Content-Type": "application/x-www-form-urlencoded"}
    for method, to, body, given, expected in (
        ("PUT", path, b"name=x", form, 405),
        ("POST", path, b"name=" + b"x" * 1_100_000, form, 413),
        ("POST", path, iter([b"x" * 1_000_000] * 11), form, 413),
        ("POST", path, b"x", {"Content-Type": "multipart/form-data"}, 400),
        ("POST", path, b"name=" + b"x" * 10_001, form, 422),
        ("GET", "/forms/strict/other", None, {}, 404),
        ("GET", "/forms/strict/by-link?key=wrong", None, {}, 404),
        ("GET", "/forms/strict/by-link?key=s3cret", None, {}, 200),
    ):
        assert send(product, method, to, body, given)[0] == expected, (method, to)
    assert product.call("/api/v1/trigger-events/?workflow_slug=strict")[1]["total"] == 0
    answers = [send(product, "POST", path, b"name=x", form) for _ in range(7)]
    assert {status for status, _, _ in answers} == {200, 429}, "seven within at most two minutes of three each"
    assert all(int(headers["retry-after"]) > 0 for status, headers, _ in answers if status == 429)
    with closing(sqlite3.connect(f"file:{product.var / 'pipelit.sqlite3'}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT object FROM accounts_auditentry WHERE action = 'form.refused'").fetchall()
    assert ("form:strict",) in found, "a body that no door has seen is audited too"


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


def test_what_a_chat_refuses(product: Product) -> None:
    nodes = [
        ("chat", "trigger_chat", extra(public=True, allowed_origins=[PAGE], rate_limit_per_minute=2)),
        ("say", "reply", extra(text="You said {{ trigger.text }}")),
    ]
    build(product, "narrow", nodes, ("chat", "say"))
    build(product, "secretive", [("chat", "trigger_chat", extra()), nodes[1]], ("chat", "say"))
    path, good = "/chat/narrow/messages", {"text": "hi", "key": "k" * 20}
    for method, to, body, given, expected in (
        ("GET", path, None, {}, 405),
        ("POST", "/chat/narrow", b"", {}, 405),
        ("POST", path, json.dumps(good), {"Content-Type": "text/plain"}, 415),
        ("POST", path, json.dumps({**good, "text": "x" * 4001}), JSON, 413),
        ("POST", path, b"x" * 70_000, JSON, 413),
        ("POST", path, json.dumps({**good, "text": " "}), JSON, 400),
        ("POST", "/chat/secretive/messages", json.dumps(good), JSON, 404),
    ):
        status, _, text = send(product, method, to, body, given)
        assert (status, len(json.loads(text)["detail"]) > 10) == (expected, True), text
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = send(product, "OPTIONS", path, None, preflight)
    assert (status, "access-control-allow-origin" in headers) == (405, False), "pages of others cannot send JSON"
    policy = send(product, "GET", "/chat/narrow", None, {"Accept": "text/html"})[1]["content-security-policy"]
    assert policy.endswith(f"frame-ancestors {PAGE}")
    flood = [send(product, "POST", path, json.dumps({**good, "key": f"{n:020}"}), JSON) for n in range(5)]
    assert {status for status, _, _ in flood} == {200, 429}, "five within at most two minutes of two each"
    assert all(int(headers["retry-after"]) > 0 for status, headers, _ in flood if status == 429)


def test_a_callback(product: Product) -> None:
    nodes = [("start", "trigger_manual", {}), ("wait", "wait", extra(callback=True))]
    build(product, "patient", nodes, ("start", "wait"))
    key = product.call("/api/v1/workflows/patient/execute/", {})[1]["execution_id"]
    tasks = f"/api/v1/tasks/?execution_id={key}"
    product.wait(lambda: product.call(tasks)[1]["total"] == 1)
    path = product.call(tasks)[1]["items"][0]["callback_path"]
    for method, to, body, expected in (
        ("GET", path, None, 405),
        ("POST", path, b"{oops", 400),
        ("POST", "/webhooks/-/callbacks/guessed/", b"{}", 404),
        ("POST", path, b'{"paid": true}', 202),
        ("POST", path, b'{"paid": false}', 409),
    ):
        status, _, text = send(product, method, to, body, JSON)
        assert (status, len(text) > 10) == (expected, True), text
    product.wait(lambda: product.call(f"/api/v1/executions/{key}/")[1]["status"] == "completed")
    assert product.call(f"/api/v1/executions/{key}/")[1]["final_output"] == {"paid": True}
