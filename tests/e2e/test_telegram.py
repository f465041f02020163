"""Telegram with everything real but Telegram: polled by the scheduler, run by a worker, over a restart."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import telegram as double
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PASSWORD = "restart-Pass-123"
SCHEMA = {"type": "object", "required": ["when"], "properties": {"when": {"type": "string"}}}


@pytest.fixture
def telegram() -> Iterator[double.Telegram]:
    with double.running() as server:
        yield server


ASK = ("ask", "human_confirmation", {"extra_config": {"prompt": "Ship {{ trigger.text }}?"}})
FORM = ("form", "human_confirmation", {"extra_config": {"prompt": "When?", "schema": SCHEMA}})
SAY = ("say", "reply", {"extra_config": {"text": "Shipping **{{ trigger.text }}** {{ form.data.when }}."}})
ECHO = ("echo", "reply", {"extra_config": {"text": "You said: {{ trigger.text }}"}})


def build(product: Product, telegram: double.Telegram, *then: tuple[str, str, dict[str, Any]], **more: Any) -> int:
    """A bot, and a workflow of these nodes in a row behind it; the bot's credential."""
    detail = {"bot_token": double.TOKEN, "api_url": telegram.url, **more}
    body = {"name": "bot", "credential_type": "telegram", "detail": detail}
    status, credential = product.call("/api/v1/credentials/", body)
    assert status == 201, credential
    assert product.call("/api/v1/workflows/", {"name": "ship", "slug": "ship"})[0] == 201
    nodes = [("start", "trigger_telegram", {"credential_id": credential["id"]}), *then]
    operations: list[dict[str, Any]] = [
        {"op": "create_node", "node_id": name, "component_type": kind, "config": config} for name, kind, config in nodes
    ]
    operations += [
        {"op": "create_edge", "source_node_id": a, "target_node_id": b} for (a, *_), (b, *_) in pairwise(nodes)
    ]
    status, answer = product.call("/api/v1/workflows/ship/bulk/", {"operations": operations})
    assert status in (200, 201), answer
    return int(credential["id"])


def test_a_question_on_telegram_is_answered_after_a_restart(tmp_path: Path, telegram: double.Telegram) -> None:
    """Asked by polling, answered by a button once everything was started anew, then by a signed link."""
    values = {"ADMIN_PASSWORD": PASSWORD, "OUTBOUND_ALLOW": "127.0.0.1", "PUBLIC_URL": "http://pipelit.test"}
    product = Product(tmp_path, **values)
    try:
        product.wait_ready()
        product.sign_in(PASSWORD)
        build(product, telegram, ASK, FORM, SAY)
        telegram.said("v2")
        assert telegram.wait_for("Ship v2?")
        product.stop()
        key, product = product.key, Product(tmp_path, **values)
        product.key = key
        product.wait_ready()
        (task,) = product.call("/api/v1/tasks/")[1]["items"]
        telegram.press(f"task:{task['id']}:confirmed")
        assert telegram.wait_for("When?")
        question = next(params for _, params in telegram.sent if params.get("text") == "When?")
        link = urllib.parse.urlsplit(question["reply_markup"]["inline_keyboard"][0][0]["url"])
        assert link.netloc == "pipelit.test"
        url = f"http://127.0.0.1:{product.port}{link.path}"
        filled = urllib.parse.urlencode({"_decision": "confirmed", "when": "today"}).encode()
        with urllib.request.urlopen(url, filled, timeout=20) as answer:
            assert "has arrived" in answer.read().decode()
        assert telegram.wait_for("Shipping v2 today.")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, filled, timeout=20)
        with caught.value as refused:
            assert (refused.code, "answered by telegram:42" in refused.read().decode()) == (409, True)
        assert len([text for text in telegram.texts() if text == "Ship v2?"]) == 1
    finally:
        product.kill()


def bring(product: Product, path: str, body: bytes, secret: str, method: str = "POST") -> tuple[int, dict[str, Any]]:
    """As Telegram brings an update: the status, and what is said."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_updates_by_webhook(tmp_path: Path, telegram: double.Telegram) -> None:
    """Telegram registers the webhook that it is told, and calls it; whoever else does is refused with a sentence."""
    product = Product(tmp_path, ADMIN_PASSWORD=PASSWORD, OUTBOUND_ALLOW="127.0.0.1", PUBLIC_URL="https://pipelit.test")
    try:
        product.wait_ready()
        product.sign_in(PASSWORD)
        bot = build(product, telegram, ECHO, updates="webhook")
        assert telegram.wait_for_call("setWebhook")
        url = urllib.parse.urlsplit(telegram.webhook["url"])
        assert (url.scheme, url.netloc, url.path) == ("https", "pipelit.test", f"/telegram/{bot}/")
        secret, update = telegram.webhook["secret_token"], json.dumps(telegram.said("by webhook")).encode()
        for method, body, given, expected in (
            ("POST", update, "wrong", 404),
            ("GET", b"", secret, 405),
            ("PUT", update, secret, 405),
            ("POST", b"rubbish", secret, 400),
            ("POST", b"[1]", secret, 400),
            ("POST", b"\xff\xfe", secret, 400),
        ):
            status, said = bring(product, url.path, body, given, method)
            assert (status, len(said["detail"]) > 10) == (expected, True), said
        for _ in range(2):  # it may be brought again
            assert bring(product, url.path, update, secret) == (200, {})
        assert telegram.wait_for("You said: by webhook")
        assert product.call("/api/v1/executions/")[1]["total"] == 1
        assert telegram.polls == 0
    finally:
        product.kill()
