"""The editor by keyboard alone: nothing here moves or presses a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_editor import node, saved

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FOCUSED = """() => {
    const one = document.activeElement;
    const label = one.labels?.[0]?.textContent ?? '';
    return (one.getAttribute('aria-label') || label || one.textContent || '').trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Tab until what is called so has the focus."""
    passed = []
    for _ in range(80):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == name:
            return
    raise AssertionError(f"{name!r} cannot be reached: {passed}")


def add(page: Page, name: str) -> None:
    page.keyboard.press("a")
    expect(page.get_by_role("combobox", name="Find a node type")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def choose(page: Page, name: str) -> None:
    """By the search, which is closed again."""
    page.keyboard.press("Control+f")
    expect(page.get_by_role("searchbox", name="Find on the canvas")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")


def test_from_signing_in_to_a_tested_agent_with_a_tool(visit: Callable[..., Page]) -> None:
    page = visit("/", signed_in=False)
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    tab_to(page, "New workflow")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("An empty canvas")).to_be_visible()
    add(page, "chat")
    expect(node(page, "chat")).to_be_visible()
    add(page, "agent")
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    add(page, "calculator")
    choose(page, "agent")
    add(page, "model")
    expect(page.locator(".react-flow__edge")).to_have_count(3)
    tab_to(page, "Credential")
    credential = page.get_by_label("Credential", exact=True)
    expect(credential).to_be_focused()
    expect(credential.locator("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(credential.locator("option:checked")).to_have_text("Demo model")
    tab_to(page, "Model")
    page.keyboard.type("demo")
    saved(page)
    page.keyboard.press("Escape")
    tab_to(page, "Chat")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.keyboard.type("What is 6 * 7?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("42", timeout=30_000)
    expect(node(page, "agent").locator('[data-status="success"]')).to_be_visible()
