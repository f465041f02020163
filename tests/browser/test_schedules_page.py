"""A journey through schedules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import node, workflow
from .test_pages import serious

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_next_and_last_times(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    slug = f"nightly-{theme}"
    workflow(product, slug, node("go", "trigger_manual"))
    key = product.call(f"/api/v1/workflows/{slug}/")[1]["id"]
    rule = {"cron": "0 9 * * 1", "timezone": "Europe/Berlin"}
    body = {"name": f"Mondays {theme}", "workflow_id": key, "trigger_node_id": "go", **rule}
    assert product.call("/api/v1/schedules/", body)[0] == 201
    page = visit("/schedules", theme=theme)
    page.get_by_label("Find schedules").fill(f"mondays {theme}")
    row = page.locator("main ul > li")
    expect(row).to_have_count(1)
    row.get_by_role("button", expanded=False).click()
    expect(row.get_by_text("9:00:00")).to_have_count(5)
    expect(row).to_contain_text("It has not fired yet.")
    assert serious(page, axe) == []
    row.get_by_role("button", name="now", exact=False).click()
    expect(row).to_contain_text("1 run, 0 failed")
    expect(row.get_by_text("succeeded")).to_be_visible()
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
