"""A browser on the whole product, which is started once as `make run` starts it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.e2e.launcher import ROOT, Product

PASSWORD = "browser-Pass-123"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
expect.set_options(timeout=30_000)  # other tests run beside these
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On one test process, one after another: while the browser is there its event loop runs, in which Django
    refuses to touch the database."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    if not (ROOT / "frontend" / "dist" / "index.html").is_file():
        pytest.skip("the editor is not built: run make frontend")
    made = Product(tmp_path_factory.mktemp("browser"), ADMIN_PASSWORD=PASSWORD)
    try:
        made.wait_ready()
        made.sign_in(PASSWORD)
        yield made
        made.stop()
    finally:
        made.kill()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(product: Product, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`visit("/executions")` is a page of somebody who is signed in (`signed_in=False`: who is not), each in a browser
    of its own. Whatever a page complains of, or asks of another origin, fails the test, but for what holds a text of
    `visit.allowed` (browsers note each 4xx in the console)."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    allowed: list[str] = []
    origin = f"http://127.0.0.1:{product.port}"

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((origin, "data:", "blob:", origin.replace("http", "ws"))):
            complaints.append(f"a request left the origin: {request.url}")

    def open_page(path: str = "/", *, signed_in: bool = True, theme: Any = "light", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = chromium.new_context(base_url=origin, color_scheme=theme, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(20_000)
        if signed_in:
            context.add_init_script(f"localStorage.setItem('pipelit.key', '{product.key}')")
        page = context.new_page()
        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", asked)
        page.goto(path)
        return page

    open_page.allowed = allowed  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert not [one for one in complaints if not any(text in one for text in allowed)]


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run make frontend")
    return Path(AXE).read_text()
