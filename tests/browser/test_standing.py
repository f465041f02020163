"""What people who may only look are offered, and what the command palette does."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import node, workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
LOOK_ONLY = "You may look at this workflow and run it, but not change it."
PASSWORD = "looker-Pass-123"


def test_who_may_only_look_is_offered_no_changes(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "shared-out", node("go", "trigger_manual"), node("end", "set", values={"n": "1"}))
    product.call("/api/v1/workflows/shared-out/execute/", {"wait": 20})
    product.call("/api/v1/users/", {"username": "looker", "password": PASSWORD, "role": "normal"})
    product.call("/api/v1/workflows/shared-out/collaborators/", {"username": "looker", "role": "viewer"})
    page = visit("/?q=shared-out", signed_in=False)
    page.get_by_label("Username").fill("looker")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    row = page.get_by_role("row").filter(has_text="shared-out")
    expect(row.get_by_role("switch")).to_be_disabled()
    expect(row.get_by_role("switch")).to_have_attribute("title", LOOK_ONLY)
    expect(row.get_by_role("checkbox")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Choose all")).to_be_disabled()
    row.get_by_role("button", name="Actions for").click()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    page.get_by_role("menuitem", name="Collaborators").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(LOOK_ONLY)
    expect(dialog.get_by_label("Role of looker")).to_be_disabled()
    expect(dialog.get_by_role("button", name=re.compile("Remove|Add"))).to_have_count(0)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(dialog.get_by_label("Name", exact=True)).to_be_disabled()
    expect(dialog.get_by_role("button", name="Save")).to_have_count(0)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Versions").click()
    expect(page.get_by_role("list", name="Versions")).to_be_visible()
    expect(page.get_by_role("button", name="Publish the draft")).to_be_disabled()
    expect(page.get_by_role("button", name=re.compile("Restore|Publish version"))).to_have_count(0)


def test_the_command_palette_does_things(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "commanded", node("go", "trigger_manual"), node("end", "set", values={"n": "1"}))
    page = visit("/workflows/commanded")
    expect(page.locator(".react-flow__node")).to_have_count(2)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Command palette")
    expect(palette.get_by_role("option", name="Executions")).to_have_css("opacity", "1")
    page.keyboard.type("add a node")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Find a node type").fill("transform")
    page.keyboard.press("Enter")
    expect(page.locator(".react-flow__node")).to_have_count(3)
    page.keyboard.press("Control+k")
    page.keyboard.type("new workflow")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="New workflow").get_by_label("Name").fill("From the palette")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/workflows/from-the-palette"))


def test_a_refused_deletion_ends_its_question(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "undeletable", node("go", "trigger_manual"))
    visit.allowed.append("404")  # type: ignore[attr-defined]
    page = visit("/?q=undeletable")
    page.get_by_role("button", name="Actions for Undeletable", exact=True).click()
    page.get_by_role("menuitem", name="Delete").click()
    product.call("/api/v1/workflows/batch-delete/", {"slugs": ["undeletable"]})
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    expect(page.get_by_text("There is no workflow")).to_be_visible()


def test_a_page_for_administrators_refuses_others_once(visit: Callable[..., Page], product: Product) -> None:
    visit.allowed.append("403")  # type: ignore[attr-defined]
    product.call("/api/v1/users/", {"username": "outsider", "password": PASSWORD, "role": "normal"})
    _, answer = product.call("/api/v1/auth/token/", {"username": "outsider", "password": PASSWORD})
    page = visit("/login", signed_in=False)
    page.evaluate("key => localStorage.setItem('pipelit.key', key)", answer["key"])
    page.goto("/users")
    expect(page.get_by_role("alert")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("button", name="New user")).to_have_count(0)
