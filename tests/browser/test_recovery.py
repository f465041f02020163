"""What becomes of an open editor when the server restarts, is slow, busy or broken, or does not know us any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_editor import add, made, node, saved
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]
BULK = "**/api/v1/workflows/*/bulk/"


class Restartable:
    """A product of one test's own, and a page of it; its browser may complain of a server that is away."""

    def __init__(self, folder: Path, chromium: Browser) -> None:
        self._folder, self._chromium = folder, chromium
        self.product = Product(folder, ADMIN_PASSWORD=PASSWORD)

    def open(self, path: str) -> Page:
        context = self._chromium.new_context(
            base_url=f"http://127.0.0.1:{self.product.port}", reduced_motion="reduce",
            viewport={"width": 1280, "height": 800},
        )  # fmt: skip
        context.set_default_timeout(20_000)
        context.add_init_script(f"localStorage.setItem('pipelit.key', '{self.product.key}')")
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())  # leave the page although there is something unsaved
        page.goto(path)
        return page

    def start_again(self) -> None:
        key, port = self.product.key, self.product.port
        self.product = Product(self._folder, port)
        self.product.key = key
        self.product.wait_ready()


@pytest.fixture
def own(tmp_path: Path, chromium: Browser) -> Iterator[Restartable]:
    made = Restartable(tmp_path, chromium)
    try:
        made.product.wait_ready()
        made.product.sign_in(PASSWORD)
        yield made
        made.product.stop()
    finally:
        made.product.kill()


def labels(product: Product, slug: str) -> dict[str, str]:
    return {one["node_id"]: one["label"] for one in product.call(f"/api/v1/workflows/{slug}/nodes/")[1]}


def name(page: Page, node_id: str, label: str) -> None:
    node(page, node_id).click()
    page.get_by_label("Name", exact=True).fill(label)


def test_a_restart_under_an_open_editor_loses_nothing(own: Restartable) -> None:
    made(own.product, "kept", ("start", "trigger_manual", {}), ("b", "set", {}), ("a", "set", {}),
         edges=[("start", "b", "")])  # fmt: skip
    page = own.open("/workflows/kept")
    name(page, "a", "Before")
    saved(page)
    own.product.stop()
    name(page, "a", "Meanwhile")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    expect(page.get_by_text("The server is out of reach. What you see")).to_be_visible()
    node(page, "b").click()
    add(page, "transform")  # beside it, and connected to it
    page.get_by_role("button", name="Show everything").click()
    node(page, "start").click()
    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")
    own.start_again()
    saved(page)
    assert labels(own.product, "kept") == {"start": "", "b": "", "a": "Meanwhile", "transform": ""}
    edges = own.product.call("/api/v1/workflows/kept/edges/")[1]
    ends = {(one["source_node_id"], one["target_node_id"]) for one in edges}
    assert ends == {("start", "b"), ("b", "transform")}
    expect(page.get_by_text("The server is out of reach. What you see")).to_be_hidden()
    product_side(own.product, "kept", "a", "From elsewhere")  # and live events arrive again
    expect(node(page, "a")).to_contain_text("From elsewhere")


def product_side(product: Product, slug: str, node_id: str, label: str) -> None:
    operation = {"op": "update_node", "node_id": node_id, "label": label}
    assert product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": [operation]})[0] == 200


def test_a_run_that_is_followed_shows_its_end_after_a_restart(own: Restartable) -> None:
    hold = ("hold", "wait", {"extra_config": {"duration": 6}})
    after = ("after", "set", {"extra_config": {"values": {"n": "{{ 40 + 2 }}"}}})
    made(own.product, "run", ("start", "trigger_manual", {}), hold, after,
         edges=[("start", "hold", ""), ("hold", "after", "")])  # fmt: skip
    page = own.open("/workflows/run")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run")
    expect(node(page, "hold").locator("[data-status]")).to_be_visible()
    own.product.stop()
    own.start_again()
    expect(panel.locator("pre")).to_contain_text("42", timeout=60_000)
    expect(node(page, "after").locator('[data-status="success"]')).to_be_visible()


def test_a_lost_answer_makes_no_node_twice(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "lost", ("start", "trigger_manual", {}))
    page = visit("/workflows/lost")
    keys: list[str | None] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.fetch()  # it arrives, but nobody hears of it
        route.abort()

    page.route(BULK, lose, times=1)
    add(page, "transform")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    with page.expect_request(BULK) as again:
        pass
    saved(page)
    assert keys == [again.value.headers["idempotency-key"]]
    assert sorted(labels(product, "lost")) == ["start", "transform"]


def test_a_lost_answer_to_run_starts_no_second_run(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "run-once", ("start", "trigger_manual", {}))
    page = visit("/workflows/run-once")

    def lose(route: Route) -> None:
        route.fetch()  # it arrives, but nobody hears of it
        route.abort()

    page.route("**/api/v1/workflows/run-once/execute/", lose, times=1)
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run", exact=True)
    expect(page.get_by_text("The server cannot be reached.").first).to_be_visible()
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_text("Completed", exact=True)).to_be_visible()
    assert len(product.call("/api/v1/executions/?workflow_slug=run-once")[1]["items"]) == 1


