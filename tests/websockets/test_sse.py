"""Server-sent events: the same streams over plain HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.http import StreamingHttpResponse
from django.urls import path

from apps.accounts import keys
from apps.executions import feeds, live, sse
from apps.executions.hearing import Caller
from apps.executions.live import in_database
from apps.workflows.models import Workflow
from pipelit import events
from pipelit.asgi import application
from pipelit.events import Event
from tests.websockets.client import in_loop

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = "workflow:echo"
RETRY = b"retry: 1000\n\n"


async def publish(*types: str) -> None:
    await in_database(events.publish, *(Event(name, (ECHO,), {"is": name}) for name in types))


def at_the_end(event: dict[str, Any] | None) -> bool:
    return event is not None and event["type"] == "execution_completed"


def caller(signed: Any) -> Caller:
    return Caller(signed.key.user_id, signed.key.pk)


async def rest(parts: AsyncIterator[bytes]) -> list[str]:
    """The events' types until the stream ends."""
    async with asyncio.timeout(10):
        return [read(part)["type"] async for part in parts if part.startswith(b"id: ")]


def read(part: bytes) -> Any:
    lines = dict(line.split(": ", 1) for line in part.decode().strip().split("\n"))
    event = json.loads(lines["data"])
    assert (lines["id"], lines["event"]) == (event["seq"], event["type"])
    return event


@in_loop
async def test_replays_then_follows_to_the_end(ben: Any, echo: Any) -> None:
    await publish("token", "node_status")
    parts = sse.stream(ECHO, "0", at_the_end, caller(ben))
    assert await anext(parts) == RETRY
    event = read(await anext(parts))
    assert (event["type"], event["channel"], event["data"]) == ("token", ECHO, {"is": "token"})
    await publish("token", "execution_completed", "token")
    assert await rest(parts) == ["node_status", "token", "execution_completed"]
    assert live.hub()._feeds == set()


@in_loop
async def test_goes_on_after_the_last_event_id(ben: Any, echo: Any) -> None:
    await publish("token", "node_status", "execution_completed")
    first, *_ = await in_database(events.read, ECHO, None)
    parts = sse.stream(ECHO, first["seq"], at_the_end, caller(ben))
    assert await rest(parts) == ["node_status", "execution_completed"]


@in_loop
async def test_what_has_ended_ends_though_its_last_event_is_lost(
    ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 0.02)
    await publish("token")
    assert await rest(sse.stream(ECHO, "0", lambda event: event is None, caller(ben))) == ["token"]


@in_loop
async def test_what_is_gone_is_told(ben: Any, echo: Any) -> None:
    await publish("token")
    parts = sse.stream(ECHO, "1-1", at_the_end, caller(ben))
    assert await anext(parts) == RETRY
    resync = read(await anext(parts))
    assert (resync["type"], resync["channel"]) == ("resync", ECHO)
    await publish("execution_completed")
    assert await rest(parts) == ["execution_completed"]


@in_loop
async def test_an_old_end_need_not_be_the_end(ben: Any, echo: Any) -> None:
    """A retry follows: `until` says what counts."""
    ends = iter([False, True])
    await publish("execution_failed", "execution_failed", "token")
    parts = sse.stream(ECHO, "0", lambda event: event is not None and next(ends), caller(ben))
    assert await rest(parts) == ["execution_failed", "execution_failed"]


@in_loop
async def test_a_revoked_key_ends_it(ben: Any, echo: Any) -> None:
    parts = sse.stream(ECHO, None, at_the_end, caller(ben))
    assert await anext(parts) == RETRY
    await publish("token")
    following = asyncio.create_task(rest(parts))
    await in_database(keys.revoke_keys, ben.key.user)
    while not live.hub()._feeds:
        await asyncio.sleep(0)
    await live.hub().check()
    await following


@in_loop
async def test_lost_rights_end_it(users: Any, echo: Any) -> None:
    """Of one who has no key: an admin's session."""
    parts = sse.stream(ECHO, "0", at_the_end, Caller(users.ada.pk, None))
    await publish("token")
    assert await anext(parts) == RETRY
    assert read(await anext(parts))["type"] == "token"
    await live.hub().check()
    await publish("node_status")
    assert read(await anext(parts))["type"] == "node_status"
    await in_database(Workflow.objects.filter(pk=echo.pk).delete)
    await live.hub().check()
    assert await rest(parts) == []


@in_loop
async def test_silence_is_broken_by_heartbeats(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 0.02)
    parts = sse.stream(ECHO, "0", at_the_end, caller(ben))
    assert [await anext(parts) for _ in range(3)] == [RETRY, b": alive\n\n", b": alive\n\n"]
    await parts.aclose()
    assert live.hub()._feeds == set()


def view(request: Any) -> StreamingHttpResponse:
    return sse.response(ECHO, "0", at_the_end, Caller(int(request.GET["user"]), None))


urlpatterns = [path("live/", view)]


@pytest.mark.urls(__name__)
@in_loop
async def test_a_synchronous_view_answers_with_it(users: Any, echo: Any) -> None:
    await publish("token", "execution_completed")
    http = HttpCommunicator(application, "GET", f"/live/?user={users.ben.pk}", headers=[(b"host", b"localhost")])
    await http.send_input({"type": "http.request", "body": b""})
    start = await http.receive_output(10)
    headers = {name.lower(): value for name, value in start["headers"]}
    assert start["status"] == 200
    assert (headers[b"content-type"], headers[b"x-accel-buffering"]) == (b"text/event-stream", b"no")
    parts = [RETRY]
    while parts[-1]:
        parts.append((await http.receive_output(10)).get("body", b""))
    assert [read(part)["type"] for part in parts[2:-1]] == ["token", "execution_completed"]
