"""/forms/: pages made of JSON Schemas, what they refuse and how they say it, what they start."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import APIKey, AuditEntry
from apps.executions.models import TriggerEvent, WorkflowExecution
from apps.workflows import configs
from apps.workflows.models import Workflow, WorkflowCollaborator
from tests.components.twin import component
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
HTML = {"Accept": "text/html"}
KEY = "k" * 32
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "email", "size", "terms"],
    "properties": {
        "name": {"type": "string", "title": "Your <name>", "description": "As on your badge & card.", "maxLength": 40},
        "email": {"type": "string", "format": "email"},
        "about": {"type": "string", "format": "textarea"},
        "seats": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
        "budget": {"type": "number", "exclusiveMinimum": 0},
        "day": {"type": "string", "format": "date"},
        "site": {"type": "string", "format": "uri"},
        "size": {"oneOf": [{"const": 1, "title": "Small"}, {"const": 2, "title": "Large"}]},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "meals": {"type": "array", "items": {"enum": ["vegan", "fish", "none"]}, "maxItems": 2},
        "terms": {"type": "boolean", "const": True, "title": "I agree"},
        "news": {"type": "boolean"},
    },
}
GOOD = {"name": "Kim", "email": "kim@example.com", "size": "2", "terms": "on"}


def drawn(user: Any, slug: str = "signup", then: Any = None, **config: Any) -> Any:
    config = {"path": "join", "access": "public", "input_schema": SCHEMA, **config}
    then = then or harness.node("seen", "set", values={"name": "{{ ask.payload.name }}"})
    nodes = [harness.node("ask", "trigger_form", **config), then]
    return harness.store(user, slug, nodes, [("ask", then["node_id"])])


def get(path: str = "signup/join", **extra: Any) -> Any:
    return Client().get(f"/forms/{path}", headers=HTML, **extra)


def post(data: Any = None, path: str = "signup/join", **extra: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(
        f"/forms/{path}", GOOD if data is None else data, headers=HTML, **extra
    )


class Page(HTMLParser):
    """The elements of a page with an id or a name."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.by_id: dict[str, dict[str, str | None]] = {}
        self.by_name: dict[str, dict[str, str | None]] = {}
        self.labelled: set[str | None] = set()
        self.scripts = 0
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {"tag": tag, **dict(attrs)}
        self.scripts += tag == "script"
        if tag == "label":
            self.labelled.add(found.get("for"))
        if found.get("id"):
            assert found["id"] not in self.by_id
            self.by_id[str(found["id"])] = found
        if found.get("name"):
            self.by_name[str(found["name"])] = found


def test_a_page_without_script_or_cookies(users: Any) -> None:
    drawn(users.ben, title="Join <us>", description="Two lines\nof words")
    answer = get()
    page, text = Page(answer), answer.content.decode()
    assert (answer.status_code, page.scripts, dict(answer.cookies)) == (200, 0, {})
    assert "Join &lt;us&gt;" in text
    assert "<us>" not in text
    assert "Your &lt;name&gt;" in text
    assert "badge &amp; card" in text
    kinds = {name: (e["tag"], e.get("type")) for name, e in page.by_name.items()}
    assert kinds["email"] == ("input", "email")
    assert kinds["about"] == ("textarea", None)
    assert kinds["seats"] == ("input", "number")
    assert kinds["day"] == ("input", "date")
    assert kinds["site"] == ("input", "url")
    assert kinds["size"] == ("select", None)
    assert kinds["meals"] == kinds["terms"] == ("input", "checkbox")
    assert page.by_name["seats"]["value"] == "2"
    assert "required" in page.by_name["name"]
    assert "required" not in page.by_name["news"]
    assert page.by_name["name"]["aria-describedby"] == "id_name_helptext"
    assert "id_name_helptext" in page.by_id
    assert {f"id_{name}" for name in SCHEMA["properties"] if name != "meals"} <= page.labelled
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_filled_in_is_the_payload(users: Any) -> None:
    drawn(users.ben, success_message="Thanks & bye")
    more = {
        "about": "a\r\nb",
        "seats": "3",
        "budget": "9.5",
        "day": "2026-05-01",
        "site": "https://a.example",
        "code": "ABC",
    }
    answer = post({**GOOD, **more, "meals": ["fish", "none"]})
    assert (answer.status_code, "Thanks &amp; bye" in answer.content.decode()) == (200, True)
    execution = WorkflowExecution.objects.get()
    assert execution.trigger_payload["payload"] == {
        "name": "Kim", "email": "kim@example.com", "about": "a\nb", "seats": 3, "budget": 9.5, "day": "2026-05-01",
        "site": "https://a.example", "size": 2, "code": "ABC", "meals": ["fish", "none"], "terms": True, "news": False,
    }  # fmt: skip
    assert (execution.trigger_type, execution.user) == ("trigger_form", users.ben)
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"name": "Kim"}


