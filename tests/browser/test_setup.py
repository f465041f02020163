"""The first account: who opens a Pipelit that nobody can sign in to makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.launcher import Product
from tests.e2e.launcher import run as command

from .conftest import PASSWORD
from .test_pages import serious

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One without accounts. `make run` makes an admin, a start by hand does not."""
    made = Product(tmp_path_factory.mktemp("setup"))
    try:
        made.wait_ready()
        done = command("manage.py", "flush", "--no-input", VAR_DIR=str(made.var))
        assert done.returncode == 0, done.stderr
        yield made
        made.stop()
    finally:
        made.kill()


def test_sign_up(visit: Callable[..., Page], axe: str) -> None:
    for theme in ("light", "dark"):
        page = visit("/setup", signed_in=False, theme=theme)
        expect(page.get_by_role("heading", name="Welcome to Pipelit")).to_be_visible()
        assert serious(page, axe) == []
    visit.allowed.append("400")  # type: ignore[attr-defined]
    page = visit("/", signed_in=False)  # whoever comes is led there
    page.get_by_label("Username", exact=True).fill("first")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
    page.goto("/users")
    expect(page.get_by_role("main")).to_contain_text("first")
    page = visit("/setup", signed_in=False)  # somebody else, later
    expect(page.get_by_role("heading", name="Sign in to Pipelit")).to_be_visible()
    page.get_by_label("Username", exact=True).fill("first")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