def test_unsent_edits_outlive_a_reload_of_the_page(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "reload", ("start", "trigger_manual", {}), ("a", "set", {}))
    page = visit("/workflows/reload")
    page.on("dialog", lambda dialog: dialog.accept())
    page.route(BULK, lambda route: route.abort())
    name(page, "a", "Unsent")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    page.reload()
    expect(node(page, "a")).to_contain_text("Unsent")
    assert labels(product, "reload")["a"] == ""
    page.unroute(BULK)
    saved(page)
    assert labels(product, "reload")["a"] == "Unsent"
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('pipelit.unsent'))") == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_is_busy_or_broken_is_asked_again(visit: Visit, product: Product, status: int) -> None:
    visit.allowed.append(str(status))  # type: ignore[attr-defined]
    slug = f"busy-{status}"
    made(product, slug, ("start", "trigger_manual", {}), ("a", "set", {}))
    page = visit(f"/workflows/{slug}")
    body = json.dumps({"detail": "Too much at once.", "code": "busy"}) if status in (429, 503) else "<html>"
    page.route(BULK, lambda route: route.fulfill(status=status, body=body, headers={"Retry-After": "1"}), times=1)
    name(page, "a", "Patient")
    shown = "Too much at once." if status in (429, 503) else f"The server answered {status}."
    expect(page.locator('[data-saving="offline"]')).to_contain_text(shown)
    saved(page)
    assert labels(product, slug)["a"] == "Patient"


def test_a_browser_that_was_offline_goes_on_at_once(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "offline", ("start", "trigger_manual", {}), ("a", "set", {}))
    page = visit("/workflows/offline")
    expect(node(page, "a")).to_be_visible()
    page.context.set_offline(True)
    name(page, "a", "On the train")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    page.context.set_offline(False)
    saved(page)
    assert labels(product, "offline")["a"] == "On the train"


def test_a_key_that_is_revoked_asks_for_the_password_and_goes_on(visit: Visit, product: Product) -> None:
    visit.allowed += ["401", "WebSocket"]  # type: ignore[attr-defined]
    made(product, "revoked", ("start", "trigger_manual", {}), ("a", "set", {}))
    _, answer = product.call("/api/v1/auth/token/", {"username": "admin", "password": PASSWORD})
    page = visit("/workflows/revoked", signed_in=False)
    page.evaluate("key => localStorage.setItem('pipelit.key', key)", answer["key"])
    page.goto("/workflows/revoked")
    expect(node(page, "a")).to_be_visible()
    other = Product.__new__(Product)  # the same server, with the key of the page
    other.port, other.key = product.port, answer["key"]
    held: list[Route] = []
    page.route(BULK, lambda route: held.append(route), times=1)
    name(page, "a", "Still here")
    while not held:
        page.wait_for_timeout(20)
    other.call("/api/v1/auth/logout/", {})  # the socket may tell the page before its request comes back
    held[0].continue_()
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect(node(page, "a")).to_contain_text("Still here")
    saved(page)
    assert labels(product, "revoked")["a"] == "Still here"


def test_a_refused_edit_takes_back_itself_alone(visit: Visit, product: Product) -> None:
    visit.allowed.append("422")  # type: ignore[attr-defined]
    made(product, "refused-edit", ("start", "trigger_manual", {}), ("a", "set", {}), edges=[("start", "a", "")])
    page = visit("/workflows/refused-edit")
    held: list[Route] = []
    page.route(BULK, lambda route: held.append(route), times=1)
    name(page, "a", "First")
    node(page, "start").click()
    page.get_by_role("textbox", name="Id").fill("loop")  # has a meaning in expressions: the server refuses it
    page.keyboard.press("Enter")
    name(page, "a", "Last")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_text("has a meaning in expressions").first).to_be_visible()
    saved(page)
    expect(node(page, "start")).to_be_visible()
    assert labels(product, "refused-edit") == {"start": "", "a": "Last"}


def test_a_workflow_that_is_deleted_says_so_and_gives_back_what_is_unsent(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "doomed", ("start", "trigger_manual", {}), ("a", "set", {}))
    page = visit("/workflows/doomed")
    page.route(BULK, lambda route: route.abort())
    name(page, "a", "Too late")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    assert product.call("/api/v1/workflows/batch-delete/", {"slugs": ["doomed"]})[0] in (200, 204)
    expect(page.get_by_role("heading", name="This workflow is gone")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("button", name="Download what was not saved").click()
    unsent: Any = json.loads(Path(file.value.path()).read_text())
    assert "Too late" in json.dumps(unsent["edits"])
    page.get_by_role("link", name="To the workflows").click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()


def test_pages_that_were_not_loaded_yet_come_when_the_server_is_back(visit: Visit, product: Product) -> None:
    visit.allowed += ["ERR_", "Failed to load", "The server cannot be reached"]  # type: ignore[attr-defined]
    made(product, "unloaded", ("start", "trigger_manual", {}))  # the newest, so that the first page has it
    page = visit("/")
    actions = page.get_by_role("button", name="Actions for unloaded", exact=True)
    expect(actions).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Credentials").click()
    expect(page.get_by_text("This page could not be loaded")).to_be_visible()
    page.get_by_role("link", name="Workflows").click()
    actions.click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    page.get_by_role("link", name="Credentials").click()
    expect(page.get_by_text("This page could not be loaded")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Credentials")).to_be_visible()
    page.get_by_role("link", name="Workflows").click()
    actions.click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(page.get_by_role("dialog")).to_be_visible()
