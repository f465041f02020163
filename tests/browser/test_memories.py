"""Journeys through conversations: the page that keeps them, and the chat panel that goes on with the latest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.launcher import Product

from .seeds import node, workflow
from .test_pages import serious

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def parrot(product: Product, slug: str) -> None:
    """A workflow that says what it is told."""
    said = node("answer", "transform", template="You said {{ trigger.text }}.")
    workflow(product, slug, node("chat", "trigger_chat"), said)


def say(product: Product, slug: str, text: str, conversation: str | None = None) -> str:
    """The id of the conversation, once it is answered."""
    body = {"text": text, "version": "draft"} | ({"conversation_id": conversation} if conversation else {})
    status, answer = product.call(f"/api/v1/workflows/{slug}/chat/", body)
    assert status == 202, answer
    run = f"/api/v1/executions/{answer['execution_id']}/"
    product.wait(lambda: product.call(run)[1]["status"] == "completed")
    return str(answer["conversation_id"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_conversations_are_read_and_deleted(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    slug = f"parrot-{theme}"
    parrot(product, slug)
    talk = say(product, slug, "first words")
    page = visit(f"/memories?workflow={slug}", theme=theme)
    row = page.locator("main ul > li")
    expect(row).to_have_count(1)
    row.get_by_role("button", expanded=False).click()
    said = row.get_by_role("list", name="What was said").get_by_role("listitem")
    expect(said).to_have_count(2)
    expect(said.nth(1)).to_contain_text("You said first words.")
    say(product, slug, "second words", talk)  # it comes by itself
    expect(said).to_have_count(4)
    page.wait_for_load_state("networkidle")
    assert serious(page, axe) == []
    say(product, slug, "another matter")
    expect(row).to_have_count(2)
    page.get_by_label("Find conversations").fill("another")
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Delete another matter", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    page.get_by_label("Find conversations").fill("")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Delete 1", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    assert product.call(f"/api/v1/conversations/?workflow_slug={slug}")[1]["total"] == 0


def test_a_long_conversation_is_read_from_its_end(visit: Callable[..., Page], product: Product) -> None:
    parrot(product, "talkative")
    talk = say(product, "talkative", "word 0")
    for number in range(1, 27):
        say(product, "talkative", f"word {number}", talk)
    page = visit("/memories?workflow=talkative")
    page.locator("main ul > li").get_by_role("button", expanded=False).click()
    said = page.get_by_role("list", name="What was said").get_by_role("listitem")
    expect(said).to_have_count(50)
    page.get_by_role("button", name="Show earlier messages").click()
    expect(said).to_have_count(54)
    expect(said.first).to_contain_text("word 0")


def test_the_chat_goes_on_where_it_was_left(visit: Callable[..., Page], product: Product) -> None:
    parrot(product, "goes-on")
    page = visit("/workflows/goes-on")

    def opened() -> Any:
        page.get_by_role("button", name="Chat", exact=True).click()
        return page.get_by_role("log")

    log = opened()
    expect(log).to_contain_text("Say something")
    page.get_by_role("textbox", name="Message").fill("hello")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("You said hello.")
    page.reload()
    log = opened()
    expect(log).to_contain_text("You said hello.")
    page.get_by_role("textbox", name="Message").fill("again")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("You said again.")
    assert product.call("/api/v1/conversations/?workflow_slug=goes-on")[1]["total"] == 1
    page.get_by_role("button", name="New conversation").click()
    expect(log).not_to_contain_text("You said")
    page.get_by_role("textbox", name="Message").fill("afresh")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("You said afresh.")
    assert product.call("/api/v1/conversations/?workflow_slug=goes-on")[1]["total"] == 2


def test_what_is_sent_before_the_past_has_come_goes_on_with_it(visit: Callable[..., Page], product: Product) -> None:
    parrot(product, "hasty")
    talk = say(product, "hasty", "before")
    page = visit("/workflows/hasty")
    held: list[Route] = []
    page.route("**/api/v1/workflows/hasty/chat/history/*", lambda route: held.append(route))
    with page.expect_request("**/chat/history/*"):
        page.get_by_role("button", name="Chat", exact=True).click()
    page.get_by_role("textbox", name="Message").fill("early")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    log = page.get_by_role("log")
    expect(log).to_contain_text("You said early.")
    expect(log).to_contain_text("You said before.")
    history = product.call(f"/api/v1/workflows/hasty/chat/history/?conversation_id={talk}")[1]
    assert history["total"] == 4