def test_what_does_not_fit_is_told_beside_its_field(users: Any) -> None:
    drawn(users.ben)
    bad = {
        "name": "<b>" + "x" * 50, "email": "kim", "seats": "99", "budget": "0", "day": "soon", "site": "no site",
        "size": "7", "code": "abc", "meals": ["vegan", "fish", "none"], "_key": KEY,
    }  # fmt: skip
    answer = post(bad)
    page, text = Page(answer), answer.content.decode()
    assert answer.status_code == 422
    for name in {*bad, "terms"} - {"_key"}:
        assert f"id_{name}_error" in page.by_id, name
        if name != "meals":
            assert f"id_{name}_error" in str(page.by_name[name]["aria-describedby"]), name
            assert page.by_name[name]["aria-invalid"] == "true"
        assert f'href="#id_{name}"' in text
        assert f"id_{name}" in page.by_id
    assert 'role="alert"' in text
    assert "Choose at most 2." in text
    assert "<title>Error: signup" in text
    assert (page.by_name["email"]["value"], page.by_name["_key"]["value"]) == ("kim", KEY)
    assert "<b>" not in text
    assert not TriggerEvent.objects.exists()


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "\x00", "9" * 400])
def test_numbers_that_are_none(users: Any, value: str) -> None:
    drawn(users.ben)
    assert post({**GOOD, "budget": value}).status_code == 422
    assert post({**GOOD, "seats": value}).status_code == 422
    assert post({**GOOD, "name": value + "\x00"}).status_code == 422


def test_sent_twice_is_one_event(users: Any) -> None:
    drawn(users.ben)
    key = Page(get()).by_name["_key"]["value"]
    assert key != Page(get()).by_name["_key"]["value"]
    assert [post({**GOOD, "_key": key}).status_code for _ in range(3)] == [200] * 3
    assert (TriggerEvent.objects.count(), WorkflowExecution.objects.count()) == (1, 1)
    post({**GOOD, "_key": "short"})
    post({**GOOD, "_key": "short"})
    assert TriggerEvent.objects.count() == 3
    mended = {**GOOD, "_key": key, "name": "Kim, mended"}  # after going back
    assert [post(mended).status_code for _ in range(2)] == [200, 200]
    assert TriggerEvent.objects.count() == 4


def test_a_program_that_fills_in_the_trap(users: Any) -> None:
    drawn(users.ben)
    assert post({**GOOD, "_website": "https://spam.example"}).status_code == 200
    assert not TriggerEvent.objects.exists()


def test_only_who_has_the_link(users: Any) -> None:
    version = drawn(users.ben, access="link", secret="s3cret-link")
    assert get("signup/join?key=s3cret-link").status_code == 200
    for path in ("signup/join", "signup/join?key=wrong", "signup/join?key="):
        answer = get(path)
        assert (answer.status_code, b"There is no form at this address." in answer.content) == (404, True)
        assert post(path=path).status_code == 404
    (entry,) = AuditEntry.objects.filter(action="form.refused", object=f"workflow:{version.workflow_id}")
    assert "s3cret" not in str(entry.data)
    assert post(path="signup/join?key=s3cret-link").status_code == 200
    assert "s3cret" not in str(WorkflowExecution.objects.get().trigger_payload)
    drawn(users.ben, "open", access="link", secret="")
    assert get("open/join?key=").status_code == 404


