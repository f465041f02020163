"""The panels beside the canvas: what keys do in them, and when *Run* asks and runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_editor import Visit, made, node
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_escape_leaves_a_select_of_the_inspector(visit: Visit, product: Product) -> None:
    made(product, "leaves-select", ("tick", "trigger_schedule", {}))
    page = visit("/workflows/leaves-select")
    node(page, "tick").click()
    select = page.get_by_label("If the last run still goes on")
    expect(select.get_by_role("option")).to_have_text(
        ["Start all the same", "Leave this run out", "Wait until it has ended"]
    )
    select.select_option("queue")
    select.focus()
    page.keyboard.press("Escape")
    expect(select).not_to_be_focused()
    expect(select).to_have_value("queue")
    expect(page.get_by_role("complementary", name="Node tick")).to_be_visible()
    page.keyboard.press("o")
    expect(page.get_by_role("complementary", name="Outline")).to_be_visible()


def test_escape_in_a_field_deletes_nothing(visit: Visit, product: Product) -> None:
    made(product, "leaves-field", ("note", "set", {"extra_config": {"values": {"said": "hello"}}}))
    page = visit("/workflows/leaves-field")
    node(page, "note").click()
    inspector = page.get_by_role("complementary", name="Node note")
    value = inspector.locator(".cm-content")
    value.press("Control+Space")
    expect(page.get_by_role("listbox")).to_be_visible()
    value.press("Escape")  # the list alone
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(value).to_be_focused()
    page.keyboard.press("Escape")
    expect(inspector).to_be_focused()
    page.keyboard.press("Backspace")
    page.keyboard.press("Delete")
    expect(inspector).to_be_visible()
    page.keyboard.press("Escape")
    expect(inspector).to_have_count(0)
    expect(node(page, "note")).to_be_visible()


def test_a_deletion_is_told_and_offered_back(visit: Visit, product: Product) -> None:
    made(product, "tells-deleted", ("go", "trigger_manual", {}), ("note", "set", {}), edges=[("go", "note", "")])
    page = visit("/workflows/tells-deleted")
    node(page, "note").click()
    page.keyboard.press("Delete")
    expect(node(page, "note")).to_have_count(0)
    expect(page.get_by_text('Deleted "note".')).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(node(page, "note")).to_be_visible()
    expect(page.locator(".react-flow__edge")).to_have_count(1)


def test_a_run_that_takes_input_asks_for_it_first(visit: Visit, product: Product) -> None:
    note = ("note", "set", {"extra_config": {"values": {"said": "{{ trigger.text }}"}}})
    made(product, "asks-first", ("talk", "trigger_chat", {}), note, edges=[("talk", "note", "")])
    page = visit("/workflows/asks-first")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run", exact=True)
    expect(panel.get_by_label("Text")).to_be_focused()
    assert product.call("/api/v1/executions/?workflow_slug=asks-first")[1]["total"] == 0
    page.keyboard.type("hello")
    page.keyboard.press("Control+Enter")
    expect(panel.locator("pre")).to_contain_text('"said": "hello"')
    assert product.call("/api/v1/executions/?workflow_slug=asks-first")[1]["total"] == 1


def test_run_shows_the_input_of_before_ere_it_runs_again(visit: Visit, product: Product) -> None:
    note = ("note", "set", {"extra_config": {"values": {"said": "{{ trigger.text }}"}}})
    made(product, "asks-again", ("talk", "trigger_chat", {}), note, edges=[("talk", "note", "")])
    page = visit("/workflows/asks-again")
    run = page.get_by_role("button", name="Run", exact=True).first
    panel = page.get_by_role("complementary", name="Run", exact=True)
    text = panel.get_by_label("Text")

    def ran() -> int:
        total: int = product.call("/api/v1/executions/?workflow_slug=asks-again")[1]["total"]
        return total

    run.click()
    text.fill("hello")
    run.dblclick()  # one run
    expect(panel.locator("pre")).to_contain_text('"said": "hello"')
    assert ran() == 1
    node(page, "note").click()
    value = page.get_by_role("complementary", name="Node note").locator(".cm-content")
    value.press("End")
    value.press_sequentially("!")
    value.press("Control+Enter")  # neither a blank line nor yet a run
    expect(text).to_be_focused()
    expect(text).to_have_value("hello")
    assert ran() == 1
    text.press("Control+Enter")
    expect(panel.locator("pre")).to_contain_text('"said": "hello!"')
    assert ran() == 2
    page.get_by_role("link", name="Workflows", exact=True).first.click()
    page.get_by_role("link", name="asks-again", exact=True).click()
    run.click()
    expect(text).to_have_value("hello")
    assert ran() == 2
