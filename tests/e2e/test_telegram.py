"""Telegram with everything real but Telegram: polled by the scheduler, run by a worker, over a restart."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
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


def build(product: Product, telegram: double.Telegram) -> None:
    detail = {"bot_token": double.TOKEN, "api_url": telegram.url}
    body = {"name": "bot", "credential_type": "telegram", "detail": detail}
    status, credential = product.call("/api/v1/credentials/", body)
    assert status == 201, credential
    assert product.call("/api/v1/workflows/", {"name": "ship", "slug": "ship"})[0] == 201
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("start", "trigger_telegram", {"credential_id": credential["id"]}),
        ("ask", "human_confirmation", {"extra_config": {"prompt": "Ship {{ trigger.text }}?"}}),
        ("form", "human_confirmation", {"extra_config": {"prompt": "When?", "schema": SCHEMA}}),
        ("say", "reply", {"extra_config": {"text": "Shipping **{{ trigger.text }}** {{ form.data.when }}."}}),
    ]
    operations: list[dict[str, Any]] = [
        {"op": "create_node", "node_id": name, "component_type": kind, "config": config} for name, kind, config in nodes
    ]
    operations += [
        {"op": "create_edge", "source_node_id": a, "target_node_id": b}
        for a, b in (("start", "ask"), ("ask", "form"), ("form", "say"))
    ]
    status, answer = product.call("/api/v1/workflows/ship/bulk/", {"operations": operations})
    assert status in (200, 201), answer


def test_a_question_on_telegram_is_answered_after_a_restart(tmp_path: Path, telegram: double.Telegram) -> None:
    """Asked by polling, answered by a button once everything was started anew, then by a signed link."""
    values = {"ADMIN_PASSWORD": PASSWORD, "OUTBOUND_ALLOW": "127.0.0.1", "PUBLIC_URL": "http://pipelit.test"}
    product = Product(tmp_path, **values)
    try:
        product.wait_ready()
        product.sign_in(PASSWORD)
        build(product, telegram)
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
