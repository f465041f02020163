"""Journeys through executions: the live list, a run in detail, running again, comparing, large values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.launcher import Product

from .seeds import edit, node, park, run, workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RULE = {"id": "one", "field": "trigger.payload.n", "operator": "equals", "value": 1}


@pytest.fixture(scope="module")
def checked(product: Product) -> str:
    """A workflow that fails unless n is 1."""
    fields = {"values": {"n": "{{ trigger.payload.n }}"}}
    check = node("check", "assertion", rules=[RULE])
    workflow(product, "checked", node("go", "trigger_manual"), node("keep", "set", **fields), check, tags=["tests"])
    return "checked"


def steps(page: Page) -> list[str]:
    return page.locator("main ol > li > button").all_inner_texts()


def test_the_list_changes_with_events_alone(visit: Callable[..., Page], product: Product, checked: str) -> None:
    run(product, checked, n=1)
    page = visit(f"/executions?workflow={checked}")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Completed")
    before = rows.count()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/executions/?" in request.url else None)
    for n in (0, 1, 0):
        run(product, checked, n=n)
    expect(rows).to_have_count(before + 3)
    expect(rows.first).to_contain_text("it is 0")
    assert len(asked) <= 3, "one request for a burst of events, not one for each"


def test_filters_and_deletion(visit: Callable[..., Page], product: Product, checked: str) -> None:
    run(product, checked, n=0)
    page = visit(f"/executions?workflow={checked}")
    page.get_by_label("Status", exact=True).select_option("failed")
    page.get_by_label("Trigger", exact=True).select_option("trigger_manual")
    expect(page.get_by_text("Completed", exact=True)).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text("Failed")
    total = page.locator("tbody tr").count()
    page.locator("tbody tr").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete 1").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.locator("tbody tr")).to_have_count(total - 1)
    page.get_by_label("From").fill("2001-01-01")
    page.get_by_label("To").fill("2001-01-02")
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("tbody tr").first).to_be_visible()


def test_a_step_from_inside_and_running_again_from_it(
    visit: Callable[..., Page], product: Product, checked: str
) -> None:
    failed = run(product, checked, n=0)
    page = visit(f"/executions/{failed}")
    expect(page.get_by_role("alert").first).to_contain_text("it is 0")
    page.get_by_role("button", name="Success keep").click()
    expect(page.get_by_text('"n": 0').last).to_be_visible()
    page.get_by_role("button", name="Run on with another output").click()
    page.get_by_label("Output", exact=True).fill("no json")
    expect(page.get_by_role("dialog").get_by_text("No valid JSON yet")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Run again from here").click()
    expect(page.get_by_text("Runs another one again")).to_be_visible()
    page.get_by_text("Compare with it").click()
    expect(page.get_by_text("All steps are the same.")).to_be_visible()


def test_running_with_another_input_and_comparing(visit: Callable[..., Page], product: Product, checked: str) -> None:
    failed = run(product, checked, n=0)
    page = visit(f"/executions/{failed}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Run with another input").click()
    page.get_by_label("Payload").fill('{"n": 1}')
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_text("Completed").first).to_be_visible()
    assert failed not in page.url
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Compare").click()
    page.get_by_label("The other run").select_option(failed)
    expect(page.locator(f'option[value="{failed}"]')).to_contain_text(failed[:8])
    both = page.get_by_role("list", name="Steps of both runs")
    expect(both.get_by_role("button")).to_have_count(3)
    expect(both).to_contain_text("ended otherwise")
    both.get_by_role("button", name="keep").click()
    output = both.get_by_role("region", name="Output", exact=True)
    expect(output.get_by_text('+     "n": 1')).to_be_visible()
    expect(output.get_by_text('−     "n": 0')).to_be_visible()


def test_what_differs_is_what_a_reply_was_given(visit: Callable[..., Page], product: Product) -> None:
    keep = node("keep", "set", values={"n": "{{ trigger.payload.n }}"})
    said = node("say", "reply", text="It is {{ keep.output.n }}")
    workflow(product, "replied", node("go", "trigger_manual"), keep, said)
    first = run(product, "replied", n=1)
    rerun = {"from_step": "keep", "edits": {"keep": {"output": {"n": 2}}}}
    status, made = product.call(f"/api/v1/executions/{first}/rerun/", rerun)
    assert status in (200, 202), made
    again = str(made["execution_id"])
    product.wait(lambda: product.call(f"/api/v1/executions/{again}/")[1]["status"] == "completed")
    assert product.call(f"/api/v1/executions/{first}/")[1]["final_output"] == "It is 1"
    page = visit(f"/executions/{again}?with={first}")
    expect(page.locator(f'option[value="{first}"]')).to_contain_text("which this one runs again")
    final = page.get_by_role("region", name="Final output", exact=True)
    expect(final).to_contain_text("− It is 1")
    expect(final).to_contain_text("+ It is 2")
    both = page.get_by_role("list", name="Steps of both runs")
    expect(both.get_by_role("button", name="say")).to_contain_text("other input")


def test_save_as_test(visit: Callable[..., Page], product: Product, checked: str) -> None:
    page = visit(f"/executions/{run(product, checked, n=1)}")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download as test case").click()
    case = json.loads(Path(download.value.path()).read_text())
    assert case["input"]["payload"] == {"n": 1}
    assert case["expect"]["status"] == "completed"


def test_what_was_called_opens_in_place(visit: Callable[..., Page], product: Product) -> None:
    doubled = node("make", "set", values={"doubled": "{{ trigger.payload.n * 2 }}"})
    workflow(product, "callee", node("start", "trigger_workflow"), doubled)
    calling = node("calling", "workflow", target_workflow="callee", input_mapping={"n": "{{ trigger.payload.n }}"})
    workflow(product, "caller", node("go", "trigger_manual"), calling)
    page = visit(f"/executions/{run(product, 'caller', n=4)}")
    page.get_by_role("button", name="Steps of callee").click()
    page.get_by_role("button", name="Success make").click()
    expect(page.get_by_text('"doubled": 8').last).to_be_visible()


def test_more_than_a_thousand_steps(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "many", node("go", "trigger_manual"))
    if len(product.call("/api/v1/workflows/many/nodes/")[1]) == 1:
        loop = node("each_one", "loop", items="{{ range(600) | list }}")
        body = node("each", "set", values={"i": "{{ loop.item }}"})
        ends = [("go", "each_one", ""), ("each_one", "each", "loop_body"), ("each", "each_one", "loop_return")]
        edges = [
            {"op": "create_edge", "source_node_id": source, "target_node_id": target, "edge_label": label}
            for source, target, label in ends
        ]
        operations = [loop, body, *edges]
        assert product.call("/api/v1/workflows/many/bulk/", {"operations": operations})[0] == 200
    page = visit(f"/executions/{run(product, 'many')}")
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages).to_contain_text("1–200 of")
    pages.get_by_role("button", name="Older").click()
    expect(pages).to_contain_text("201–400 of")
    page.get_by_label("Search the steps").fill("each_one[599]/each")
    expect(page.get_by_role("button", name="each", exact=False).and_(page.locator("main ol button"))).to_have_count(1)
    page.get_by_label("Search the steps").fill("nowhere")
    expect(page.get_by_text("No step fits.")).to_be_visible()


def test_a_large_value_is_loaded_on_request(visit: Callable[..., Page], product: Product) -> None:
    text = "lorem ipsum " * 450_000
    workflow(
        product,
        "large-value",
        node("go", "trigger_manual"),
        node("after", "set", values={"n": 1}) | {"position_x": 260},
    )
    page = visit(f"/executions/{run(product, 'large-value', text=text)}")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/values/" in request.url else None)
    page.locator('.react-flow__node[data-id="go"]').click()
    expect(page.get_by_role("complementary", name="Step go", exact=True)).to_contain_text("5.1 MB, kept apart")
    page.get_by_role("button", name="Success go").click()
    expect(page.get_by_text("5.1 MB, kept apart").first).to_be_visible()
    assert asked == []
    page.get_by_role("button", name="Load", exact=True).first.click()
    expect(page.get_by_role("button", name="Show more").first).to_be_visible()
    assert len(asked) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).last.click()
    assert text in Path(download.value.path()).read_text()


def test_the_canvas_stays_as_it_is_looked_at(visit: Callable[..., Page], product: Product) -> None:
    fields = {"values": {"n": "{{ trigger.payload.n }}"}}
    nodes = [node("go", "trigger_manual"), node("keep", "set", **fields), node("ask", "human_confirmation", prompt="?")]
    nodes.append(node("check", "assertion", rules=[RULE]))
    workflow(product, "watched-canvas", *[one | {"position_x": 260 * place} for place, one in enumerate(nodes)])
    note = {"id": "note-why", "kind": "note", "text": "Read this first", "x": 0, "y": 200, "width": 200, "height": 100}
    edit(product, "watched-canvas", {"op": "put_note", "note": note})
    started = product.call("/api/v1/workflows/watched-canvas/execute/", {"payload": {"n": 0}})[1]["execution_id"]
    path = f"/api/v1/executions/{started}/"
    product.wait(lambda: product.call(path)[1]["status"] == "interrupted")
    page = visit(f"/executions/{started}")
    expect(page.locator(".react-flow__node", has_text="Read this first")).to_be_visible()
    page.locator('.react-flow__node[data-id="keep"]').click()
    step = page.get_by_role("complementary", name="Step keep", exact=True)
    expect(step.get_by_text('"n": 0').first).to_be_visible()
    place = "document.querySelector('.react-flow__viewport').style.transform"
    before = page.evaluate(place)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(f"before => {place} !== before", arg=before)
    looked = page.evaluate(place)
    (task,) = product.call(path)[1]["pending_tasks"]
    product.call(f"/api/v1/tasks/{task['id']}/respond/", {"decision": "confirmed"})
    expect(page.locator('.react-flow__node[data-id="check"] [data-status="failed"]')).to_be_attached()
    expect(step).to_be_visible()
    assert page.evaluate(place) == looked
    page.locator('.react-flow__node[data-id="check"]').click()
    failed = page.get_by_role("complementary", name="Step check", exact=True)
    expect(failed).to_contain_text("assertion_failed")


def test_stopping_asks_first(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "cancelled-here", node("go", "trigger_manual"), node("hold", "wait", duration=600))
    started = product.call("/api/v1/workflows/cancelled-here/execute/", {})[1]["execution_id"]
    path = f"/api/v1/executions/{started}/"
    product.wait(lambda: product.call(path)[1]["status"] == "waiting")
    page = visit(f"/executions/{started}")
    stop = page.get_by_role("button", name="Stop the run", exact=True)
    dialog = page.get_by_role("alertdialog", name="Stop this run?")
    stop.click()
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(dialog).to_be_hidden()
    assert product.call(path)[1]["status"] == "waiting"
    stop.click()
    dialog.get_by_role("button", name="Stop it").click()
    product.wait(lambda: product.call(path)[1]["status"] == "cancelled")
    expect(dialog).to_be_hidden()
    expect(stop).to_be_hidden()


def test_one_iteration_with_another_output_and_who_answered(visit: Callable[..., Page], product: Product) -> None:
    inner, edge = node("double", "set", values={"n": "{{ loop.item * 2 }}"}), {"op": "create_edge"}
    each = node("each", "loop", items="{{ [1, 2] }}")
    workflow(product, "iterated", node("go", "trigger_manual"), each, node("ask", "human_confirmation", prompt="Fine?"))
    edit(product, "iterated", inner,
         {**edge, "source_node_id": "each", "target_node_id": "double", "edge_label": "loop_body"},
         {**edge, "source_node_id": "double", "target_node_id": "each", "edge_label": "loop_return"})  # fmt: skip
    execution = park(product, "iterated")
    page = visit(f"/executions/{execution}")
    expect(page.get_by_role("button", name="Stop the run", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Reject", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=f"Iterated, execution {execution[:8]}")).to_be_visible()
    page.get_by_label("Comment").fill("Yes, it is")
    page.get_by_role("button", name="Confirm", exact=True).click()
    product.wait(lambda: product.call(f"/api/v1/executions/{execution}/")[1]["status"] == "completed")
    expect(page.get_by_role("button", name=re.compile(r"double \[[01]\]"))).to_have_count(2)
    page.get_by_role("button", name="Success ask").click()
    waiting = page.get_by_role("list", name="Waiting")
    expect(waiting).to_contain_text("confirmed by admin")
    expect(waiting).to_contain_text("Yes, it is")
    page.locator("main ol > li").filter(has=page.locator('[title="each[1]/double"]')).get_by_role("button").click()
    page.get_by_role("button", name="Run on with another output").nth(1).click()
    page.get_by_label("Output", exact=True).fill('{"output": {"n": 40}, "n": 40}')
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_text("Runs another one again")).to_be_visible()
    page.locator("main ol > li").filter(has=page.locator('[title="each[1]/double"]')).get_by_role("button").click()
    expect(page.get_by_text('"n": 40').last).to_be_visible()


def test_the_list_scrolls_in_one_place(visit: Callable[..., Page], product: Product) -> None:
    workflow(product, "narrow-list", node("go", "trigger_manual"))
    run(product, "narrow-list")
    page = visit("/executions")
    for width in (1440, 1024, 1000, 800, 768, 700, 640, 390):
        page.set_viewport_size({"width": width, "height": 700})
        table = page.get_by_role("table")
        expect(table.get_by_role("link").first).to_be_visible()
        outside = "table => table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right"
        assert not table.evaluate(outside), width


def test_the_panel_of_a_step_on_the_canvas(visit: Callable[..., Page], product: Product) -> None:
    inner, edge = node("double", "set", values={"n": "{{ loop.item * 2 }}"}), {"op": "create_edge"}
    workflow(product, "looked-into", node("go", "trigger_manual"), node("each", "loop", items="{{ [1, 2, 4] }}"))
    edit(product, "looked-into", inner | {"position_x": 900},
         {**edge, "source_node_id": "each", "target_node_id": "double", "edge_label": "loop_body"},
         {**edge, "source_node_id": "double", "target_node_id": "each", "edge_label": "loop_return"})  # fmt: skip
    page = visit(f"/executions/{run(product, 'looked-into')}")
    shown = page.locator('.react-flow__node[data-id="double"]')
    shown.click()
    panel = page.get_by_role("complementary", name="Step double", exact=True)
    expect(panel.get_by_text('"n": 8').first).to_be_visible()
    side = panel.bounding_box()
    assert side
    page.wait_for_function(
        """border => {
            const node = document.querySelector('.react-flow__node[data-id="double"]');
            return node.getBoundingClientRect().right <= border;
        }""",
        arg=side["x"],
    )
    panel.get_by_label("Iteration").select_option("Iteration [0]")
    expect(panel.get_by_text('"n": 2').first).to_be_visible()
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(panel).to_be_hidden()
    shown.click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
