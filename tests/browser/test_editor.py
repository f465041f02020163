"""Journeys in the editor, with a real server, a real worker and a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_pages import serious
from tests.e2e.launcher import Product

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Visit = Callable[..., Page]


def node(page: Page, node_id: str) -> Any:
    return page.locator(f'.react-flow__node[data-id="{node_id}"]')


def saved(page: Page) -> None:
    expect(page.locator('[data-saving="saved"]')).to_be_visible()


def add(page: Page, name: str) -> None:
    """By the palette, as somebody who types."""
    page.get_by_role("button", name="Add node").click()
    page.get_by_role("combobox", name="Find a node type").fill(name)
    page.keyboard.press("Enter")


def create(page: Page, name: str) -> None:
    page.get_by_role("button", name="New workflow").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("An empty canvas")).to_be_visible()


def made(product: Product, slug: str, *nodes: tuple[str, str, dict[str, Any]], edges: Any = ()) -> None:
    """A workflow by the API."""
    product.call("/api/v1/workflows/", {"name": slug, "slug": slug})
    operations: list[dict[str, Any]] = [
        {"op": "create_node", "node_id": name, "component_type": kind, "config": config, "position_x": 260 * i,
         "position_y": 100}
        for i, (name, kind, config) in enumerate(nodes)
    ]  # fmt: skip
    operations += [
        {"op": "create_edge", "source_node_id": a, "target_node_id": b, "edge_label": label} for a, b, label in edges
    ]
    status, answer = product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": operations})
    assert status == 200, answer


def test_signing_in_and_out(visit: Visit) -> None:
    visit.allowed.append("401")  # type: ignore[attr-defined]
    page = visit("/executions", signed_in=False)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Executions")).to_be_visible()
    page.get_by_role("button", name="Account admin").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()


def test_from_nothing_to_a_chat_agent_with_a_tool(visit: Visit) -> None:
    """As a new user would: by mouse and keyboard alone."""
    page = visit("/")
    create(page, "My agent")
    page.get_by_role("button", name="Add a trigger").click()
    page.get_by_role("combobox", name="Find a node type").fill("chat")
    page.keyboard.press("Enter")
    expect(node(page, "chat")).to_be_visible()
    add(page, "agent")  # beside the chosen node, and connected to it
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    page.keyboard.press("Escape")
    node(page, "agent").click()
    for handle, name in (("llm", "model"), ("tool", "calculator")):
        knob = node(page, "agent").locator(f'.react-flow__handle[data-handleid="{handle}"]')
        knob.hover()  # waits until it stands still
        box = knob.bounding_box()
        assert box
        page.mouse.down()
        page.mouse.move(box["x"] + (0 if handle == "llm" else 160), box["y"] + 130, steps=8)
        page.mouse.up()
        page.get_by_role("combobox", name="Find a node type").fill(name)
        page.keyboard.press("Enter")
    expect(page.locator(".react-flow__edge")).to_have_count(3)
    node(page, "ai_model").click()
    page.get_by_label("Credential", exact=True).select_option("Demo model")
    page.get_by_label("Model", exact=True).fill("demo")
    saved(page)
    page.get_by_role("button", name="Chat").click()
    page.get_by_role("textbox", name="Message").fill("What is 6 * 7?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("42", timeout=30_000)
    expect(node(page, "agent").locator('[data-status="success"]')).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Chat", exact=True).click()
    expect(page.get_by_role("log").get_by_text("calculator {")).to_be_visible()


def test_running_shows_each_step(visit: Visit, product: Product) -> None:
    steps = [
        ("start", "trigger_manual", {}),
        ("sum", "set", {"extra_config": {"values": {"n": "{{ trigger.payload.n + 1 }}"}}}),
    ]
    made(product, "run-it", *steps, edges=[("start", "sum", "")])
    page = visit("/workflows/run-it")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run")
    expect(panel.get_by_label("Text")).to_be_focused()  # an expression uses what it is given
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("trigger.payload.n")
    expect(node(page, "sum").locator('[data-status="failed"]')).to_be_visible()
    panel.get_by_role("alert").get_by_role("button", name="sum").click()
    failed = page.get_by_role("complementary", name="Node sum").get_by_role("tabpanel", name="Last run")
    expect(failed.get_by_role("alert")).to_contain_text("trigger.payload.n")
    page.get_by_role("button", name="Back to the panel").click()
    panel.get_by_label("Payload").fill('{"n": 41}')
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.locator("pre")).to_contain_text("42")
    node(page, "start").click()  # before the panel, which stays as it is
    expect(page.get_by_role("complementary", name="Node start")).to_be_visible()
    inspector = page.get_by_role("complementary", name="Node sum")
    badge = node(page, "sum").get_by_role("button", name="Success: show the last run of sum")
    badge.press("Enter")
    expect(inspector.get_by_role("tabpanel", name="Last run")).to_contain_text('"n": 42')
    inspector.get_by_role("button", name="Back to the panel").click()
    expect(panel.get_by_label("Payload")).to_have_value('{"n": 41}')
    panel.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="run-it")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Success sum")).click()
    expect(page.get_by_text('"n": 42').first).to_be_visible()


def test_a_run_is_given_what_the_form_of_its_trigger_asks_for(visit: Visit, product: Product, axe: str) -> None:
    asked = {
        "type": "object",
        "required": ["who", "size"],
        "properties": {
            "who": {"type": "string", "title": "Who"},
            "size": {"type": "integer", "title": "Size", "enum": [1, 2]},
            "loud": {"type": "boolean", "title": "Loud"},
            "why": {"type": "string", "title": "Why", "minLength": 3},
        },
    }
    given = ("given", "set", {"extra_config": {"values": {"it": "{{ trigger.payload }}"}}})
    start = ("start", "trigger_manual", {"extra_config": {"input_schema": asked}})
    made(product, "asked-by-form", start, given, edges=[("start", "given", "")])
    page = visit("/workflows/asked-by-form")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run", exact=True)
    form = panel.get_by_role("region", name="Payload")
    expect(form.get_by_label("Who", exact=True)).to_be_focused()
    expect(form.get_by_text("This is needed.")).to_have_count(0)
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(form.get_by_text("This is needed.")).to_have_count(2)
    assert serious(page, axe) == []
    form.get_by_label("Who", exact=True).fill("Ada")
    form.get_by_label("Size", exact=True).select_option("2")
    form.get_by_label("Why", exact=True).fill("x")
    expect(form.get_by_text("At least 3 characters.")).to_be_visible()
    form.get_by_label("Why", exact=True).fill("")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.locator("pre")).to_contain_text('"who": "Ada"')
    (done,) = product.call("/api/v1/executions/?workflow_slug=asked-by-form")[1]["items"]  # none ran before it fitted
    ran = product.call(f"/api/v1/executions/{done['execution_id']}/")[1]
    assert ran["trigger_payload"]["payload"] == {"who": "Ada", "size": 2, "loud": False}


def test_a_run_that_waits_is_stopped(visit: Visit, product: Product) -> None:
    ask = ("ask", "human_confirmation", {"extra_config": {"prompt": "Go on?"}})
    made(product, "stopped", ("start", "trigger_manual", {}), ask, edges=[("start", "ask", "")])
    page = visit("/workflows/stopped")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run", exact=True)
    answer = panel.get_by_role("link", name="It waits for a person: answer it")
    expect(answer).to_have_attribute("href", re.compile("/executions/.+"))
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(panel.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(panel.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    (ran,) = product.call("/api/v1/executions/?workflow_slug=stopped")[1]["items"]
    assert ran["status"] == "cancelled"


def test_the_run_panel_shows_the_tools_that_are_called(visit: Visit, product: Product) -> None:
    (demo,) = [one for one in product.call("/api/v1/credentials/")[1]["items"] if one["name"] == "Demo model"]
    model = {"llm_credential_id": demo["id"], "model_name": "demo"}
    asks = {"extra_config": {"input_template": "What is 6 * 7?"}}
    made(
        product,
        "shows-tools",
        ("start", "trigger_manual", {}),
        ("agent", "agent", asks),
        ("model", "ai_model", model),
        ("sums", "calculator", {}),
        edges=[("start", "agent", ""), ("model", "agent", "llm"), ("sums", "agent", "tool")],
    )
    page = visit("/workflows/shows-tools")
    page.get_by_role("button", name="Run", exact=True).first.click()
    panel = page.get_by_role("complementary", name="Run", exact=True)
    expect(panel.get_by_text(re.compile(r"^calculator .*6 \* 7.* Success$"))).to_be_visible()
    expect(panel.locator("pre")).to_contain_text("42")


def test_a_chat_asks_waits_and_answers_in_the_end(visit: Visit, product: Product) -> None:
    """An approval that is answered in the chat, then a pause that parks the run: neither is an end."""
    made(
        product,
        "asking",
        ("start", "trigger_chat", {}),
        ("ask", "human_confirmation", {"extra_config": {"prompt": "Shall it go on?"}}),
        ("pause", "wait", {"extra_config": {"duration": 6}}),
        ("say", "reply", {"extra_config": {"text": "It went on."}}),
        edges=[("start", "ask", ""), ("ask", "pause", ""), ("pause", "say", "")],
    )
    page = visit("/workflows/asking")
    page.get_by_role("button", name="Chat", exact=True).click()
    chat = page.get_by_role("complementary", name="Chat")
    log = chat.get_by_role("log")
    for said, answer in (("hello", "Shall it go on?"), ("yes", "It went on.")):
        chat.get_by_label("Message").fill(said)
        chat.get_by_label("Message").press("Enter")
        expect(log.get_by_text(answer)).to_have_count(1)
    expect(log.get_by_text("error:")).to_have_count(0)
    expect(log.locator("div.bg-hover, div.bg-accent")).to_have_count(4)


def test_undo_paste_and_reload(visit: Visit, product: Product) -> None:
    made(product, "edits", ("start", "trigger_manual", {}), ("a", "set", {}), edges=[("start", "a", "")])
    page = visit("/workflows/edits")
    node(page, "a").click()
    page.keyboard.press("Delete")
    expect(page.locator(".react-flow__node")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__node")).to_have_count(2)
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    node(page, "a").click()
    page.keyboard.press("Control+d")
    expect(node(page, "a_2")).to_be_visible()
    saved(page)
    page.reload()
    expect(page.locator(".react-flow__node")).to_have_count(3)
    node(page, "a_2").click()
    page.get_by_role("textbox", name="Id").fill("renamed")
    page.keyboard.press("Enter")
    expect(node(page, "renamed")).to_be_visible()
    saved(page)
    names = {one["node_id"] for one in product.call("/api/v1/workflows/edits/nodes/")[1]}
    assert names == {"start", "a", "renamed"}


def test_two_browsers_edit_one_workflow(visit: Visit, product: Product) -> None:
    made(product, "both", ("start", "trigger_manual", {}), ("a", "set", {}), edges=[("start", "a", "")])
    one, two = visit("/workflows/both"), visit("/workflows/both")
    expect(node(two, "a")).to_be_visible()
    node(one, "a").click()
    one.get_by_label("Name", exact=True).fill("From one")
    expect(node(two, "a")).to_contain_text("From one")
    node(two, "start").click()
    two.get_by_label("Name", exact=True).fill("From two")
    expect(node(one, "start")).to_contain_text("From two")
    saved(one)
    saved(two)
    labels = {item["node_id"]: item["label"] for item in product.call("/api/v1/workflows/both/nodes/")[1]}
    assert labels == {"start": "From two", "a": "From one"}


def test_a_question_is_answered_in_the_inbox(visit: Visit, product: Product) -> None:
    ask = {"extra_config": {"prompt": "Ship <b>it</b>?"}}
    made(
        product,
        "asks",
        ("start", "trigger_manual", {}),
        ("ask", "human_confirmation", ask),
        edges=[("start", "ask", "")],
    )
    started = product.call("/api/v1/workflows/asks/execute/", {})[1]
    path = f"/api/v1/executions/{started['execution_id']}/"
    product.wait(lambda: product.call(path)[1]["status"] == "interrupted")
    page = visit("/tasks?workflow=asks")
    expect(page.get_by_text("Ship <b>it</b>?")).to_be_visible()
    page.get_by_label("Comment").fill("go")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="None fits")).to_be_visible()
    product.wait(lambda: product.call(path)[1]["status"] == "completed")


def test_hostile_texts_are_shown_as_text(visit: Visit, product: Product) -> None:
    evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
    made(product, "evil", ("start", "trigger_manual", {}), ("a", "set", {"extra_config": {"values": {"x": evil}}}),
         edges=[("start", "a", "")])  # fmt: skip
    product.call("/api/v1/workflows/evil/bulk/", {"operations": [{"op": "update_node", "node_id": "a", "label": evil}]})
    started = product.call("/api/v1/workflows/evil/execute/", {"wait": 20})[1]
    for path in ("/workflows/evil", f"/executions/{started['execution_id']}"):
        page = visit(path)
        expect(page.get_by_text("<img").first).to_be_visible()
        assert "owned" not in page.title()


def test_what_is_pasted_is_nodes_or_nothing(visit: Visit, product: Product) -> None:
    visit.allowed.append("422")  # type: ignore[attr-defined]
    made(product, "paste", ("start", "trigger_manual", {}))
    page = visit("/workflows/paste")
    expect(node(page, "start")).to_be_visible()
    paste = """text => {
        const data = new DataTransfer(); data.setData('text/plain', text);
        window.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
    }"""
    for text in ("hello", '{"pipelit": 1}', "x" * 2_000_000):
        page.evaluate(paste, text)
    page.evaluate(paste, '{"pipelit":1,"nodes":[null],"edges":[]}')
    expect(page.get_by_text("What is on the clipboard is damaged").first).to_be_visible()
    expect(page.locator(".react-flow__node")).to_have_count(1)
    future = {"node_id": "start", "component_type": "from_the_future", "label": "", "config": {}}
    clip = json.dumps({"pipelit": 1, "edges": [], "nodes": [{**future, "position_x": 0, "position_y": 0}]})
    page.evaluate(paste, clip)
    expect(page.get_by_text("no component type").first).to_be_visible()  # the server's sentence
    expect(page.locator(".react-flow__node")).to_have_count(1)  # and it is taken back


def test_an_earlier_value_is_put_into_an_expression(visit: Visit, product: Product) -> None:
    first = ("first", "set", {"extra_config": {"values": {"n": "{{ 40 + 1 }}"}}})
    made(product, "names", ("start", "trigger_manual", {}), first, ("second", "transform", {}),
         edges=[("start", "first", ""), ("first", "second", "")])  # fmt: skip
    product.call("/api/v1/workflows/names/bulk/", {"operations": [
        {"op": "update_node", "node_id": "second", "config": {"extra_config": {"template": "x"}}}]})  # fmt: skip
    product.call("/api/v1/workflows/names/execute/", {"wait": 20, "version": "draft"})
    page = visit("/workflows/names")
    node(page, "second").click()
    template = page.get_by_label("Template")
    template.fill("")
    template.locator("xpath=ancestor::*[@data-field]").get_by_role("button", name="Insert").click()
    page.get_by_role("menuitem", name="first.output").click()
    expect(template).to_have_text("{{ first.output }}")
    expect(page.get_by_text('= {"n":41}')).to_be_visible()
    saved(page)


def test_the_picker_writes_into_the_editor_that_came_meanwhile(visit: Visit, product: Product) -> None:
    made(product, "slow-editor", ("start", "trigger_manual", {}), ("second", "transform", {}),
         edges=[("start", "second", "")])  # fmt: skip
    visit.allowed.append("409")  # type: ignore[attr-defined]  # a preview without a run
    page = visit("/workflows/slow-editor")
    held: list[Route] = []
    page.route("**/assets/code-editor-*.js", lambda route: held.append(route))
    with page.expect_request("**/assets/code-editor-*.js"):
        node(page, "second").click()
    template = page.get_by_role("textbox", name="Template")
    template.locator("xpath=ancestor::*[@data-field]").get_by_role("button", name="Insert").click()
    with page.expect_response("**/assets/code-editor-*.js"):
        for route in held:
            route.continue_()
    expect(page.locator("[data-field] .cm-content").first).to_be_attached()
    page.get_by_role("menuitem").first.click()
    expect(template).to_have_text("{{ trigger.payload }}")
    saved(page)


def test_a_secret_is_written_and_never_shown(visit: Visit, product: Product) -> None:
    made(product, "kept", ("hook", "trigger_webhook", {"extra_config": {"path": "in"}}))
    page = visit("/workflows/kept")
    node(page, "hook").click()
    secret = page.get_by_label("Secret", exact=True)
    secret.fill("canary-secret")
    secret.press("Enter")
    expect(secret).to_have_value("")
    expect(secret).to_have_attribute("placeholder", "Set. Type to replace it.")
    saved(page)
    (drawn,) = product.call("/api/v1/workflows/kept/")[1]["nodes"]
    assert drawn["config"]["extra_config"]["secret"].startswith("sealed.")
    page.get_by_role("button", name="Remove the secret").click()
    expect(secret).not_to_have_attribute("placeholder", re.compile("Set"))
    page.keyboard.press("Control+z")
    expect(secret).to_have_attribute("placeholder", "Set. Type to replace it.")
    saved(page)
    (again,) = product.call("/api/v1/workflows/kept/")[1]["nodes"]
    assert again["config"]["extra_config"]["secret"] == drawn["config"]["extra_config"]["secret"]


def test_a_past_run_is_replayed_on_the_graph_that_it_ran(visit: Visit, product: Product) -> None:
    step = ("old", "set", {"extra_config": {"values": {"n": "{{ 6 * 7 }}"}}})
    made(product, "past", ("start", "trigger_manual", {}), step, edges=[("start", "old", "")])
    started = product.call("/api/v1/workflows/past/execute/", {"wait": 20})[1]
    product.call("/api/v1/workflows/past/bulk/", {"operations": [{"op": "delete_node", "node_id": "old"}]})
    page = visit(f"/executions/{started['execution_id']}")
    expect(node(page, "old").locator('[data-status="success"]')).to_be_visible()
    node(page, "old").click()
    expect(page.get_by_role("complementary", name="Step old")).to_contain_text("42")


def test_the_last_run_of_a_node_is_told_later_too(visit: Visit, product: Product) -> None:
    keep = {"extra_config": {"values": {"n": "{{ trigger.payload.n + 1 }}"}}}
    made(product, "told", ("start", "trigger_manual", {}), ("keep", "set", keep), edges=[("start", "keep", "")])
    product.call("/api/v1/workflows/told/execute/", {"payload": {"n": 41}, "wait": 20})
    page = visit("/workflows/told")
    node(page, "keep").click()
    page.get_by_role("tab", name="Last run").click()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("Success")
    expect(panel.get_by_text('"n": 41')).to_be_visible()
    expect(panel.get_by_text('"n": 42')).to_be_visible()
    page.get_by_role("button", name="Run this node alone").click()
    expect(page.get_by_text('Running "keep" alone.')).to_be_visible()
    expect(node(page, "keep").locator('[data-status="success"]')).to_be_visible()
    expect(panel.get_by_text('"n": 42')).to_be_visible()
