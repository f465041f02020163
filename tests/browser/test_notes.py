"""Sticky notes and groups, by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_canvas import CHAIN, STEPS, drag, places
from tests.browser.test_editor import made, node, saved
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]


def notes_of(product: Product, slug: str) -> list[dict[str, Any]]:
    return list(product.call(f"/api/v1/workflows/{slug}/")[1]["notes"])


def test_notes_and_nodes_find_room_of_their_own(visit: Visit, product: Product) -> None:
    rules = {"extra_config": {"rules": [{"id": "rule_1", "label": "yes"}, {"id": "rule_2", "label": "no"}]}}
    made(product, "room", ("start", "trigger_manual", {}), ("way", "switch", rules), edges=(("start", "way", ""),))
    page = visit("/workflows/room")
    for name in ("set_1 (yes)", "set_2 (no)"):
        node(page, "way").click()
        page.get_by_role("button", name="Add node").click()
        page.get_by_role("combobox", name="Find a node type").fill("set")
        page.keyboard.press("Enter")
        expect(page.get_by_role("group", name=f"From way to {name}")).to_have_count(1)
    page.keyboard.press("Escape")
    for count in (1, 2):
        page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
        page.keyboard.press("n")
        expect(page.get_by_label("Text of the note")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".react-flow__node-note")).to_have_count(count)
    saved(page)
    nodes = [
        (one["position_x"], one["position_y"], 208, 56) for one in product.call("/api/v1/workflows/room/nodes/")[1]
    ]
    notes = [(one["x"], one["y"], one["width"], one["height"]) for one in notes_of(product, "room")]
    for (x, y, width, height), (left, top, wide, high) in combinations([*nodes, *notes], 2):
        assert x + width <= left or left + wide <= x or y + height <= top or top + high <= y
    assert places(product, "room")["set_1"] == (540, 100)


def test_a_note_is_written_painted_resized_and_undone(visit: Visit, product: Product) -> None:
    made(product, "noted", *STEPS, edges=CHAIN)
    page, other = visit("/workflows/noted"), visit("/workflows/noted")
    expect(node(other, "b")).to_be_visible()
    page.locator(".react-flow__pane").click(button="right", position={"x": 300, "y": 560})
    page.get_by_role("menuitem", name="Add a note").click()
    page.get_by_label("Text of the note").fill("Mind\nthe <b>gap</b>")
    page.keyboard.press("Escape")
    note = page.get_by_role("group", name="Note: Mind")
    expect(note).to_contain_text("the <b>gap</b>")
    expect(note).to_be_focused()
    expect(other.get_by_role("group", name="Note: Mind")).to_be_visible()  # live, elsewhere
    page.get_by_role("button", name="Colour green").click()
    corner = note.locator(".react-flow__resize-control.handle.bottom.right")
    drag(page, corner, 60, 40)
    page.mouse.up()
    saved(page)
    (kept,) = notes_of(product, "noted")
    assert (kept["color"], kept["width"] > 220, kept["height"] > 120) == ("green", True, True)
    note.focus()
    page.keyboard.press("ArrowRight")
    saved(page)
    assert notes_of(product, "noted")[0]["x"] > kept["x"]
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text of the note")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+d")
    expect(page.locator(".react-flow__node-note")).to_have_count(2)
    for _ in range(4):  # the copy, the move, the size, the colour
        page.keyboard.press("Control+z")
    saved(page)
    (back,) = notes_of(product, "noted")
    assert (back["color"], back["width"], back["text"]) == ("amber", 220, "Mind\nthe <b>gap</b>")
    page.reload()
    expect(note).to_be_visible()
    note.click()
    page.keyboard.press("Delete")
    expect(note).to_have_count(0)
    expect(other.locator(".react-flow__node-note")).to_have_count(0)


def test_a_group_takes_its_nodes_along(visit: Visit, product: Product) -> None:
    made(product, "framed", *STEPS, edges=CHAIN)
    page = visit("/workflows/framed")
    node(page, "a").click()
    page.keyboard.press("Control+g")
    page.get_by_label("Title of the group").fill("Sums")
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="Group: Sums")
    before = places(product, "framed")
    drag(page, group.locator(".group-title"), 0, 150)
    page.mouse.up()
    saved(page)
    after = places(product, "framed")
    assert after["a"][1] > before["a"][1] + 100
    assert (after["start"], after["b"]) == (before["start"], before["b"])
    page.keyboard.press("Control+z")
    saved(page)
    assert places(product, "framed") == before
    page.keyboard.press("Delete")
    expect(group).to_have_count(0)
    expect(page.locator(".react-flow__node")).to_have_count(3)