def test_a_link_whose_key_nobody_has_to_make_up(users: Any, api: Any) -> None:
    client = api(users.ben)
    for slug in ("signup", "other"):
        client.post("/api/v1/workflows/", {"name": slug, "slug": slug})
        extra = {"path": "join", "input_schema": SCHEMA}
        body = {"node_id": "ask", "component_type": "trigger_form", "config": {"extra_config": extra}}
        assert client.post(f"/api/v1/workflows/{slug}/nodes/", body).json()["warnings"] == []
    where = "/api/v1/workflows/signup/nodes/{}/address/"
    told = client.get(where.format("ask")).json()
    link = told["address"].removeprefix(settings.PUBLIC_URL + "/forms/")
    assert told["complete"]
    assert get(link).status_code == 200
    for path in ("signup/join", "signup/join?key=", link.replace("signup", "other")):
        assert get(path).status_code == 404, path

    WorkflowCollaborator.objects.create(workflow=Workflow.objects.get(slug="signup"), user=users.eve, role="viewer")
    assert api(users.eve).get(where.format("ask")).status_code == 404
    assert api(users.eve).get("/api/v1/workflows/signup/").status_code == 200
    reading = api(users.ben)
    APIKey.objects.filter(pk=reading.key.pk).update(scopes=["read"])
    assert reading.get("/api/v1/workflows/signup/").status_code == 200
    assert reading.get(where.format("ask")).status_code == 403
    assert client.get(where.format("nothing")).status_code == 404

    node = "/api/v1/workflows/signup/nodes/ask/"
    client.patch(node, {"config": {"extra_config": {**extra, "secret": "my-own"}}})
    assert client.get(where.format("ask")).json() == {
        "address": f"{settings.PUBLIC_URL}/forms/signup/join", "complete": False,
    }  # fmt: skip
    assert (get(link).status_code, get("signup/join?key=my-own").status_code) == (404, 200)
    client.patch(node, {"config": {"extra_config": {**extra, "access": "public"}}})
    assert client.get(where.format("ask")).json()["complete"]
    assert get("signup/join").status_code == 200


def test_what_is_not_there(users: Any) -> None:
    version = drawn(users.ben)
    assert get("nowhere/join").status_code == get("signup/else").status_code == 404
    assert Client().get("/forms/nowhere/join").json()["code"] == "not_found"
    assert Client().put("/forms/signup/join", headers=HTML).status_code == 405
    Workflow.objects.filter(pk=version.workflow_id).update(is_active=False)
    for answer in (get(), post()):
        assert (answer.status_code, b"nothing just now" in answer.content) == (409, True)
    drawn(users.ben, "unready", then=harness.node("internal_name", "workflow"))
    answer = post(path="unready/join")
    assert (answer.status_code, b"internal_name" in answer.content) == (409, False)


