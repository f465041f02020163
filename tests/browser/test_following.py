"""What the open editor shows of runs that begin, or go on, somewhere else; and how its fields are left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import node, park, run, workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_chat_shows_what_came_of_an_answer_elsewhere(visit: Callable[..., Page], product: Product) -> None:
    say = node("say", "reply", text="It leaves at noon.")
    ask = node("ask", "human_confirmation", prompt="Shall it leave?")
    workflow(product, "departure", node("start", "trigger_chat"), ask, say)
    page = visit("/workflows/departure")
    page.get_by_role("button", name="Chat", exact=True).click()
    message = page.get_by_role("textbox", name="Message")
    message.fill("Is it ready?")
    message.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Shall it leave?")
    (task,) = product.call("/api/v1/tasks/?workflow_slug=departure")[1]["items"]
    product.call(f"/api/v1/tasks/{task['id']}/respond/", {"decision": "confirmed"})
    expect(log).to_contain_text("It leaves at noon.")
    expect(log.get_by_text("Shall it leave?")).to_have_count(1)
    expect(log.get_by_text("It leaves at noon.")).to_have_count(1)


def test_a_run_that_begins_elsewhere_has_badges(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "by-others", node("go", "trigger_manual"), node("end", "set", values={"n": "1"}))
    page = visit("/workflows/by-others")
    badge = page.locator('.react-flow__node[data-id="end"] [data-status="success"]')
    expect(page.locator('.react-flow__node[data-id="end"]')).to_be_visible()
    expect(badge).to_have_count(0)
    run(product, "by-others")
    expect(badge).to_be_visible()


def test_the_last_run_is_there_again_after_a_reload(visit: Callable[..., Page], product: Product) -> None:
    ask = node("ask", "human_confirmation", prompt="Go on?")
    parts = (node("go", "trigger_manual"), node("words", "set", values={"n": "7"}), ask, node("end", "set"))
    workflow(product, "again", *parts)
    park(product, "again")
    page = visit("/workflows/again")
    page.reload()
    expect(page.locator('.react-flow__node[data-id="words"] [data-status="success"]')).to_be_visible()
    expect(page.locator('.react-flow__node[data-id="ask"] [data-status="waiting"]')).to_be_visible()
    (task,) = product.call("/api/v1/tasks/?workflow_slug=again")[1]["items"]
    product.call(f"/api/v1/tasks/{task['id']}/respond/", {"decision": "confirmed"})
    expect(page.locator('.react-flow__node[data-id="end"] [data-status="success"]')).to_be_visible()
    expect(page.locator('.react-flow__node[data-id="words"] [data-status="success"]')).not_to_contain_text("×")
    page.reload()
    page.locator('.react-flow__node[data-id="words"] [data-status="success"]').click()
    expect(page.get_by_role("region", name="Output")).to_contain_text("7")


def test_escape_leaves_a_field(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "leaving", node("go", "trigger_manual"), node("end", "set", values={"n": "1"}))
    page = visit("/workflows/leaving")
    page.locator('.react-flow__node[data-id="end"]').click()
    name = page.get_by_role("complementary", name="Node end").get_by_label("Name", exact=True)
    name.focus()
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(name).not_to_be_focused()
    page.keyboard.press("c")
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_be_focused()
    page.keyboard.press("Escape")
    expect(message).not_to_be_focused()
    page.keyboard.press("c")
    expect(message).to_have_count(0)
