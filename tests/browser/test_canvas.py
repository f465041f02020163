"""Gestures on the canvas: menus, lines, search, and building by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import seeds
from tests.browser.test_editor import made, node, saved
from tests.browser.test_pages import serious
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]
STEPS = (("start", "trigger_manual", {}), ("a", "set", {}), ("b", "set", {}))
CHAIN = (("start", "a", ""), ("a", "b", ""))


def middle(part: Any) -> tuple[float, float]:
    part.hover()  # waits until it stands still
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, part: Any, dx: float, dy: float) -> None:
    """By hand: held at its middle, in steps; not yet let go."""
    x, y = middle(part)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)


def places(product: Product, slug: str) -> dict[str, tuple[float, float]]:
    return {
        one["node_id"]: (one["position_x"], one["position_y"])
        for one in product.call(f"/api/v1/workflows/{slug}/nodes/")[1]
    }


def menu_of(page: Page, part: Any) -> Any:
    part.click(button="right")
    return page.get_by_role("menu")


def test_the_menu_of_a_node_by_mouse_and_by_keyboard(visit: Visit, product: Product) -> None:
    made(product, "menus", *STEPS, edges=CHAIN)
    page = visit("/workflows/menus")
    menu = menu_of(page, node(page, "b"))
    expect(menu.get_by_role("menuitem", name="Rename")).to_contain_text("F2")
    menu.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("New name").fill("Second")
    page.keyboard.press("Enter")
    expect(node(page, "b")).to_contain_text("Second")
    node(page, "b").focus()
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Duplicate").press("Enter")
    expect(node(page, "b_2")).to_contain_text("Second")
    page.keyboard.press("Control+z")
    expect(node(page, "b_2")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(node(page, "b")).not_to_contain_text("Second")


def test_a_trigger_is_switched_off_and_the_empty_canvas_pastes(visit: Visit, product: Product) -> None:
    made(product, "menus2", *STEPS, edges=CHAIN)
    page = visit("/workflows/menus2")
    menu_of(page, node(page, "start")).get_by_role("menuitem", name="Switch a trigger on or off").click()
    saved(page)
    config = product.call("/api/v1/workflows/menus2/nodes/start/")[1]["config"]
    assert config["is_active"] is False
    menu_of(page, node(page, "a")).get_by_role("menuitem", name="Copy").click()
    page.locator(".react-flow__pane").click(button="right", position={"x": 60, "y": 500})
    page.get_by_role("menuitem", name="Paste").click()
    expect(node(page, "a_2")).to_be_visible()


def test_a_node_is_inserted_on_an_edge(visit: Visit, product: Product) -> None:
    made(product, "between", *STEPS, edges=CHAIN)
    page = visit("/workflows/between")
    expect(node(page, "b")).to_be_visible()
    edge = page.get_by_role("group", name="From a to b")
    edge.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("i")
    page.get_by_role("combobox", name="Find a node type").fill("filter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="From a to filter_1")).to_have_count(1)
    expect(page.get_by_role("group", name="From filter_1 to b")).to_have_count(1)
    expect(edge).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(edge).to_have_count(1)
    expect(node(page, "filter_1")).to_have_count(0)


def test_entries_of_the_palette_are_dragged_to_a_place_and_onto_an_edge(visit: Visit, product: Product) -> None:
    made(product, "dropped", *STEPS, edges=CHAIN)
    page = visit("/workflows/dropped")
    expect(node(page, "b")).to_be_visible()
    box = page.locator(".react-flow__pane").bounding_box()
    assert box

    def take(name: str, x: float, y: float) -> None:
        page.get_by_role("button", name="Add node").click()
        page.get_by_role("combobox", name="Find a node type").fill(name)
        middle(page.get_by_role("option", name=name).first)
        page.mouse.down()
        page.mouse.move(x - 40, y, steps=4)
        page.mouse.move(x, y, steps=4)
        page.mouse.up()

    take("Filter", box["x"] + 400, box["y"] + 600)
    expect(node(page, "filter_1")).to_be_visible()
    expect(page.get_by_role("dialog", name="Add a node")).to_have_count(0)
    there = node(page, "filter_1").bounding_box()
    assert there
    assert there["x"] < box["x"] + 400 < there["x"] + there["width"]
    assert there["y"] < box["y"] + 600 < there["y"] + there["height"]
    page.get_by_role("button", name="Close").click()
    end = node(page, "b").locator('[data-handleid="in"]').bounding_box()
    begin = node(page, "a").locator('[data-handleid="out"]').bounding_box()
    assert begin
    assert end
    take("Transform", (begin["x"] + end["x"] + 12) / 2, end["y"] + 6)
    expect(page.get_by_role("group", name="From a to transform")).to_have_count(1)
    expect(page.get_by_role("group", name="From transform to b")).to_have_count(1)
    expect(page.get_by_role("group", name="From a to b")).to_have_count(0)


def test_a_node_that_stands_alone_is_dragged_onto_an_edge(visit: Visit, product: Product) -> None:
    made(product, "let-go", *STEPS, ("alone", "filter", {}), edges=CHAIN)
    moved = {"op": "update_node", "node_id": "alone", "position_x": 360, "position_y": 320}
    assert product.call("/api/v1/workflows/let-go/bulk/", {"operations": [moved]})[0] == 200
    page = visit("/workflows/let-go")
    middle(node(page, "alone"))
    begin, end = node(page, "a").bounding_box(), node(page, "b").bounding_box()
    assert begin
    assert end
    page.mouse.down()
    page.mouse.move((begin["x"] + begin["width"] + end["x"]) / 2, begin["y"] + begin["height"] / 2, steps=8)
    page.mouse.up()
    expect(page.get_by_role("group", name="From a to alone")).to_have_count(1)
    expect(page.get_by_role("group", name="From alone to b")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("group", name="From a to b")).to_have_count(1)
    saved(page)
    assert places(product, "let-go")["alone"] == (360, 320)


def test_a_dragged_edge_says_why_not_and_only_what_fits_lights_up(visit: Visit, product: Product) -> None:
    made(product, "refused", *STEPS, ("model", "ai_model", {}), edges=CHAIN)
    page = visit("/workflows/refused")
    expect(node(page, "b")).to_be_visible()
    knob = node(page, "b").locator('[data-handleid="out"]')
    x, y = middle(node(page, "start"))
    middle(knob)
    page.mouse.down()
    page.mouse.move(x, y, steps=6)
    expect(page.get_by_role("status").filter(has_text="Nothing leads to a trigger")).to_be_visible()
    expect(node(page, "a").locator('[data-handleid="in"]')).to_have_attribute("data-fits", "false")
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="Nothing leads to a trigger")).to_have_count(0)
    knob = node(page, "start").locator('[data-handleid="out"]')
    x, y = middle(node(page, "b"))
    middle(knob)
    page.mouse.down()
    page.mouse.move(x, y, steps=6)
    expect(node(page, "b").locator('[data-handleid="in"]')).to_have_attribute("data-fits", "true")
    page.mouse.up()
    expect(page.get_by_role("group", name="From start to b")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_several_nodes_are_aligned_and_distributed(visit: Visit, product: Product) -> None:
    made(product, "aligned", *STEPS, edges=CHAIN)
    product.call(
        "/api/v1/workflows/aligned/bulk/",
        {"operations": [{"op": "update_node", "node_id": "a", "position_x": 330, "position_y": 260}]},
    )
    page = visit("/workflows/aligned")
    expect(node(page, "b")).to_be_visible()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Align tops").click()
    saved(page)
    assert {y for _, y in places(product, "aligned").values()} == {100}
    page.get_by_role("button", name="Distribute from left to right").click()
    saved(page)
    assert places(product, "aligned")["a"] == (260, 100)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert places(product, "aligned")["a"] == (330, 260)


def test_a_dragged_node_is_pulled_into_line(visit: Visit, product: Product) -> None:
    made(product, "lines", *STEPS, edges=CHAIN)
    page = visit("/workflows/lines")
    expect(node(page, "b")).to_be_visible()
    drag(page, node(page, "a"), 0, 3)
    expect(page.locator('[data-guide="y"]').first).to_be_attached()
    page.mouse.up()
    expect(page.locator("[data-guide]")).to_have_count(0)
    drag(page, node(page, "a"), 37, 160)
    page.mouse.up()
    saved(page)
    assert places(product, "lines")["a"][1] > 200
    page.keyboard.press("Control+z")
    saved(page)
    assert places(product, "lines")["a"] == (260, 100)
    page.keyboard.down("Alt")
    drag(page, node(page, "a"), 0, 3)
    expect(page.locator("[data-guide]")).to_have_count(0)
    page.mouse.up()
    page.keyboard.up("Alt")
    saved(page)
    assert places(product, "lines")["a"][1] != 100


def test_building_by_keyboard_alone(visit: Visit, product: Product) -> None:
    made(product, "keys", ("start", "trigger_manual", {}), ("a", "set", {}), ("b", "set", {}))
    page = visit("/workflows/keys")
    node(page, "start").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("l")
    page.get_by_role("combobox").fill("to a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="From start to a")).to_have_count(1)
    page.keyboard.press("o")
    outline = page.get_by_role("complementary", name="Outline")
    outline.get_by_role("button", name="What can be done with a", exact=True).press("Enter")
    page.get_by_role("menuitem", name="Connect to…").press("Enter")
    page.get_by_role("combobox").fill("to b")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="From a to b")).to_have_count(1)
    outline.get_by_role("button", name="What can be done with b", exact=True).press("Enter")
    page.get_by_role("menuitem", name="Add a node after it").press("Enter")
    page.get_by_role("combobox", name="Find a node type").fill("transform")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="From b to transform")).to_have_count(1)
    outline.get_by_role("button", name="Disconnect start from a").press("Enter")
    expect(page.get_by_role("group", name="From start to a")).to_have_count(0)
    outline.get_by_role("button", name="What can be done with b", exact=True).press("Enter")
    page.get_by_role("menuitem", name="Delete").press("Enter")
    expect(node(page, "b")).to_have_count(0)
    saved(page)
    assert set(places(product, "keys")) == {"start", "a", "transform"}


def test_finding_on_the_canvas(visit: Visit, product: Product) -> None:
    hello = {"extra_config": {"values": {"x": "Hello World"}}}
    made(product, "found", ("start", "trigger_manual", {}), ("a", "set", hello), ("b", "set", hello), edges=CHAIN)
    page = visit("/workflows/found")
    expect(node(page, "b")).to_be_visible()
    page.keyboard.press("Control+f")
    field = page.get_by_role("searchbox", name="Find on the canvas")
    field.fill("world")
    expect(page.locator(".react-flow__node.found")).to_have_count(2)
    count = page.get_by_role("search").get_by_role("status")
    for keys, name, place in (("Enter", "a", "1 of 2"), ("Enter", "b", "2 of 2"), ("Shift+Enter", "a", "1 of 2")):
        field.press(keys)
        expect(count).to_have_text(place)
        expect(page.locator(".react-flow__node.selected")).to_have_attribute("data-id", name)
    field.fill("nowhere")
    expect(count).to_have_text("Nothing")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(page.locator(".react-flow__node.found")).to_have_count(0)


def test_edges_show_what_flowed(visit: Visit, product: Product) -> None:
    rules = {"extra_config": {"rules": [{"id": "big", "field": "a.output.n", "operator": "gt", "value": 1}],
                              "enable_fallback": True}}  # fmt: skip
    value = {"extra_config": {"values": {"n": "{{ 40 + 2 }}"}}}
    made(product, "flows", ("start", "trigger_manual", {}), ("a", "set", value), ("pick", "switch", rules),
         ("yes", "transform", {"extra_config": {"template": "word " * 20}}), ("no", "set", {}), ("end", "set", {}),
         edges=[("start", "a", ""), ("a", "pick", ""), ("yes", "end", "")])  # fmt: skip
    for target, condition in (("yes", "big"), ("no", "__other__")):
        edge = {"source_node_id": "pick", "target_node_id": target, "condition_value": condition}
        status, answer = product.call("/api/v1/workflows/flows/edges/", edge)
        assert status == 201, answer
    page = visit("/workflows/flows")
    expect(node(page, "end")).to_be_visible()
    page.keyboard.press("Control+Enter")
    label = page.get_by_role("button", name="What went from a to pick")
    expect(label).to_have_text("1 field")
    expect(page.get_by_role("button", name="What went from yes to end")).to_have_text("100 characters")
    expect(page.locator(".react-flow__edgelabel-renderer").get_by_text("skipped")).to_have_count(1)
    label.click()
    expect(page.get_by_role("dialog", name="What went from a to pick")).to_contain_text('"n": 42')


def test_who_may_only_look_changes_nothing(visit: Visit, product: Product) -> None:
    made(product, "looked-at", *STEPS, edges=CHAIN)
    person = {"username": "viewer", "password": "viewer-Pass-123", "role": "normal"}
    status, answer = product.call("/api/v1/users/", person)
    assert status == 201, answer
    product.call("/api/v1/workflows/looked-at/collaborators/", {"username": "viewer", "role": "viewer"})
    page = visit("/workflows/looked-at", signed_in=False)
    page.get_by_label("Username").fill("viewer")
    page.get_by_label("Password").fill("viewer-Pass-123")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Read only")).to_be_visible()
    expect(page.get_by_role("button", name="Add node")).to_have_count(0)
    menu = menu_of(page, node(page, "a"))
    expect(menu.get_by_role("menuitem")).to_have_text([re.compile("Copy")])
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    drag(page, node(page, "b"), 0, 80)
    page.mouse.up()
    expect(page.locator(".react-flow__node")).to_have_count(3)
    assert places(product, "looked-at")["b"] == (520, 100)
    page.get_by_role("button", name="Run", exact=True).first.click()
    expect(node(page, "b").locator('[data-status="success"]')).to_be_visible()
    page.get_by_role("button", name="Duplicate it to make changes").click()
    expect(page.get_by_text("Read only")).to_have_count(0)
    expect(page.get_by_role("button", name="Add node")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_canvas_is_accessible(visit: Visit, product: Product, axe: str, theme: str) -> None:
    slug = f"axe-{theme}"
    made(product, slug, *STEPS, edges=CHAIN)
    box = {"x": 0, "width": 300, "height": 120}
    notes = [
        {**box, "id": f"note-{color}", "kind": "note", "text": color, "color": color, "y": 200 + 130 * index}
        for index, color in enumerate(("amber", "green", "blue", "purple", "red", "grey"))
    ]
    group = {"id": "group-1", "kind": "group", "text": "All", "x": -40, "y": 20, "width": 900, "height": 160}
    operations = [{"op": "put_note", "note": note} for note in [*notes, group]]
    assert product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": operations})[0] == 200
    page = visit(f"/workflows/{slug}", theme=theme)
    expect(node(page, "note-grey")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="What went from a to b")).to_be_visible()
    assert serious(page, axe) == []
    page.keyboard.press("o")
    page.get_by_role("complementary", name="Outline").get_by_role("button", name="All").first.click()
    page.keyboard.press("Control+f")
    page.get_by_role("searchbox", name="Find on the canvas").fill("a")
    assert serious(page, axe) == []
    page.keyboard.press("Escape")
    menu_of(page, node(page, "a"))
    assert serious(page, axe) == []


def test_what_a_program_built_in_one_pile_is_tidied_up_once(visit: Visit, product: Product) -> None:
    seeds.workflow(product, "pile", *(seeds.node(one, kind) for one, kind, _ in STEPS))
    page = visit("/workflows/pile")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    saved(page)
    tidied = places(product, "pile")
    assert len(set(tidied.values())) == len(STEPS)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    saved(page)
    assert set(places(product, "pile").values()) == {(0, 0)}


def test_what_is_opened_or_chosen_at_the_border_is_seen_whole(visit: Visit, product: Product) -> None:
    steps = (("start", "trigger_manual", {}), ("a", "set", {}), ("b", "set", {}), ("c", "set", {}), ("d", "set", {}))
    made(product, "border", *steps)
    page = visit("/workflows/border")
    node(page, "d").click()  # where its panel will stand
    inspector = page.get_by_role("complementary", name="Node d")
    expect(inspector).to_be_visible()
    page.wait_for_function(
        """() => document.querySelector('.react-flow__node[data-id="d"]').getBoundingClientRect().right
                 < document.querySelector('aside[aria-label="Node d"]').getBoundingClientRect().left"""
    )
    drag(page, node(page, "d").locator('.react-flow__handle[data-handleid="out"]'), -150, 320)
    page.mouse.up()
    palette = page.get_by_role("dialog", name="Add a node")
    expect(palette.get_by_role("option").first).to_be_visible()
    box = palette.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 800
    assert page.evaluate("document.scrollingElement.scrollHeight") == 800
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Zoom:").click()
    expect(page.get_by_role("button", name="Zoom: 100 %")).to_be_visible()
    for keys, percent in (("+", "120 %"), ("-", "100 %")):
        page.locator(".react-flow__pane").focus()
        page.keyboard.press(keys)
        expect(page.get_by_role("button", name=f"Zoom: {percent}")).to_be_visible()
    page.get_by_role("button", name="Zoom out").click()
    expect(page.get_by_role("button", name="Zoom: 83 %")).to_be_visible()


def test_diamonds_lie_on_the_border(visit: Visit, product: Product) -> None:
    agent = ("agent", "agent", {})
    made(product, "diamonds", agent, ("model", "ai_model", {}), edges=(("model", "agent", "llm"),))
    page = visit("/workflows/diamonds")
    for name, side in (("agent", "bottom"), ("model", "top")):
        expect(node(page, name)).to_be_visible()
        off = page.evaluate(
            """([name, side]) => {
                 const node = document.querySelector(`.react-flow__node[data-id="${name}"]`);
                 const box = node.querySelector(`.react-flow__handle-${side}[style*=rotate]`).getBoundingClientRect();
                 return Math.abs((box.top + box.bottom) / 2 - node.getBoundingClientRect()[side]);
               }""",
            [name, side],
        )
        assert off < 1.5, name


def test_what_is_unfinished_shows_at_once_and_soon_after_an_edit(visit: Visit, product: Product) -> None:
    made(product, "todo", ("start", "trigger_chat", {}), ("agent", "agent", {}), edges=(("start", "agent", ""),))
    page = visit("/workflows/todo")
    badge = node(page, "agent").get_by_label("Unfinished")
    expect(badge).to_have_accessible_name(re.compile("needs a model"))
    node(page, "agent").click()
    page.get_by_role("button", name="Add node").click()
    page.get_by_role("combobox", name="Find a node type").fill("model")
    page.keyboard.press("Enter")
    expect(node(page, "ai_model").get_by_label("Unfinished")).to_be_visible()
    expect(badge).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(badge).to_be_visible()
