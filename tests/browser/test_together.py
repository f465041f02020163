"""Several people in one workflow at once: they see each other, and nothing of what they do is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_editor import made, node, saved
from tests.browser.test_pages import serious
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]
BULK = "**/api/v1/workflows/*/bulk/"
COPY = """() => {
    let text = '';
    const data = {setData: (_, given) => { text = given }, getData: () => ''};
    const event = new Event('copy', {bubbles: true, cancelable: true});
    Object.defineProperty(event, 'clipboardData', {value: data});
    window.dispatchEvent(event);
    return text;
}"""


@pytest.fixture
def ben(visit: Visit, product: Product) -> Callable[[str], Page]:
    """`ben(slug)`: the workflow in the browser of somebody else, who may change it."""

    def open_page(slug: str) -> Page:
        product.call("/api/v1/users/", {"username": "ben", "password": "ben-Password-1", "role": "normal"})
        product.call(f"/api/v1/workflows/{slug}/collaborators/", {"username": "ben", "role": "editor"})
        _, answer = product.call("/api/v1/auth/token/", {"username": "ben", "password": "ben-Password-1"})
        page = visit("/login", signed_in=False)
        page.evaluate("key => localStorage.setItem('pipelit.key', key)", answer["key"])
        page.goto(f"/workflows/{slug}")
        expect(page.locator(".react-flow__node").first).to_be_visible()
        return page

    return open_page


def set_label(product: Product, slug: str, **fields: Any) -> None:
    answer = product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": [{"op": "update_node", **fields}]})
    assert answer[0] == 200, answer


def test_people_see_each_other(visit: Visit, product: Product, ben: Callable[[str], Page], axe: str) -> None:
    made(product, "people", ("start", "trigger_manual", {}), ("a", "set", {}))
    one, two = visit("/workflows/people"), ben("people")
    expect(one.get_by_role("list", name="Also here")).to_contain_text("ben")
    expect(two.get_by_role("list", name="Also here")).to_contain_text("admin")
    node(two, "a").click()
    expect(node(one, "a").locator('[data-chosen-by="ben"]')).to_be_visible()
    node(one, "a").click()
    expect(one.get_by_text("ben edits this node too.")).to_be_visible()
    expect(two.get_by_text("admin edits this node too.")).to_be_visible()
    assert serious(one, axe) == []
    node(two, "start").hover()
    cursor = one.locator('[data-cursor="ben"]')
    expect(cursor).to_be_visible()
    there, here = node(one, "start").bounding_box(), cursor.bounding_box()
    assert there
    assert here  # where ben points on his canvas is on the same node of ours
    assert there["x"] <= here["x"] <= there["x"] + there["width"]
    assert there["y"] <= here["y"] <= there["y"] + there["height"]
    two.context.close()
    expect(one.get_by_role("list", name="Also here")).to_be_hidden()
    expect(cursor).to_be_hidden()


def test_the_same_field_changed_by_two_is_settled_field_by_field(visit: Visit, product: Product, axe: str) -> None:
    visit.allowed += ["412", "ERR_", "Failed to load"]  # type: ignore[attr-defined]
    ask = {"extra_config": {"prompt": "old prompt"}}
    made(product, "conflict", ("ask", "human_confirmation", ask))
    page = visit("/workflows/conflict")
    node(page, "ask").click()
    page.route(BULK, lambda route: route.abort())
    page.get_by_label("Question").fill("mine")
    page.get_by_label("Name", exact=True).fill("Named by me")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    set_label(
        product, "conflict", node_id="ask", config={"extra_config": {"prompt": "theirs", "on_expiry": "confirmed"}}
    )
    page.unroute(BULK)
    dialog = page.get_by_role("dialog", name='has changed "Named by me" meanwhile')
    expect(dialog.get_by_role("group", name="Question")).to_contain_text("mine")
    expect(dialog.get_by_role("group", name="Question")).to_contain_text("theirs")
    assert serious(page, axe) == []
    page.keyboard.press("Escape")  # later
    page.get_by_role("button", name="1 conflict to settle").click()
    dialog.get_by_role("radio", name="Mine").check()
    dialog.get_by_role("button", name="Use what is chosen").click()
    expect(page.get_by_label("Question")).to_have_text("mine")
    saved(page)
    stored = product.call("/api/v1/workflows/conflict/nodes/ask/")[1]
    assert stored["label"] == "Named by me"
    assert stored["config"]["extra_config"] == {"prompt": "mine", "on_expiry": "confirmed"}


def test_a_name_and_a_note_of_somebody_else_are_not_overwritten(visit: Visit, product: Product) -> None:
    visit.allowed += ["412", "ERR_", "Failed to load"]  # type: ignore[attr-defined]
    made(product, "two-names", ("a", "set", {}))
    note = {"id": "note-1", "kind": "note", "text": "old text", "color": "amber", "x": 20, "y": 260, "width": 220,
            "height": 120}  # fmt: skip
    bulk = "/api/v1/workflows/two-names/bulk/"
    assert product.call(bulk, {"operations": [{"op": "put_note", "note": note}]})[0] == 200
    page = visit("/workflows/two-names")
    node(page, "a").click()
    page.route(BULK, lambda route: route.abort())
    page.get_by_label("Name", exact=True).fill("Mine")
    node(page, "note-1").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-saving="offline"]')).to_be_visible()
    set_label(product, "two-names", node_id="a", label="Theirs")
    assert product.call(bulk, {"operations": [{"op": "put_note", "note": {**note, "text": "new text"}}]})[0] == 200
    page.unroute(BULK)
    dialog = page.get_by_role("dialog", name="meanwhile")
    expect(dialog.get_by_role("group", name="Name")).to_contain_text("Theirs")
    dialog.get_by_role("button", name="Keep mine").click()
    saved(page)
    assert product.call("/api/v1/workflows/two-names/nodes/a/")[1]["label"] == "Mine"
    (kept,) = product.call("/api/v1/workflows/two-names/")[1]["notes"]
    assert (kept["text"], kept["x"] > 20) == ("new text", True)


def test_a_note_written_by_two_at_a_time_is_settled(
    visit: Visit, product: Product, ben: Callable[[str], Page], axe: str
) -> None:
    visit.allowed += ["409"]  # type: ignore[attr-defined]
    made(product, "two-write", ("a", "set", {}))
    note = {"id": "note-1", "kind": "note", "text": "old text", "color": "amber", "x": 20, "y": 260, "width": 220,
            "height": 120}  # fmt: skip
    bulk = "/api/v1/workflows/two-write/bulk/"
    assert product.call(bulk, {"operations": [{"op": "put_note", "note": note}]})[0] == 200
    one, two = visit("/workflows/two-write"), ben("two-write")
    for page, text in ((one, "by admin"), (two, "by ben")):
        node(page, "note-1").click()
        page.keyboard.press("Enter")
        page.get_by_label("Text of the note").fill(text)  # both write over the old one
    two.keyboard.press("Escape")
    saved(two)
    expect(two.get_by_label("Text of the note")).to_be_hidden()
    one.keyboard.press("Escape")
    dialog = one.get_by_role("dialog", name='ben has changed "Note: by ben" meanwhile')
    text = dialog.get_by_role("group", name="Text")
    expect(text).to_contain_text("by admin")
    expect(text).to_contain_text("by ben")
    assert serious(one, axe) == []
    dialog.get_by_role("button", name="Keep mine").click()
    saved(one)
    expect(node(two, "note-1")).to_contain_text("by admin")
    (kept,) = product.call("/api/v1/workflows/two-write/")[1]["notes"]
    assert kept["text"] == "by admin"


def shown(page: Page) -> tuple[Any, Any]:
    """The graph as the page has it: what copying everything gives."""
    page.locator(".react-flow__pane").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+a")
    clip = json.loads(page.evaluate(COPY))
    nodes = {one["node_id"]: (one["label"], one["config"], one["position_x"]) for one in clip["nodes"]}
    return nodes, sorted((one["source"], one["target"], one["label"]) for one in clip["edges"])


def stored(product: Product, slug: str) -> tuple[Any, Any]:
    graph = product.call(f"/api/v1/workflows/{slug}/")[1]
    nodes = {one["node_id"]: (one["label"], one["config"], one["position_x"]) for one in graph["nodes"]}
    return nodes, sorted((e["source_node_id"], e["target_node_id"], e["edge_label"]) for e in graph["edges"])


def test_what_others_delete_while_one_is_at_it_can_be_brought_back(
    visit: Visit, product: Product, ben: Callable[[str], Page]
) -> None:
    made(product, "deleted", ("start", "trigger_manual", {}), ("a", "set", {}), edges=[("start", "a", "")])
    memo = {"id": "note-1", "kind": "note", "text": "Begin", "x": 0, "y": 260, "width": 220, "height": 120}
    product.call("/api/v1/workflows/deleted/bulk/", {"operations": [{"op": "put_note", "note": memo}]})
    one, two = visit("/workflows/deleted"), ben("deleted")
    node(one, "note-1").dblclick()
    one.get_by_label("Text of the note").fill("Half a sentence")
    node(two, "note-1").click()
    two.keyboard.press("Delete")
    told = one.get_by_text('ben has deleted "Note: Begin", on which you worked.')
    expect(told).to_be_visible()
    one.get_by_role("button", name="Bring it back").click()
    expect(node(two, "note-1")).to_contain_text("Half a sentence")
    node(one, "a").click()
    expect(one.get_by_role("complementary", name="Node a")).to_be_visible()
    node(two, "a").click()
    two.locator(".react-flow__pane").press("Delete")
    expect(one.get_by_text('ben has deleted "a", on which you worked.')).to_be_visible()
    one.get_by_role("button", name="Bring it back").last.click()
    expect(two.locator(".react-flow__edge")).to_have_count(1)


def test_quick_edits_of_two_lose_nothing(visit: Visit, product: Product, ben: Callable[[str], Page]) -> None:
    """New nodes under the same ids, one node's name and config, renames and moves: all at once, for some rounds."""
    visit.allowed += ["409", "412"]  # type: ignore[attr-defined]
    made(product, "busy", ("start", "trigger_manual", {}), ("a", "transform", {}), edges=[("start", "a", "")])
    one, two = visit("/workflows/busy"), ben("busy")
    for page in (one, two):
        node(page, "a").click()
    rounds = 6
    for number in range(rounds):
        for page, field in ((one, "Name"), (two, "Template")):
            node(page, "a").click()
            page.get_by_label(field, exact=True).press("End")
            page.keyboard.type(f"{number}")
            node(page, "a").click()
            page.keyboard.press("Control+d")  # both make a copy: of the same name, if they are quick
            page.keyboard.press("ArrowRight")
    for page in (one, two):
        saved(page)
    nodes, edges = stored(product, "busy")
    assert len(nodes) == 2 + 2 * rounds
    digits = "".join(map(str, range(rounds)))
    assert (nodes["a"][0], nodes["a"][1]["extra_config"]["template"]) == (digits, digits)
    for page in (one, two):
        expect(page.locator(".react-flow__node")).to_have_count(len(nodes))
        page.wait_for_function("document.querySelector('[data-saving=saved]')")
        assert shown(page) == (nodes, edges)


def test_what_changes_while_the_page_loads_is_not_missed(visit: Visit, product: Product) -> None:
    made(product, "loading", ("start", "trigger_manual", {}))
    page = visit("/executions")

    def late(route: Route) -> None:
        answer = route.fetch()  # read before the change
        operations = [{"op": "create_node", "node_id": "late", "component_type": "set"}]
        assert product.call("/api/v1/workflows/loading/bulk/", {"operations": operations})[0] == 200
        route.fulfill(response=answer)

    page.route("**/api/v1/workflows/loading/", late, times=1)
    page.goto("/workflows/loading")
    expect(node(page, "late")).to_be_visible()
