"""What was asked for while the server is away, or slow: it is told that it waits, and can be called off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.seeds import node, workflow
from tests.browser.test_editor import saved
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]
BULK = "**/api/v1/workflows/*/bulk/"


def test_a_run_that_waits_for_the_server_can_be_called_off(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    workflow(product, "queued-run", node("start", "trigger_manual"))
    page = visit("/workflows/queued-run")
    page.locator('.react-flow__node[data-id="start"]').click()

    def edit_and_run(name: str) -> None:
        page.route(BULK, lambda route: route.abort())
        page.get_by_label("Name", exact=True).fill(name)
        expect(page.locator('[data-saving="offline"]')).to_be_visible()
        page.get_by_role("button", name="Run", exact=True).first.click()
        expect(panel.get_by_role("status")).to_contain_text("Waits for the server")

    panel = page.get_by_role("complementary", name="Run", exact=True)
    edit_and_run("first")
    panel.get_by_role("button", name="Call off").click()
    expect(panel.get_by_role("status")).to_be_hidden()
    page.unroute(BULK)
    saved(page)
    page.locator('.react-flow__node[data-id="start"]').click()
    edit_and_run("second")
    page.unroute(BULK)
    expect(panel.get_by_text("Completed")).to_be_visible()
    expect(panel.get_by_role("status")).to_be_hidden()
    assert product.call("/api/v1/executions/?workflow_slug=queued-run")[1]["total"] == 1


def test_a_message_that_waits_for_the_conversation_can_be_called_off(visit: Visit, product: Product) -> None:
    workflow(product, "queued-chat", node("hi", "trigger_chat"))
    page = visit("/workflows/queued-chat")
    held: list[Route] = []
    page.route("**/chat/history/**", lambda route: held.append(route))
    page.get_by_role("button", name="Chat", exact=True).click()
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("Waits for the server")).to_be_visible()
    page.get_by_role("button", name="Call off").click()
    for route in held:
        route.continue_()
    expect(page.get_by_text("Say something")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("Hello")
    assert product.call("/api/v1/executions/?workflow_slug=queued-chat")[1]["total"] == 0
