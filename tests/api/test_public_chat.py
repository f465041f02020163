"""/chat/: the public page, its widget, what visitors may say and see."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.core import signing
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.executions import feeds
from apps.executions.inbound import talking
from apps.executions.live import in_database
from apps.executions.models import Conversation, PendingTask, TriggerEvent, WorkflowExecution
from apps.workflows.models import Workflow
from pipelit import events
from pipelit.asgi import application
from pipelit.events import Event
from tests.engine import harness
from tests.engine.harness import node
from tests.websockets.client import in_loop

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "a" * 32
HTML = {"Accept": "text/html"}
ECHO = [node("say", "reply", text="You said {{ trigger.text }}")]


def chatty(user: Any, slug: str = "help", then: Any = None, **config: Any) -> Any:
    nodes = [node("chat", "trigger_chat", **{"public": True, **config}), *(ECHO if then is None else then)]
    edges = [(a["node_id"], b["node_id"]) for a, b in pairwise(nodes)]
    return harness.store(user, slug, nodes, edges)


def say(text: Any = "hi", slug: str = "help", key: Any = KEY, token: Any = "", **extra: Any) -> Any:
    body = {"text": text, "key": key, "token": token}
    return Client().post(f"/chat/{slug}/messages", json.dumps(body), "application/json", **extra)


def history(token: str, slug: str = "help") -> list[dict[str, Any]]:
    answer = Client().get(f"/chat/{slug}/history", headers={"X-Conversation": token})
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class Talk:
    """One message, sent and answered over the real application."""

    def __init__(self, text: str, key: str = KEY, token: str = "") -> None:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        self._http = HttpCommunicator(application, "POST", "/chat/help/messages", headers=headers)
        self._body = json.dumps({"text": text, "key": key, "token": token}).encode()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        await self._http.send_input({"type": "http.request", "body": self._body})
        start = await self._http.receive_output(10)
        assert start["status"] == 200
        assert (b"Content-Type", b"text/event-stream") in start["headers"]
        while part := (await self._http.receive_output(10)).get("body", b""):
            if match := re.search(rb"^data: (.*)$", part, re.MULTILINE):
                yield json.loads(match[1])

    async def whole(self) -> list[dict[str, Any]]:
        """All events; a worker does its work once the run is there."""
        found = []
        async with asyncio.timeout(20):
            async for event in self.events():
                found.append(event)
                if event["type"] == "conversation":
                    await in_database(harness.work)
        return found


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 0.02)


def test_the_page(users: Any) -> None:
    chatty(users.ben, title="Ask <us>", greeting="Hello <you>")
    answer = Client().get("/chat/help", headers=HTML)
    text = answer.content.decode()
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert "Ask &lt;us&gt;" in text
    assert "Hello &lt;you&gt;" in text
    assert 'role="log"' in text
    assert 'aria-live="polite"' in text
    assert not re.search(r"<script(?! src=)|style=|\son\w+=", text)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert answer.headers["X-Frame-Options"] == "DENY"
    for name in re.findall(r'"(/static/[^"]+)"', text):
        with closing(Client().get(name)) as served:
            assert served.status_code == 200, name


def test_pages_that_may_embed_it(users: Any) -> None:
    chatty(users.ben, allowed_origins=["https://shop.example"], title='"</script>')
    answer = Client().get("/chat/help/", headers=HTML)
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors https://shop.example")
    assert "X-Frame-Options" not in answer.headers
    widget = Client().get("/chat/help/widget.js")
    assert widget.headers["Content-Type"].startswith("text/javascript")
    assert widget.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '"\\u0022\\u003C/script\\u003E"' in widget.content.decode()


def test_only_what_was_made_public(users: Any) -> None:
    chatty(users.ben, "private", public=False)
    version = chatty(users.ben)
    for slug in ("private", "nowhere"):
        assert Client().get(f"/chat/{slug}", headers=HTML).status_code == 404
        for path in ("widget.js", "history"):
            assert Client().get(f"/chat/{slug}/{path}").status_code == 404
        assert say(slug=slug).status_code == 404
    Workflow.objects.filter(pk=version.workflow_id).update(is_active=False)
    assert b"takes nothing just now" in Client().get("/chat/help", headers=HTML).content
    assert (say().status_code, say().json()["code"]) == (409, "inactive_workflow")
    assert not Conversation.objects.exists()
    assert Client().post("/chat/help", headers=HTML).status_code == 405
    assert Client().get("/chat/help/messages").status_code == 405


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "  "}, 400),
        ({"text": 7}, 400),
        ({"text": "\x00"}, 400),
        ({"text": "\ud800"}, 400),
        ({"key": "short"}, 400),
        ({"key": None}, 400),
        ({"text": "x" * 4001}, 413),
        ({"text": "x" * 70_000}, 413),
    ],
)
def test_messages_that_are_none(users: Any, given: dict[str, Any], status: int) -> None:
    chatty(users.ben)
    answer = say(**given)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
    assert not TriggerEvent.objects.exists()


def test_what_no_database_takes_is_left_out(users: Any) -> None:
    chatty(users.ben)
    assert say("a\x00b").status_code == 200
    assert WorkflowExecution.objects.get().trigger_payload["text"] == "ab"


def test_bodies_that_are_none(users: Any) -> None:
    chatty(users.ben)
    send = Client().generic
    assert send("POST", "/chat/help/messages", b"text=hi", "text/plain").status_code == 415
    assert send("POST", "/chat/help/messages", b"{oops", "application/json").status_code == 400
    assert send("POST", "/chat/help/messages", b"[]", "application/json").status_code == 400


def test_what_a_chat_refuses_is_audited(users: Any) -> None:
    version = chatty(users.ben)
    send = Client(enforce_csrf_checks=True).generic
    refused = [
        send("POST", "/chat/help", REMOTE_ADDR="192.0.2.1"),
        send("GET", "/chat/help/messages", REMOTE_ADDR="192.0.2.2"),
        send("POST", "/chat/help/messages", b"text=hi", "text/plain", REMOTE_ADDR="192.0.2.3"),
        say("x" * 4001, REMOTE_ADDR="192.0.2.4"),
        say("", REMOTE_ADDR="192.0.2.5"),
    ]
    assert [answer.status_code for answer in refused] == [405, 405, 415, 413, 400]
    assert refused[1].headers["Allow"] == "POST"
    entries = AuditEntry.objects.filter(action="chat.refused", object=f"workflow:{version.workflow_id}")
    assert [entry.data["address"] for entry in entries] == [f"192.0.2.{n}" for n in (1, 2, 3, 4, 5)]
    assert all(entry.data["reason"] for entry in entries)


def test_a_flood(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    chatty(users.ben, rate_limit_per_minute=2)
    answers = [say(key=f"{n:032}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[-1].json()["code"], int(answers[-1].headers["Retry-After"]) > 0) == ("throttled", True)
    statuses = [say(key=f"{n:032}", REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(4, 24)]
    assert statuses == [200] * 17 + [429] * 3, "ten times one address's share, in all"
    assert WorkflowExecution.objects.count() == 19


@in_loop
async def test_a_conversation(users: Any) -> None:
    await in_database(chatty, users.ben)
    opened, replied, done = await Talk("hello").whole()
    token = opened["token"]
    assert (opened["type"], replied["type"], replied["text"]) == ("conversation", "reply", "You said hello")
    assert (done["type"], done["status"], done["text"]) == ("done", "completed", "You said hello")
    again, *_ = await Talk("more", "b" * 32, token).whole()

    def look() -> None:
        (talk,) = Conversation.objects.all()
        assert (talk.channel, talk.user, talk.title) == (talking.CHANNEL, None, "hello")
        first, second = talk.executions.order_by("created_at")
        assert (first.user, first.trigger_payload["conversation_id"]) == (users.ben, str(talk.pk))
        assert second.trigger_payload["text"] == "more"
        said = [(m["role"], m["text"], m["status"]) for m in history(token)]
        assert said == [
            ("human", "hello", "completed"), ("ai", "You said hello", "completed"),
            ("human", "more", "completed"), ("ai", "You said more", "completed"),
        ]  # fmt: skip
        assert talking.conversation_of(_door(), again["token"]) == talk
        assert history(token)[1]["id"] == done["id"], "so that a page shows an answer once"

    await in_database(look)


@in_loop
async def test_a_message_sent_again_is_the_same(users: Any) -> None:
    """What the page does after a lost connection."""
    await in_database(chatty, users.ben)
    first = await Talk("hello").whole()
    again = await Talk("hello").whole()
    assert [e["type"] for e in again] == [e["type"] for e in first]
    assert again[-1]["text"] == "You said hello"

    def look() -> None:
        assert (WorkflowExecution.objects.count(), Conversation.objects.count()) == (1, 1)
        assert len(history(again[0]["token"])) == 2

    await in_database(look)


@in_loop
async def test_why_something_fails_is_not_told(users: Any) -> None:
    await in_database(chatty, users.ben, then=[node("bad", "set", values={"x": "{{ inner_name.x }}"})])
    found = await Talk("hello").whole()
    assert (found[-1]["status"], found[-1]["text"]) == ("failed", "")
    assert "inner_name" not in json.dumps([found, await in_database(history, found[0]["token"])])


@in_loop
async def test_only_the_answer_is_streamed(users: Any) -> None:
    """Tokens of the node that speaks; nothing else of what happens inside."""
    inside = [node("draft", "set", values={"x": "1"}), node("final", "set", values={"x": "2"}), node("out", "reply")]
    await in_database(chatty, users.ben, then=inside)
    seen = []
    async for event in Talk("hello").events():
        seen.append(event)
        if event["type"] == "conversation":
            run = await in_database(WorkflowExecution.objects.get)
            channel = (f"execution:{run.pk}",)
            tokens = [Event("token", channel, {"node_id": n, "delta": f"by {n}"}) for n in ("draft", "final")]
            inner = Event("node_status", channel, {"node_id": "draft", "output": {"x": "secret"}})
            await in_database(events.publish, *tokens, inner)
            await in_database(harness.work)
    assert [event.get("delta") for event in seen if event["type"] == "token"] == ["by final"]
    assert {event["type"] for event in seen} == {"conversation", "token", "reply", "done"}
    assert "secret" not in json.dumps(seen)
    assert str(run.pk) not in json.dumps(seen)


def test_who_speaks(users: Any) -> None:
    nodes = [
        node("chat", "trigger_chat", public=True), node("sort", "set"), node("a", "llm"), node("b", "llm"),
        node("hidden", "llm"), node("ra", "reply"), node("rb", "reply", text="{{ b.output }}"),
        node("rh", "reply", text="Seen: {{ hidden.output }}"), node("lp", "loop"), node("item", "llm"),
        node("m", "ai_model"),
    ]  # fmt: skip
    edges = [
        ("chat", "sort"), ("sort", "a"), ("sort", "b"), ("sort", "hidden"), ("a", "ra"), ("b", "rb"), ("hidden", "rh"),
        ("sort", "lp"), ("lp", "item", "loop_body"), ("m", "a", "llm"), ("a", "sort", "error"),
    ]  # fmt: skip
    found = talking.speakers(harness.store(users.ben, "many", nodes, edges))
    assert found >= {"a", "b"}
    assert not found & {"sort", "hidden", "item", "m", "chat", "lp"}


@in_loop
async def test_waiting_for_a_person_ends_the_stream(users: Any) -> None:
    ask = node("ask", "human_confirmation", prompt="Shall we?")
    await in_database(chatty, users.ben, then=[ask, *ECHO])
    found = await Talk("please").whole()
    assert (found[-1]["type"], found[-1]["status"]) == ("done", "waiting")

    def answered() -> list[dict[str, Any]]:
        harness.answer(WorkflowExecution.objects.get())
        return history(found[0]["token"])

    assert (await in_database(answered))[-1]["text"] == "You said please"


@in_loop
async def test_a_timer_does_not_end_the_stream(users: Any) -> None:
    """Nor does another workflow: the run parks, and goes on."""
    await in_database(chatty, users.ben, then=[node("pause", "wait", duration=3600), *ECHO])
    seen = []
    async with asyncio.timeout(20):
        async for event in Talk("hello").events():
            seen.append(event)
            if event["type"] == "conversation":
                await in_database(harness.work)
                assert (await in_database(WorkflowExecution.objects.get)).status == "waiting"
                shown = await in_database(history, event["token"])
                assert [(m["text"], m["status"]) for m in shown] == [("hello", "running")]
                await in_database(PendingTask.objects.update, until=timezone.now())
                await in_database(harness.work)
    assert (seen[-1]["status"], seen[-1]["text"]) == ("completed", "You said hello")


@in_loop
async def test_an_owner_who_is_gone_ends_the_stream(users: Any) -> None:
    await in_database(chatty, users.ben)
    async for event in Talk("hello").events():
        if event["type"] == "conversation":
            users.ben.is_active = False
            await in_database(users.ben.save)
            from apps.executions import live

            while not live.hub()._feeds:
                await asyncio.sleep(0)
            await live.hub().check()
        last = event
    assert (last["type"], last["status"]) == ("done", "pending")


def test_tokens_that_are_none(users: Any) -> None:
    chatty(users.ben)
    chatty(users.ben, "other")
    say("mine")
    talk = Conversation.objects.get()
    token = talking.token_of(talk.pk)
    assert [m["text"] for m in history(token)] == ["mine"]
    assert history(token, "other") == history("") == history("nonsense") == history(token + "x") == []
    assert history(signing.dumps(str(talk.pk), salt="another")) == []
    assert say("hers", token="nonsense", key="b" * 32).status_code == 200
    assert Conversation.objects.count() == 2
    Conversation.objects.filter(pk=talk.pk).update(channel="chat")
    assert history(token) == []


def test_what_was_said_is_replayed_in_its_conversation(users: Any, api: Any) -> None:
    chatty(users.ben)
    say("hello")
    received = TriggerEvent.objects.get()
    (again,) = api(users.ben).post("/api/v1/trigger-events/replay/", {"ids": [received.pk]}).json()
    run = WorkflowExecution.objects.get(pk=again["execution_id"])
    assert run.conversation == Conversation.objects.get()


def _door() -> Any:
    from apps.executions.inbound import doors

    return doors.find("chat", "help")[0]
