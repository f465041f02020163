"""Journeys in the forms of the inspector and of schedules: code, expressions, rules, schemas, cron lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_editor import made, node, saved
from tests.browser.test_pages import serious
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]


def config(product: Product, slug: str, node_id: str) -> dict[str, Any]:
    found: Any = product.call(f"/api/v1/workflows/{slug}/nodes/{node_id}/")[1]
    return {**found["config"].get("extra_config", {}), **found["config"].get("trigger_config", {})}


def code(page: Page, label: str) -> Any:
    """A code editor, once it has taken the place of the text area."""
    return page.get_by_label(label, exact=True).and_(page.locator(".cm-content"))


def test_code_is_written_with_the_keyboard_alone(visit: Visit, product: Product) -> None:
    made(product, "writes", ("start", "trigger_manual", {}), ("py", "code", {}), edges=[("start", "py", "")])
    page = visit("/workflows/writes")
    node(page, "py").click()
    editor = code(page, "Code")
    editor.click()
    page.keyboard.type("if True:")
    page.keyboard.press("Enter")
    page.keyboard.type("return 6 * 7")
    expect(editor.locator(".cm-line").nth(1)).to_have_text("    return 6 * 7")
    page.keyboard.press("Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    saved(page)
    assert config(product, "writes", "py")["code"].startswith("if True:\n        return 6 * 7")
    page.keyboard.press("Escape")


def test_expressions_are_completed_with_what_the_last_run_gave(visit: Visit, product: Product) -> None:
    visit.allowed.append("422")  # type: ignore[attr-defined]  # a half-written expression has no preview
    first = ("first", "set", {"extra_config": {"values": {"n": "{{ 40 + 1 }}", "deep": "{{ {'x': 2} }}"}}})
    made(product, "completes", ("start", "trigger_manual", {}), first, ("second", "transform", {}),
         ("third", "set", {"extra_config": {"values": {"a": "", "kept": 5}}}),
         edges=[("start", "first", ""), ("first", "second", ""), ("second", "third", "")])  # fmt: skip
    product.call("/api/v1/workflows/completes/bulk/", {"operations": [
        {"op": "update_node", "node_id": "second", "config": {"extra_config": {"template": "x"}}}]})  # fmt: skip
    product.call("/api/v1/workflows/completes/execute/", {"wait": 20, "version": "draft"})
    page = visit("/workflows/completes")
    node(page, "second").click()
    template = code(page, "Template")
    template.fill("")
    template.press_sequentially("{{ first.output.de")
    expect(page.get_by_role("option", name="first.output.deep").first).to_be_visible()
    page.keyboard.type("ep.x")
    page.get_by_role("option", name="first.output.deep.x").click()
    page.keyboard.type(" | a")
    page.get_by_role("option", name="abs").click()
    expect(template).to_have_text("{{ first.output.deep.x | abs}}")
    expect(page.locator("output", has_text="= 2")).to_be_visible()
    saved(page)
    node(page, "third").click()
    value = code(page, "Value 1")
    value.click()
    page.get_by_role("button", name="Insert a value of an earlier step").first.click()
    page.get_by_role("menuitem", name="first.output").click()
    expect(value).to_have_text("{{ first.output }}")
    saved(page)
    assert config(product, "completes", "third")["values"] == {"a": "{{ first.output }}", "kept": 5}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rules_of_a_switch(visit: Visit, product: Product, axe: str, theme: str) -> None:
    slug = f"rules-{theme}"
    made(product, slug, ("start", "trigger_manual", {}), ("fork", "switch", {}), edges=[("start", "fork", "")])
    page = visit(f"/workflows/{slug}", theme=theme)
    node(page, "fork").click()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Output of rule 1").fill("large")
    page.get_by_role("button", name="Insert a value of an earlier step").first.click()
    page.get_by_role("menuitem", name="trigger.payload").click()
    expect(page.get_by_label("Field of rule 1")).to_be_focused()
    page.keyboard.type(".n")
    page.get_by_label("Operator of rule 1").select_option(label="is greater than")
    code(page, "Value of rule 1").fill("much")
    expect(page.get_by_text("A number is meant")).to_be_visible()
    code(page, "Value of rule 1").fill("40")
    expect(page.get_by_text("A number is meant")).to_be_hidden()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Output of rule 2").fill("none")
    page.get_by_label("Field of rule 2").fill("trigger.payload.n")
    page.get_by_label("Operator of rule 2").select_option(label="does not exist")
    expect(page.get_by_label("Value of rule 2")).to_have_count(0)
    page.get_by_role("button", name="Move rule 2 up").click()
    expect(page.get_by_role("button", name="Move rule 1 up")).to_be_focused()
    expect(node(page, "fork")).to_contain_text("large")
    assert serious(page, axe) == []
    saved(page)
    assert config(product, slug, "fork")["rules"] == [
        {"id": "rule_2", "label": "none", "field": "trigger.payload.n", "operator": "does_not_exist"},
        {"id": "rule_1", "label": "large", "field": "trigger.payload.n", "operator": "gt", "value": 40},
    ]


def test_a_schema_is_a_list_of_fields_or_json(visit: Visit, product: Product) -> None:
    given = {"type": "object", "$comment": "kept", "properties": {"name": {"type": "string", "title": "Your name"}}}
    made(product, "schemas", ("start", "trigger_manual", {"extra_config": {"input_schema": given}}))
    page = visit("/workflows/schemas")
    node(page, "start").click()
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Name of field 2").fill("stars")
    page.get_by_label("Type of field 2").select_option("integer")
    page.get_by_label("Choices of field 2").fill("1, 2")
    page.get_by_role("group", name="Field 2").get_by_label("Required").check()
    page.get_by_role("button", name="Edit as JSON").click()
    expect(code(page, "Input form")).to_contain_text('"Your name"')
    saved(page)
    assert config(product, "schemas", "start")["input_schema"] == {
        **given,
        "properties": {**given["properties"], "stars": {"type": "integer", "enum": [1, 2]}},
        "required": ["stars"],
    }


def test_a_field_says_what_does_not_fit_as_it_is_typed(visit: Visit, product: Product) -> None:
    made(product, "limits", ("start", "trigger_manual", {}), ("all", "loop", {}), edges=[("start", "all", "")])
    page = visit("/workflows/limits")
    node(page, "all").click()
    page.get_by_label("At once").fill("0")
    expect(page.get_by_text("At least 1. It is not saved until it fits.")).to_be_visible()
    page.get_by_label("At once").fill("2")
    expect(page.get_by_text("At least 1.")).to_be_hidden()
    saved(page)
    assert config(product, "limits", "all")["concurrency"] == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_schedule_is_made_and_changed_by_its_dialog(visit: Visit, product: Product, axe: str, theme: str) -> None:
    visit.allowed.append("422")  # type: ignore[attr-defined]
    slug, name = f"timed-{theme}", f"Weekdays {theme}"
    made(product, slug, ("tick", "trigger_schedule", {}))
    page = visit("/schedules", theme=theme)
    page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog", name="New schedule")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Workflow").select_option(slug)
    dialog.get_by_label("Trigger").select_option("tick")
    dialog.get_by_label("Times", exact=True).select_option("weekly")
    dialog.get_by_label("Wednesday").check()
    dialog.get_by_label("at", exact=True).fill("02:30")
    dialog.get_by_label("Time zone").fill("Europe/Berlin")
    expect(dialog.get_by_role("list", name="Next times").get_by_role("listitem")).to_have_count(10)
    expect(dialog.get_by_role("list", name="Next times")).to_contain_text("02:30")
    expect(dialog.get_by_role("list", name="Next times")).to_contain_text("+01:00")
    assert serious(page, axe) == []
    dialog.get_by_label("Times", exact=True).select_option("fields")
    dialog.get_by_label("Hour").fill("99")
    expect(dialog.get_by_role("alert")).to_contain_text("no cron line")
    dialog.get_by_label("Hour").fill("2")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_text("30 2 * * 1,3 Europe/Berlin")).to_be_visible()
    page.get_by_role("button", name=f"Edit {name}").click()
    page.get_by_label("Again and again after a while").check()
    page.get_by_label("Every", exact=True).fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("every 2 h")).to_be_visible()
    page.get_by_role("button", name=f"Run {name} now").click()
    expect(page.get_by_text(f"“{name}” runs now.")).to_be_visible()
    page.get_by_role("button", name=f"Pause {name}").click()
    page.get_by_role("button", name=f"Resume {name}").click()
    expect(page.get_by_role("button", name=f"Pause {name}")).to_be_visible()
    page.get_by_label(f"Choose {name}").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name=f"Edit {name}")).to_have_count(0)


def test_the_cron_line_of_a_trigger(visit: Visit, product: Product) -> None:
    made(product, "ticks", ("tick", "trigger_schedule", {}))
    page = visit("/workflows/ticks")
    node(page, "tick").click()
    page.get_by_label("Cron line").select_option("daily")
    expect(page.get_by_role("list", name="Next times").get_by_role("listitem")).to_have_count(10)
    saved(page)
    assert config(product, "ticks", "tick")["cron"] == "0 8 * * *"
