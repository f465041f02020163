"""The canvas with 500 nodes in Chromium: how soon it is painted, and how it pans."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.benchmarks.product import Product, node
from tests.benchmarks.row import Row, row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

NODES, EXTRA_EDGES = 500, 100
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PAINTED = """async () => {
    while (!document.querySelector('.react-flow__node')) await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    const read = performance.getEntriesByType('resource').filter(one => one.name.endsWith('/workflows/large/')).at(-1)
    return performance.now() - read.responseEnd
}"""
ALL_SHOWN = f"""async () => {{
    const start = performance.now()
    window.dispatchEvent(new KeyboardEvent('keydown', {{key: '!', code: 'Digit1', shiftKey: true, bubbles: true}}))
    while (document.querySelectorAll('.react-flow__node').length < {NODES}) await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    return performance.now() - start
}}"""
SETTLED = """async () => {
    for (let quick = 0, last = performance.now(); quick < 10;) {
        await new Promise(requestAnimationFrame)
        quick = performance.now() - last < 25 ? quick + 1 : 0
        last = performance.now()
    }
}"""
PANNED = """async () => {
    const canvas = document.querySelector('.react-flow__pane')
    const frames = []
    let last = performance.now()
    for (let i = 0; i < 120; i += 1) {
        canvas.dispatchEvent(new WheelEvent('wheel', {deltaX: 12, deltaY: 5, bubbles: true, cancelable: true}))
        await new Promise(requestAnimationFrame)
        frames.push(performance.now() - last)
        last = performance.now()
    }
    return 1000 * frames.length / frames.reduce((sum, one) => sum + one, 0)
}"""


FIRST_VISITS = {"sign-in": ("/login", 200), "editor": ("/workflows/demo", 450)}
"""What is loaded at most in a first visit of a page, in kilobytes of compressed JavaScript."""


def javascript(page: Page, url: str) -> float:
    """Kilobytes of JavaScript, compressed as it is sent, that a page loads in a browser that has none of it yet."""
    sizes: dict[str, int] = {}

    def finished(request: Request) -> None:
        if request.url.endswith(".js"):
            sizes[request.url] = request.sizes()["responseBodySize"]

    page.on("requestfinished", finished)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return sum(sizes.values()) / 1000


def measure(product: Product) -> tuple[float, float, float]:
    """Milliseconds from the workflow's arrival in the browser to its first look, which begins at the trigger; from
    *Show everything* to all nodes; and frames a second while panning over all of them. Raises RuntimeError where there
    is no browser or no editor."""
    _build(product)
    with _chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(f"localStorage.setItem('pipelit.key', '{product.key}')")
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{product.port}/executions")  # what all pages share is loaded then
        page.wait_for_selector("h1")
        painted = []
        for _ in range(3):
            page.goto(f"http://127.0.0.1:{product.port}/workflows/large")
            painted.append(float(page.evaluate(PAINTED)))
        page.evaluate(SETTLED)
        shown = float(page.evaluate(ALL_SHOWN))
        page.evaluate(SETTLED)
        panned = float(page.evaluate(PANNED))
    return sorted(painted)[1], shown, panned


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _build(product: Product) -> None:
    """A trigger and a grid of steps, each row a chain, with edges across."""
    nodes: list[dict[str, Any]] = [{**node("start", "trigger_manual"), "position_x": 0, "position_y": 0}]
    edges: list[tuple[str, str]] = []
    for i in range(NODES - 1):
        name, column = f"n{i}", i % 25
        place = {"position_x": 260 * (column + 1), "position_y": 110 * (i // 25)}
        nodes.append({**node(name, "set", values={"x": "1"}), **place})
        edges.append((f"n{i - 1}" if column else "start", name))
    edges += [(f"n{i}", f"n{i + 26}") for i in range(EXTRA_EDGES) if i % 25 < 24]
    product.build("large", nodes, edges)


def first_visits(product: Product, ready: float) -> list[Row]:
    """The editor's JavaScript as somebody new loads it."""
    found = []
    with _chromium() as browser:
        for name, (path, most) in FIRST_VISITS.items():
            context = browser.new_context()
            if path != "/login":
                context.add_init_script(f"localStorage.setItem('pipelit.key', '{product.key}')")
            size = javascript(context.new_page(), f"http://127.0.0.1:{product.port}{path}")
            found.append(row(f"editor: JavaScript of a first visit, {name}", size, "KB", f"<= {most}"))
    return found


def canvas(product: Product, ready: float) -> list[Row]:
    """The editor with 500 nodes."""
    painted, shown, panned = measure(product)
    return [
        row("editor: 500 nodes, from their arrival to the first look", painted, "ms", "<= 1000"),
        row("editor: 500 nodes, from *Show everything* to all of them", shown, "ms", "<= 1000"),
        row("editor: 500 nodes, panning", panned, "frames/s", ">= 50"),
    ]
