"""Journeys through versions, settings and collaborators of a workflow, and through the list of workflows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import edit, node, run, workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FILE = {
    "workflow": {"name": "From a file", "slug": "from-a-file", "description": "Exported elsewhere."},
    "nodes": [{"node_id": "go", "component_type": "trigger_manual", "config": {}}],
    "edges": [],
}


def upload(text: str) -> Any:
    return {"name": "a.json", "mimeType": "application/json", "buffer": text.encode()}


def shown(product: Product, slug: str) -> Any:
    return product.call(f"/api/v1/workflows/{slug}/")[1]


def test_publish_change_compare_restore_and_undo(visit: Callable[..., Page], product: Product) -> None:
    slug = "versioned"
    workflow(product, slug, node("go", "trigger_manual"), node("say", "set", values={"text": "one"}))
    page = visit(f"/workflows/{slug}/versions")
    expect(page.get_by_role("heading", name="No version yet")).to_be_visible()
    page.get_by_role("button", name="Publish the draft").click()
    page.get_by_label("Note").fill("The first one")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    versions = page.get_by_role("list", name="Versions")
    expect(versions.get_by_role("listitem")).to_have_count(1)
    expect(versions).to_contain_text("The first one")
    expect(versions).to_contain_text("runs")

    config = {"extra_config": {"values": {"text": "two"}}}
    edit(product, slug, {"op": "update_node", "node_id": "say", "config": config}, node("more", "set", values={"x": 1}))
    page.reload()
    page.get_by_label("From version").select_option("1")
    changed = page.get_by_role("region", name="What changed")
    expect(changed).to_contain_text("more")
    changed.get_by_role("button", name="say").click()
    expect(changed.get_by_text('+   "text": "two"')).to_be_visible()

    page.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The draft is as it was before.")).to_be_visible()
    assert {one["node_id"] for one in shown(product, slug)["nodes"]} == {"go", "say", "more"}
    assert shown(product, slug)["published_version"] == 1


def test_the_editor_tells_whether_the_draft_differs(visit: Callable[..., Page], product: Product) -> None:
    slug = "drifted"
    workflow(product, slug, node("go", "trigger_manual"), node("say", "set", values={"text": "one"}))
    assert product.call(f"/api/v1/workflows/{slug}/versions/publish/", {})[0] == 200
    page = visit(f"/workflows/{slug}")
    header = page.locator("main header")
    expect(header).to_contain_text("v1 published")
    for text, told in (("two", "draft differs from v1"), ("one", "v1 published")):
        config = {"extra_config": {"values": {"text": text}}}
        edit(product, slug, {"op": "update_node", "node_id": "say", "config": config})
        expect(header).to_contain_text(told)
    standing = header.get_by_text(re.compile("^(in)?active$"))
    for deed, told in (("Deactivate", "inactive"), ("Activate", "active")):
        page.get_by_role("button", name="Drifted").click()
        page.get_by_role("menuitem", name=f"{deed} its triggers", exact=True).click()
        expect(standing).to_have_text(told)


def test_settings_are_saved_and_faults_told(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "settled", node("go", "trigger_manual"))
    page = visit("/workflows/settled")
    page.get_by_role("button", name="Settled").click()
    page.get_by_role("menuitem", name="Settings").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Description").fill("What it is for")
    dialog.get_by_role("button", name="Add a rule").click()
    dialog.get_by_label("Mail address of rule 1").fill("nobody")
    visit.allowed.append("400")  # type: ignore[attr-defined]
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("no mail address")
    dialog.get_by_label("Mail address of rule 1").fill("ops@example.org")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    found = shown(product, "settled")
    assert found["description"] == "What it is for"
    assert found["notifications"][0]["to"] == "ops@example.org"


def test_collaborators(visit: Callable[..., Page], product: Product) -> None:
    product.call("/api/v1/users/", {"username": "helper", "password": "helper-Pass-123"})
    workflow(product, "shared")
    page = visit("/?q=shared")
    page.get_by_role("button", name="Actions for Shared", exact=True).click()
    page.get_by_role("menuitem", name="Collaborators").click()
    visit.allowed.append("422")  # type: ignore[attr-defined]
    page.get_by_label("Username").fill("nobody-here")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("No such user.")).to_be_visible()
    page.get_by_label("Username").fill("helper")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Role of helper")).to_have_value("editor")
    page.get_by_role("button", name="Remove helper").click()
    expect(page.get_by_text("Nobody else works on it yet.")).to_be_visible()


def test_the_list_counts_runs_and_switches_with_undo(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "counted", node("go", "trigger_manual"), tags=["numbers"])
    for _ in range(2):
        run(product, "counted")
    page = visit("/?q=counted")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Completed")
    runs = product.call("/api/v1/workflows/counted/")[1]["execution_count"]
    expect(row.get_by_role("img", name=f"{runs} runs, 0 failed in the last 14 days")).to_be_visible()
    switch = row.get_by_role("switch", name="Counted is active")
    switch.click()
    expect(switch).not_to_be_checked()
    page.get_by_role("button", name="Undo").click()
    expect(switch).to_be_checked()
    run(product, "counted")
    expect(row.get_by_role("link", name=f"{runs + 1} executions of Counted")).to_be_visible()
    page.get_by_label("Tag").select_option("numbers")
    page.get_by_label("Active or not").select_option("no")
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()


def test_import_shows_what_comes_first(visit: Callable[..., Page], product: Product) -> None:
    page = visit("/")
    chooser = page.get_by_label("File to import")
    chooser.set_input_files(upload("{ no json"))
    expect(page.get_by_text("is no JSON")).to_be_visible()
    chooser.set_input_files(upload('{"a": 1}'))
    expect(page.get_by_text("JSON, but no workflow")).to_be_visible()
    chooser.set_input_files(upload(json.dumps(FILE)))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 node and 0 connections")
    expect(dialog.get_by_role("list", name="Nodes")).to_contain_text("Manual trigger")
    dialog.get_by_label("Name").fill("Renamed on the way")
    dialog.get_by_role("button", name="Import").click()
    page.wait_for_url("**/workflows/from-a-file*")
    expect(page.get_by_role("button", name="Renamed on the way")).to_be_visible()


def test_several_are_deleted_after_a_question(visit: Callable[..., Page], product: Product) -> None:
    for slug in ("doomed-one", "doomed-two"):
        workflow(product, slug)
    page = visit("/?q=doomed")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Delete 2").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()


def test_how_a_workflow_fared(visit: Callable[..., Page], product: Product) -> None:
    slug = "fared"
    check = node("check", "assertion", rules=[{"id": "x", "field": "trigger.text", "operator": "equals", "value": "x"}])
    workflow(product, slug, node("go", "trigger_manual"), check)
    page = visit(f"/?q={slug}")
    page.get_by_role("button", name="Actions for Fared", exact=True).click()
    page.get_by_role("menuitem", name="Statistics").click()
    expect(page.get_by_role("heading", name="Nothing has run in this time")).to_be_visible()
    run(product, slug, text="y")  # it comes by itself
    row = page.get_by_role("row").nth(1)
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    expect(page.get_by_text("1 (100.0%)", exact=True)).to_be_visible()
    page.get_by_label("Time", exact=True).select_option("7")
    expect(page.get_by_role("img", name="Tokens by day", exact=True).locator("g")).to_have_count(7)
