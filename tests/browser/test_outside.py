"""Journeys through what comes in from outside and what leaves for it: the inbox and the deliveries."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product

from .seeds import chain, edit, node, run, workflow
from .test_pages import serious

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RULE = {"id": "one", "field": "trigger.payload.n", "operator": "equals", "value": 1}


def knock(product: Product, path: str, body: object) -> None:
    url = f"http://127.0.0.1:{product.port}/webhooks/{path}/"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_events_are_read_found_and_let_in_again(
    visit: Callable[..., Page], product: Product, axe: str, theme: str
) -> None:
    slug = f"knocked-{theme}"
    hook = node("hook", "trigger_webhook")
    hook["config"] = {"trigger_config": {"path": "in", "auth": "none"}}
    workflow(product, slug)
    edit(product, slug, *chain(hook, node("keep", "set", values={"x": 1})))
    for number in (77, 78):
        knock(product, f"{slug}/in", {"order": number})
    page = visit(f"/inbox?workflow={slug}", theme=theme)
    log = page.get_by_role("link", name="the audit log")
    assert page.request.get(str(log.get_attribute("href"))).ok
    rows = page.locator("main ul > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Started a run")
    rows.first.get_by_role("button", expanded=False).click()
    expect(page.get_by_text('"order": 78')).to_be_visible()
    assert serious(page, axe) == []
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Let 2 in again").click()
    expect(page.get_by_text("2 events let in again")).to_be_visible()
    expect(rows).to_have_count(4)
    rows.nth(3).get_by_role("checkbox").check()
    page.get_by_role("button", name="Forget 1").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Forget").click()
    expect(rows).to_have_count(3)
    page.get_by_label("Status").select_option("failed")
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_delivery_that_failed_is_sent_again(
    visit: Callable[..., Page], product: Product, axe: str, theme: str
) -> None:
    slug = f"told-{theme}"
    told = {"on": "failed", "channel": "callback", "to": "http://127.0.0.1:9/told"}
    check = node("check", "assertion", rules=[RULE])
    workflow(product, slug, node("go", "trigger_manual"), check, notifications=[told])
    run(product, slug, n=0)
    path = f"/api/v1/deliveries/?workflow_slug={slug}&status=failed"
    product.wait(lambda: product.call(path)[1]["total"] == 1)
    page = visit(f"/deliveries?workflow={slug}", theme=theme)
    row = page.locator("main ul > li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Failed")
    expect(row).to_contain_text("Notice by callback")
    row.get_by_role("button", expanded=False).click()
    expect(row).to_contain_text("told")
    assert serious(page, axe) == []
    row.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("1 delivery will be sent again.")).to_be_visible()
    row.get_by_role("link", name="The execution that sent it").click()
    expect(page.get_by_role("heading", name=slug)).to_be_visible()
