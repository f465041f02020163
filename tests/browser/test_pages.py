"""Every page, in both themes: it loads, complains of nothing, and is accessible as far as a machine can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.benchmarks.editor import FIRST_VISITS, javascript
from tests.e2e.launcher import Product

from .seeds import node, park, run, workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PAGES = {
    "/": "Workflows",
    "/executions": "Executions",
    "/tasks": "Approvals",
    "/inbox": "Trigger events",
    "/deliveries": "Deliveries",
    "/memories": "Memories",
    "/schedules": "Schedules",
    "/credentials": "Credentials",
    "/users": "Users",
    "/settings": "Settings",
}


def serious(page: Page, axe: str) -> list[str]:
    """What axe-core finds serious or worse."""
    page.evaluate(axe)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {part['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for part in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    slug = f"all-kinds-{theme}"
    wrong = node("check", "assertion", rules=[{"id": "x", "field": "trigger.text", "operator": "equals", "value": "x"}])
    workflow(product, slug, node("go", "trigger_manual"), node("ask", "human_confirmation", prompt="Well?"), wrong)
    park(product, slug)
    product.call(f"/api/v1/workflows/{slug}/nodes/check/run/", {})
    page = visit("/", theme=theme)
    for path, title in PAGES.items():
        page.goto(path)
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert serious(page, axe) == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sign_in_editor_and_execution_are_accessible(
    visit: Callable[..., Page], product: Product, axe: str, theme: str
) -> None:
    page = visit("/login", signed_in=False, theme=theme)
    expect(page.get_by_label("Username")).to_be_visible()
    assert serious(page, axe) == []
    started = product.call("/api/v1/workflows/demo/execute/", {"text": "What is 6 * 7?", "wait": 20})[1]
    page = visit(f"/executions/{started['execution_id']}", theme=theme)
    expect(page.get_by_role("heading", name="demo")).to_be_visible()
    assert serious(page, axe) == []
    page = visit("/workflows/demo", theme=theme)
    page.locator('.react-flow__node[data-id="assistant"]').click()
    expect(page.get_by_role("complementary", name="Node assistant")).to_be_visible()
    assert serious(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_on_pages_is_accessible(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    fields = {"values": {"n": "{{ trigger.payload.n }}"}}
    name = f"looked-at-{theme}"
    workflow(product, name, node("go", "trigger_manual"), node("keep", "set", **fields), tags=["looks"])
    first, second = run(product, name, n=1), run(product, name, n=2)
    page = visit(f"/executions/{second}?with={first}", theme=theme)
    page.get_by_role("list", name="Steps of both runs").get_by_role("button", name="keep").click()
    page.get_by_role("button", name="Success keep").click()
    expect(page.get_by_role("button", name="Run again from here")).to_be_visible()
    assert serious(page, axe) == []
    page.goto(f"/workflows/{name}/versions?from=1")
    expect(page.get_by_text("Nothing differs.")).to_be_visible()
    assert serious(page, axe) == []
    page.goto(f"/workflows/{name}/statistics")
    expect(page.get_by_role("row").nth(1)).to_contain_text("2")
    expect(page.get_by_role("img", name="by day", exact=False)).to_have_count(4)
    assert serious(page, axe) == []
    page.goto(f"/?q={name}")
    for entry in ("Settings", "Collaborators"):
        page.get_by_role("button", name=f"Actions for {name.capitalize()}", exact=True).click()
        page.get_by_role("menuitem", name=entry).click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert serious(page, axe) == [], entry
        page.keyboard.press("Escape")
    page.goto("/settings")
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_label("Expires")).to_be_visible()
    assert serious(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_the_canvas_is_accessible(visit: Callable[..., Page], axe: str, theme: str) -> None:
    page = visit("/workflows/demo", theme=theme)
    expect(page.locator('.react-flow__node[data-id="assistant"]')).to_be_visible()
    for name, panel in (("Chat", "Chat"), ("Run", "Run")):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("complementary", name=panel, exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert serious(page, axe) == [], name
    page.get_by_role("button", name="Add node").click()
    expect(page.get_by_role("combobox", name="Find a node type")).to_be_visible()
    assert serious(page, axe) == []
    page.keyboard.press("Escape")
    for keys in ("Control+K", "?"):
        page.locator(".react-flow__pane").focus()
        page.keyboard.press(keys)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert serious(page, axe) == [], keys
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "asked", "shown"),
    [
        ("/executions", "/executions/?", "tbody tr"),
        ("/memories", "/conversations/?", "main h1"),
        ("/workflows/demo", "/workflows/demo/", '.react-flow__node[data-id="assistant"]'),
    ],
)
def test_a_slow_server(visit: Callable[..., Page], product: Product, path: str, asked: str, shown: str) -> None:
    """What takes long says so, and comes in the end."""
    product.call("/api/v1/workflows/demo/execute/", {"text": "What is 6 * 7?", "wait": 8})
    page = visit("/healthz")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/**", hold)
    with page.expect_request(lambda request: asked in request.url):
        page.goto(path)
    loading = page.get_by_role("status").filter(has_text="…")
    expect(loading.first).to_be_visible()
    page.route("**/api/v1/**", lambda route: route.continue_())  # the later one is asked first
    for route in held:
        route.continue_()
    expect(page.locator(shown).first).to_be_visible()
    expect(loading).to_have_count(0)


def test_an_unknown_page(visit: Callable[..., Page]) -> None:
    visit.allowed.append("404")  # type: ignore[attr-defined]
    page = visit("/workflows/nowhere")
    expect(page.get_by_role("alert")).to_contain_text("no workflow")
    page = visit("/settings/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_on_a_phone(visit: Callable[..., Page], product: Product) -> None:
    page = visit("/", viewport={"width": 390, "height": 844})
    for path, title in PAGES.items():
        page.goto(path)
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    started = product.call("/api/v1/workflows/demo/execute/", {"text": "What is 6 * 7?", "wait": 8})[1]
    for path in ("/workflows/demo", f"/executions/{started['execution_id']}"):
        page.goto(path)
        expect(page.locator('.react-flow__node[data-id="assistant"]')).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto("/?q=demo")
    expect(page.get_by_role("link", name="Demo")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Executions").click()
    expect(page.get_by_role("heading", name="Executions")).to_be_visible()


def test_a_low_window_scrolls_inside_alone(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "low", node("go", "trigger_chat"), node("say", "reply", text="So"))
    page = visit("/workflows/low", viewport={"width": 1280, "height": 340})
    page.get_by_role("button", name="Chat", exact=True).click()
    for count in range(1, 5):
        page.get_by_role("textbox", name="Message").fill("Well, what is there to say?")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log").get_by_text("So", exact=True)).to_have_count(count)
    assert page.evaluate("document.scrollingElement.scrollHeight") == 340
    for path, title in PAGES.items():
        page.goto(path)
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.scrollingElement.scrollHeight") == 340, path


@pytest.mark.parametrize("name", FIRST_VISITS)
def test_how_much_javascript_a_first_visit_loads(visit: Callable[..., Page], name: str) -> None:
    path, most = FIRST_VISITS[name]
    page = visit("/healthz", signed_in=name != "sign-in")
    assert 0 < javascript(page, path) <= most


def test_the_toolbar_of_the_editor_on_a_phone(visit: Callable[..., Page], product: Product) -> None:
    product.call("/api/v1/workflows/", {"name": "A workflow whose name is rather long", "slug": "narrow"})
    bad = {"op": "create_node", "node_id": "n", "component_type": "switch"}
    assert product.call("/api/v1/workflows/narrow/bulk/", {"operations": [bad]})[0] == 200
    page = visit("/workflows/narrow", viewport={"width": 390, "height": 844})
    expect(page.get_by_text("1 unfinished")).to_be_visible()
    parts = [one.bounding_box() for one in page.locator("main header").locator("button, a").all() if one.is_visible()]
    assert len({round(box["y"] + box["height"] / 2) for box in parts if box}) == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Add node", "Chat", "Run"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
