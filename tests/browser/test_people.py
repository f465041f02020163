"""Journeys of people: a question with a form, handed over, confirmed by several; keys, theirs and of others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import node, park, workflow
from .test_pages import serious

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FORM = {
    "type": "object",
    "properties": {
        "crates": {"type": "integer", "title": "Crates", "minimum": 1},
        "urgent": {"type": "boolean", "title": "Urgent"},
    },
    "required": ["crates"],
}


@pytest.fixture
def colleague(product: Product) -> str:
    product.call("/api/v1/users/", {"username": "colleague", "password": "colleague-Pass-123"})
    return "colleague"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_question_with_a_form(
    visit: Callable[..., Page], product: Product, colleague: str, axe: str, theme: str
) -> None:
    slug = f"asking-{theme}"
    ask = node("ask", "human_confirmation", prompt="How many crates?", schema=FORM, assignees=["admin"])
    workflow(product, slug, node("go", "trigger_manual"), ask)
    execution = park(product, slug)
    page = visit(f"/tasks?workflow={slug}", theme=theme)
    expect(page.get_by_label("Crates")).to_be_visible()
    assert serious(page, axe) == []
    visit.allowed.append("422")  # type: ignore[attr-defined]
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("crates")
    page.get_by_label("Crates").fill("3")
    page.get_by_label("Comment").fill("as agreed")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    page.get_by_label("Which").select_option("answered")
    expect(page.get_by_text("“as agreed”")).to_be_visible()
    (task,) = product.call(f"/api/v1/executions/{execution}/")[1]["pending_tasks"]
    assert task["response"] == {"crates": 3}


def test_a_question_for_two_that_is_handed_over(visit: Callable[..., Page], product: Product, colleague: str) -> None:
    ask = node("ask", "human_confirmation", prompt="Really?", assignees=["admin", colleague], quorum=2, expires_in=9000)
    workflow(product, "for-two", node("go", "trigger_manual"), ask)
    park(product, "for-two")
    page = visit("/tasks?workflow=for-two")
    expect(page.get_by_text("0 of 2 have confirmed")).to_be_visible()
    expect(page.get_by_text("expires in")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("1 of 2 have confirmed")).to_be_visible()
    page.get_by_role("button", name="Hand over").click()
    page.get_by_label("Username").fill(colleague)
    page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    expect(page.get_by_text(f"{colleague} is asked now.")).to_be_visible()


def test_the_inbox_aborts_none_of_its_requests(visit: Callable[..., Page]) -> None:
    page = visit("/healthz")
    aborted: list[str] = []
    page.on("requestfailed", lambda request: aborted.append(request.url))
    with page.expect_response("**/api/v1/tasks/?**"), page.expect_response("**/api/v1/tasks/?**limit=20**"):
        page.goto("/tasks")
    page.wait_for_load_state("networkidle")
    assert aborted == []


def test_questions_come_by_themselves(visit: Callable[..., Page], product: Product) -> None:
    workflow(
        product, "sudden", node("go", "trigger_manual"), node("ask", "human_confirmation", prompt="Out of the blue?")
    )
    page = visit("/tasks?workflow=sudden")
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    park(product, "sudden")
    expect(page.get_by_text("Out of the blue?")).to_be_visible()


def test_keys_of_somebody_else(visit: Callable[..., Page], product: Product, colleague: str, axe: str) -> None:
    page = visit("/users")
    page.get_by_label("Find users").fill(colleague)
    page.get_by_role("button", name=f"Actions for {colleague}", exact=True).click()
    page.get_by_role("menuitem", name="API keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_label("What is it for?").fill("reports")
    page.get_by_label("May do").select_option("read")
    page.get_by_label("Expires").select_option("7")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("It is shown this once")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("plt_")
    page.get_by_role("dialog", name="The new key").get_by_role("button", name="Close").click()
    keys = page.get_by_role("dialog", name=f"API keys of {colleague}")
    expect(keys.get_by_role("listitem").filter(has_text="reports")).to_contain_text("in 7 days")
    assert serious(page, axe) == []
    keys.get_by_role("button", name="Revoke reports").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(keys.get_by_text("No key yet.")).to_be_visible()


def test_a_credential_that_is_used_is_not_deleted_by_accident(visit: Callable[..., Page], product: Product) -> None:
    page = visit("/credentials")
    page.get_by_role("button", name="Test").first.click()
    expect(page.get_by_text("It works")).to_be_visible()
    page.get_by_role("button", name="Demo model", expanded=False).click()
    expect(page.get_by_role("list", name="Models")).to_contain_text("demo")
    page.get_by_role("button", name="Delete Demo model").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("demo / model")
    expect(question.get_by_role("button", name="Delete although it is used")).to_be_visible()
    question.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Delete Demo model")).to_be_visible()


def test_the_count_of_questions_is_live(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "anybody", node("go", "trigger_manual"), node("ask", "human_confirmation", prompt="Well?"))
    park(product, "anybody")
    before = product.call("/api/v1/tasks/?status=pending&kind=approval")[1]["total"]
    page = visit("/settings")
    expect(page.get_by_title(f"{before} waiting", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    park(product, "anybody")
    expect(page.get_by_title(f"{before + 1} waiting", exact=True)).to_be_visible()


def test_times_are_shown_in_ones_own_zone(visit: Callable[..., Page], product: Product) -> None:
    password = "traveller-Pass-123"
    product.call("/api/v1/users/", {"username": "traveller", "password": password})
    page = visit("/login?next=/settings", signed_in=False, timezone_id="Europe/Berlin")
    page.get_by_label("Username", exact=True).fill("traveller")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("in the browser's, which is Europe/Berlin.")).to_be_visible()
    expect(page.locator("time[title*='Europe/Berlin']").first).to_be_visible()  # when the key was used
    page.get_by_label("Time zone", exact=True).fill("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("time[title*='Asia/Tokyo']").first).to_be_visible()
    page.goto("/schedules")
    page.get_by_role("button", name="New schedule").click()
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("Asia/Tokyo")
    page.goto("/executions")
    with page.expect_request(lambda request: "from=2026-05-01T15%3A00%3A00.000Z" in request.url):
        page.get_by_label("From", exact=True).fill("2026-05-02")
