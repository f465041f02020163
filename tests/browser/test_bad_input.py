"""What the editor does with too much, and with what it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.test_editor import made, node, saved
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]
EVENTS, NODES = 3000, 50
WATCH = """() => {
    window.frames_drawn = 0; window.draws = 0; window.long_tasks = [];
    const count = () => { window.frames_drawn += 1; requestAnimationFrame(count) };
    requestAnimationFrame(count);
    new MutationObserver(() => { window.draws += 1 })
        .observe(document.querySelector('.react-flow__nodes'), {subtree: true, childList: true, attributes: true});
    new PerformanceObserver(list => list.getEntries().forEach(one => window.long_tasks.push(one.duration)))
        .observe({type: 'longtask'});
}"""


def test_a_component_that_is_not_known_here_is_kept_as_it_is(visit: Visit, product: Product) -> None:
    values = {"extra_config": {"values": {"n": "<b>1</b>"}}}
    made(product, "future", ("start", "trigger_manual", {}), ("a", "set", values), ("b", "transform", {}),
         edges=[("start", "a", ""), ("a", "b", "")])  # fmt: skip
    before = product.call("/api/v1/workflows/future/nodes/a/")[1]["config"]
    page = visit("/healthz")

    def older(route: Route) -> None:
        types = [one for one in route.fetch().json() if one["component_type"] != "set"]
        route.fulfill(json=types)

    page.route("**/api/v1/workflows/node-types/", older)
    page.goto("/workflows/future")
    expect(page.locator(".react-flow__edge")).to_have_count(2)
    node(page, "a").click()
    panel = page.get_by_role("complementary", name="Node a")
    expect(panel).to_contain_text("No component of type “set” is known here")
    expect(panel.locator("pre")).to_contain_text('"n": "<b>1</b>"')
    panel.get_by_label("Name", exact=True).fill("From the future")
    saved(page)
    stored = product.call("/api/v1/workflows/future/nodes/a/")[1]
    assert (stored["label"], stored["config"]) == ("From the future", before)


def flood(page: Page, execution: dict[str, Any]) -> Callable[[int], None]:
    """Events of a run, as the server would send them, between those that it really sends."""
    sockets: list[WebSocketRoute] = []

    def routed(ws: WebSocketRoute) -> None:
        ws.connect_to_server()
        sockets.append(ws)

    page.route_web_socket("**/ws/**", routed)

    def send(count: int) -> None:
        for number in range(count):
            step = f"n{number % NODES}"
            status = "running" if number % (2 * NODES) < NODES else "success"
            data = {"node_id": step, "step_key": step, "status": status, "output": {"n": number}, "duration_ms": 1.5}
            sockets[-1].send(json.dumps({
                "type": "node_status", "channel": f"execution:{execution['id']}", "seq": f"9{number:0>12}-00000000",
                "timestamp": "", "data": {**data, "execution_id": execution["id"]},
            }))  # fmt: skip

    return send


def test_a_flood_of_events_draws_once_a_frame(visit: Visit, product: Product) -> None:
    nodes: list[Any] = [
        ("start", "trigger_manual", {}),
        ("ask", "human_confirmation", {"extra_config": {"prompt": "?"}}),
    ]
    nodes += [(f"n{n}", "set", {}) for n in range(NODES)]
    made(product, "flood", *nodes, edges=[("start", "ask", "")])
    grid = [{"op": "update_node", "node_id": f"n{n}", "position_x": n % 10 * 260, "position_y": n // 10 * 110 + 200}
            for n in range(NODES)]  # fmt: skip
    assert product.call("/api/v1/workflows/flood/bulk/", {"operations": grid})[0] == 200
    execution: dict[str, Any] = {}
    page = visit("/healthz")
    send = flood(page, execution)
    page.goto("/workflows/flood")
    with page.expect_response("**/execute/") as started:
        page.get_by_role("button", name="Run", exact=True).first.click()
    execution["id"] = started.value.json()["execution_id"]
    expect(page.locator("[data-run=interrupted]")).to_be_visible()
    page.evaluate(WATCH)
    send(EVENTS)
    node(page, f"n{NODES - 1}").click()
    page.get_by_role("button", name="Close").first.click()
    page.get_by_role("button", name="Show everything").click()
    last = page.locator('.react-flow__node[data-id="n49"] [data-status="success"]')
    expect(last).to_contain_text(f"×{EVENTS // (2 * NODES)}")
    draws, frames, tasks = page.evaluate("[window.draws, window.frames_drawn, window.long_tasks]")
    print(f"{EVENTS} events: {draws} draws in {frames} frames, long tasks (ms): {tasks}")
    assert draws <= 2 * frames + 20  # not one for each event


def test_a_large_output_shows_its_beginning_and_all_on_demand(visit: Visit, product: Product) -> None:
    many = {"extra_config": {"code": "return {'output': 'abcdefghi\\n' * 500_000}", "language": "python"}}
    made(product, "large", ("start", "trigger_manual", {}), ("many", "code", many), edges=[("start", "many", "")])
    page = visit("/workflows/large")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run")
    expect(panel.locator("pre")).to_contain_text("MB in all", timeout=40_000)
    assert len(panel.locator("pre").inner_text()) < 50_000
    panel.get_by_role("button", name="Close").click()
    node(page, "many").click()
    page.get_by_role("tab", name="Last run").click()
    output = page.get_by_role("tabpanel").get_by_role("region", name="Output")
    assert len(output.inner_text()) < 50_000
    output.get_by_role("button", name="Load all").click()  # from the journal
    output.get_by_role("button", name="Load all").click()  # all of it
    expect(output.get_by_role("button", name="Load all")).to_be_hidden()
    assert output.locator("pre").evaluate("element => element.textContent.length") > 5_000_000


def test_ten_megabytes_on_the_clipboard(visit: Visit, product: Product) -> None:
    visit.allowed += ["400", "413", "422", "ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "clip", ("start", "trigger_manual", {}), ("a", "transform", {}))
    page = visit("/workflows/clip")
    expect(node(page, "a")).to_be_visible()
    paste = """([size, nodes]) => {
        const text = nodes ? JSON.stringify({pipelit: 1, edges: [], nodes: Array.from({length: 3}, (_, n) => (
            {node_id: 'big' + n, component_type: 'transform', label: '', position_x: 0, position_y: 0,
             config: {extra_config: {template: 'x'.repeat(size)}}}))}) : 'x'.repeat(size);
        const data = new DataTransfer(); data.setData('text/plain', text);
        window.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
    }"""
    page.evaluate(paste, [10_000_001, False])
    expect(page.get_by_text("too large to be nodes")).to_be_visible()
    page.evaluate(paste, [3_000_000, True])  # nodes, and no more than the server takes
    saved(page)
    expect(page.locator(".react-flow__node")).to_have_count(5)
    node(page, "a").click()
    field = page.get_by_role("textbox", name="Template")
    expect(field).to_have_class(re.compile("cm-content"))  # the code editor has come
    field.evaluate("""field => {
        const data = new DataTransfer(); data.setData('text/plain', 'x'.repeat(10_000_000));
        field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
    }""")
    expect(page.locator('[data-saving="saved"]')).to_be_visible(timeout=60_000)  # taken, or refused and taken back
    field.fill("still alive")
    expect(page.locator('[data-saving="saved"]')).to_be_visible(timeout=60_000)
    stored = product.call("/api/v1/workflows/clip/nodes/a/")[1]["config"]["extra_config"]
    assert stored["template"] == "still alive"


def test_a_long_chat_shows_its_end(visit: Visit, product: Product) -> None:
    visit.allowed.append("503")  # type: ignore[attr-defined]
    made(product, "long-chat", ("chat", "trigger_chat", {}))
    page = visit("/workflows/long-chat")
    body = json.dumps({"detail": "<b>Not now</b>", "code": "busy"})
    page.route("**/api/v1/workflows/*/chat/", lambda route: route.fulfill(status=503, body=body))
    page.get_by_role("button", name="Chat", exact=True).click()
    log, field = page.get_by_role("log"), page.get_by_role("textbox", name="Message")
    for number in range(30):
        field.fill(f"message {number}")
        page.keyboard.press("Enter")
        expect(log).to_contain_text(re.compile(rf"message {number}\D.*Not now", re.DOTALL))
    expect(log.get_by_text("message 4", exact=True)).to_have_count(0)
    log.get_by_role("button", name="Show earlier messages (10)").click()
    expect(log.get_by_text("message 4", exact=True)).to_be_attached()