def test_too_many_from_one_address(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    drawn(users.ben, rate_limit_per_minute=2)
    assert post({**GOOD, "email": "x"}).status_code == 422, "mistakes do not count"
    answers = [post() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert Page(answers[-1]).by_name["name"]["value"] == "Kim"
    assert post(REMOTE_ADDR="192.0.2.9").status_code == 200
    assert WorkflowExecution.objects.count() == 3


def test_bodies_that_are_no_form(users: Any) -> None:
    drawn(users.ben)
    assert post({**GOOD, "about": "x" * 1_100_000}).status_code == 413
    send = Client().generic
    assert send("POST", "/forms/signup/join", b"x", "multipart/form-data", headers=HTML).status_code == 400
    assert send("POST", "/forms/signup/join", b'{"name": "x"}', "application/json", headers=HTML).status_code == 422
    assert not TriggerEvent.objects.exists()


def test_what_a_form_refuses_is_audited(users: Any) -> None:
    version = drawn(users.ben)
    refused = [
        Client().put("/forms/signup/join", REMOTE_ADDR="192.0.2.1"),
        post({**GOOD, "about": "x" * 1_100_000}, REMOTE_ADDR="192.0.2.2"),
        Client().generic("POST", "/forms/signup/join", b"x", "multipart/form-data", REMOTE_ADDR="192.0.2.3"),
        Client().post("/forms/signup/join", dict.fromkeys(map(str, range(1100)), "x"), REMOTE_ADDR="192.0.2.4"),
    ]
    assert [answer.status_code for answer in refused] == [405, 413, 400, 400]
    assert refused[0].headers["Allow"] == "GET, POST"
    entries = AuditEntry.objects.filter(action="form.refused", object=f"workflow:{version.workflow_id}")
    assert [entry.data["address"] for entry in entries] == [f"192.0.2.{n}" for n in (1, 2, 3, 4)]
    assert all(entry.data["reason"] for entry in entries)


def test_pages_that_may_frame_it(users: Any) -> None:
    drawn(users.ben, allowed_origins=["https://a.example", "https://b.example:8443"])
    answer = get()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://a.example https://b.example:8443")
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://a.example; script-src *", "a.example", "javascript:x", "https://a/b", "null"]
)
def test_origins_that_are_none(origin: str) -> None:
    for kind in ("trigger_form", "trigger_chat", "trigger_webhook"):
        assert "allowed_origins" in configs.faults(component(kind), {"allowed_origins": [origin]}).errors


def test_waiting_shows_the_result(users: Any) -> None:
    say = harness.node("say", "reply", text="<i>Hello</i> {{ ask.payload.name }}")
    for slug, mode in (("a", "wait"), ("b", "reply")):
        drawn(users.ben, slug, then=say, response_mode=mode)
        answer = harness.beside(lambda slug=slug: post(path=f"{slug}/join"))
        assert answer.status_code == 200
        assert "&lt;i&gt;Hello&lt;/i&gt; Kim" in answer.content.decode()
        WorkflowExecution.objects.all().delete()


def test_waiting_for_a_failure_tells_no_reasons(users: Any) -> None:
    drawn(users.ben, then=harness.node("bad", "set", values={"x": "{{ inner_name.x }}"}), response_mode="wait")
    answer = harness.beside(post)
    assert (answer.status_code, b"inner_name" in answer.content) == (502, False)


def test_waiting_in_vain(users: Any) -> None:
    drawn(users.ben, response_mode="wait", response_timeout=1)
    answer = post()
    assert (answer.status_code, b"goes on without you" in answer.content) == (202, True)


def test_what_is_no_form_is_unfinished() -> None:
    kind = component("trigger_form")

    def missing(properties: Any, **more: Any) -> str:
        config = {"access": "public", "input_schema": {"type": "object", "properties": properties, **more}}
        return " ".join(configs.faults(kind, config).missing.get("input_schema", []))

    assert not missing({"a": {"type": "string"}})
    assert "needs fields" in missing({})
    assert '"a"' in missing({"a": {"type": "object"}})
    assert "begins with _" in missing({"_key": {"type": "string"}})
    assert "is no property" in missing({"a": {"type": "string"}}, required=["b"])
    assert "no JSON Schema" in missing({"a": {"type": "text"}})
    assert not configs.faults(kind, {"input_schema": SCHEMA}).missing


def test_in_text_only(users: Any) -> None:
    """The words of an author may hold anything."""
    nasty = '"><script>alert(1)</script>{{ 7*7 }}{% now "Y" %}'
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "title": nasty, "description": nasty, "default": nasty},
            nasty: {"enum": [nasty]},
        },
    }
    drawn(users.ben, input_schema=schema, title=nasty, description=nasty, submit_label=nasty)
    answer = get()
    assert Page(answer).scripts == 0
    assert re.search(r"\{\{ 7\*7 \}\}", answer.content.decode())
