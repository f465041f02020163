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
    expect(row).to_contain_text("nothing while paused")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_trigger_is_started_from_its_form(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    slug = f"hourly-{theme}"
    rule = {"interval_seconds": 3600}
    workflow(product, slug, node("tick", "trigger_schedule") | {"config": {"trigger_config": rule}})
    path = f"/api/v1/workflows/{slug}/nodes/tick/schedule"
    page = visit(f"/workflows/{slug}", theme=theme)
    page.locator('.react-flow__node[data-id="tick"]').click()
    section = page.get_by_role("region", name="Schedule", exact=True)
    state = section.get_by_role("status")
    expect(state).to_contain_text("not started")
    mark = page.locator('.react-flow__node[data-id="tick"] [data-schedule]')
    expect(mark).to_have_text("not started")
    section.get_by_role("button", name="Start", exact=True).click()
    expect(state).to_contain_text("active")
    expect(state.locator("time")).to_contain_text("in ")
    expect(mark).to_contain_text("next in ")
    assert serious(page, axe) == []
    page.get_by_label("Every", exact=True).fill("7200")
    expect(section).to_contain_text("The settings have changed")
    section.get_by_role("button", name="Start again", exact=True).click()
    expect(section).not_to_contain_text("The settings have changed")
    found = product.call(f"/api/v1/schedules/?workflow_slug={slug}")[1]["items"]
    assert [(one["interval_seconds"], one["of_node"]) for one in found] == [(7200, True)]
    assert product.call(f"{path}/pause/", {})[0] == 200  # somebody else
    expect(state).to_contain_text("paused")
    expect(mark).to_have_text("paused")
    section.get_by_role("button", name="Stop", exact=True).click()
    expect(state).to_contain_text("done")
    expect(section.get_by_role("button")).to_have_text(["Start"])


def test_why_a_trigger_cannot_be_started_stands_at_the_field_until_it_is_mended(
    visit: Callable[..., Page], product: Product
) -> None:
    visit.allowed.append("422")  # type: ignore[attr-defined]
    workflow(product, "timeless", node("tick", "trigger_schedule"))
    page = visit("/workflows/timeless")
    page.locator('.react-flow__node[data-id="tick"]').click()
    section = page.get_by_role("region", name="Schedule", exact=True)
    section.get_by_role("button", name="Start", exact=True).click()
    expect(section.get_by_role("alert")).to_contain_text("see what is marked below")
    why = page.get_by_text("Give an interval or a cron line, one of both.")
    expect(why).to_have_count(1)
    page.get_by_label("Every", exact=True).fill("60")
    expect(why).to_be_hidden()
    expect(section.get_by_role("alert")).to_be_hidden()
    section.get_by_role("button", name="Start", exact=True).click()
    expect(section.get_by_role("status")).to_contain_text("active")
