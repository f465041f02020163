"""What strangers see: the public chat, its widget on somebody else's page, a web form, and a question's link."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_editor import made, node
from tests.browser.test_pages import serious
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def host() -> Iterator[ThreadingHTTPServer]:
    """Somebody else's web site, with one script tag of ours."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Shop</title><h1>Shop</h1>{self.server.tag}".encode())  # type: ignore[attr-defined]

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def help_desk(product: Product, slug: str, **config: Any) -> None:
    says = {"extra_config": {"text": "You said {{ trigger.text }} <b>!</b>"}}
    trigger = {"extra_config": {"public": True, "greeting": "Hello!", **config}}
    made(product, slug, ("chat", "trigger_chat", trigger), ("say", "reply", says), edges=[("chat", "say", "")])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_public_chat(visit: Callable[..., Page], product: Product, axe: str, theme: str) -> None:
    help_desk(product, f"desk-{theme}")
    page = visit(f"/chat/desk-{theme}", signed_in=False, theme=theme)
    log = page.get_by_role("log")
    expect(log).to_contain_text("Hello!")
    page.get_by_label("Your message").fill("<i>hi</i>")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("You said <i>hi</i> <b>!</b>", timeout=20_000)
    assert serious(page, axe) == []
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("You said <i>hi</i>")  # it is remembered


def test_the_widget_on_another_site(chromium: Browser, product: Product, host: Any) -> None:
    origin = f"http://127.0.0.1:{host.server_port}"
    help_desk(product, "widget", allowed_origins=[origin])
    host.tag = f'<script src="http://127.0.0.1:{product.port}/chat/widget/widget.js" async></script>'
    page = chromium.new_context(reduced_motion="reduce").new_page()
    page.goto(origin)
    page.get_by_role("button").first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your message").fill("from the shop")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("log")).to_contain_text("You said from the shop", timeout=20_000)
    page.context.close()


def test_a_web_form(visit: Callable[..., Page], product: Product, axe: str) -> None:
    schema = {
        "type": "object", "required": ["name", "seats"],
        "properties": {"name": {"type": "string", "title": "Your name"},
                       "seats": {"type": "integer", "title": "Seats", "minimum": 1, "maximum": 4}},
    }  # fmt: skip
    form = {"extra_config": {"path": "book", "access": "public", "input_schema": schema, "response_mode": "reply"}}
    says = {"extra_config": {"text": "{{ trigger.payload.seats + 0 }} for {{ trigger.payload.name }}"}}
    made(product, "booking", ("form", "trigger_form", form), ("say", "reply", says), edges=[("form", "say", "")])
    page = visit("/forms/booking/book", signed_in=False)
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Seats").fill("2")
    assert serious(page, axe) == []
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("2 for Ann")).to_be_visible(timeout=20_000)


def test_the_inspector_shows_where_a_trigger_answers(visit: Callable[..., Page], product: Product) -> None:
    fields = {"type": "object", "properties": {"name": {"type": "string"}}}
    triggers = {
        "hook": ("trigger_webhook", {"path": "orders", "auth": "none", "methods": ["GET"]}, 202),
        "form": ("trigger_form", {"path": "join", "access": "public", "input_schema": fields}, 200),
        "talk": ("trigger_chat", {"public": True}, 200),
        "closed": ("trigger_form", {"path": "staff", "input_schema": fields}, 200),
    }
    made(product, "reached", *((name, kind, {"extra_config": own}) for name, (kind, own, _) in triggers.items()))
    page = visit("/workflows/reached")
    for name, (_, _, status) in triggers.items():
        node(page, name).click()
        inspector = page.get_by_role("complementary", name=f"Node {name}")
        address = inspector.get_by_role("region", name="Address").get_by_role("code")
        if name == "closed":
            expect(address).to_contain_text("?key=")
        assert page.request.get(address.inner_text()).status == status
    page.get_by_role("button", name="Copy the address").click()
    expect(page.get_by_text("Copied.")).to_be_visible()


def test_from_a_workflow_that_does_not_exist_back_to_the_list(visit: Callable[..., Page]) -> None:
    visit.allowed.append("404")  # type: ignore[attr-defined]
    page = visit("/workflows/nosuch")
    page.get_by_role("link", name="To the workflows").click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
