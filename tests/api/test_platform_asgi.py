"""How the web process answers HTTP (`pipelit.handler`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from pipelit import handler
from pipelit.handler import Handler
from pipelit.middleware import body_refused

closed: list[str] = []
gate = threading.Event()
threads: list[str] = []


@csrf_exempt
def plain(request: HttpRequest) -> HttpResponse:
    threads.append(threading.current_thread().name)
    return HttpResponse(request.body)


async def asynchronous(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("async")


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            closed.append("endless")

    return StreamingHttpResponse(parts(), content_type="text/event-stream")


def generated(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"one "
        yield b""
        yield b"two"

    return StreamingHttpResponse(parts())


def broken(request: HttpRequest) -> HttpResponse:
    raise KeyError("a bug")


def held(request: HttpRequest) -> HttpResponse:
    assert gate.wait(20)
    return HttpResponse("let go")


urlpatterns = [
    path("plain", plain),
    path("async", asynchronous),
    path("endless", endless),
    path("generated", generated),
    path("broken", broken),
    path("held", held),
]
handler500 = "pipelit.pages.server_error"
pytestmark = pytest.mark.urls(__name__)


def communicator(
    where: str, method: str = "GET", headers: dict[str, str] | None = None, app: Handler | None = None
) -> ApplicationCommunicator:
    given = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **(headers or {})}.items()]
    scope = {"type": "http", "method": method, "path": where, "query_string": b"", "headers": given}
    return ApplicationCommunicator(app or Handler(threads=2), scope)


async def complete(talk: ApplicationCommunicator) -> tuple[dict[str, Any], bytes]:
    start = await talk.receive_output()
    body, more = b"", True
    while more:
        part = await talk.receive_output()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    await talk.wait()
    return start, body


async def answered(where: str, method: str = "GET", *, headers: dict[str, str] | None = None, body: bytes = b"") -> Any:
    talk = communicator(where, method, headers)
    await talk.send_input({"type": "http.request", "body": body})
    start, text = await complete(talk)
    return start["status"], text


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_a_view_runs_in_a_thread_of_the_pool() -> None:
    assert run(answered("/plain", "POST", body=b"hello")) == (200, b"hello")
    assert threads[-1].startswith("web")


def test_an_async_view() -> None:
    assert run(answered("/async")) == (200, b"async")


def test_a_generated_answer() -> None:
    status, text = run(answered("/generated"))
    assert (status, text) == (200, b"one two")


def test_a_bug_is_a_500_in_json() -> None:
    status, text = run(answered("/broken"))
    assert status == 500
    assert b'"error_id"' in text


def test_a_stream_ends_when_the_client_leaves() -> None:
    async def scenario() -> None:
        talk = communicator("/endless")
        await talk.send_input({"type": "http.request", "body": b""})
        assert (await talk.receive_output())["status"] == 200
        assert (await talk.receive_output())["body"] == b"x"
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait()

    closed.clear()
    run(scenario())
    assert closed == ["endless"]


def test_more_than_can_wait_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MOST_WAITING", 1)
    gate.clear()

    async def scenario() -> list[Any]:
        app = Handler(threads=1)
        talks = [communicator("/held", app=app) for _ in range(3)]
        for talk in talks:
            await talk.send_input({"type": "http.request", "body": b""})
        refused = await complete(talks[2])  # one runs, one waits
        gate.set()
        return [refused, *[await complete(talk) for talk in talks[:2]], await complete(await again(app))]

    async def again(app: Handler) -> ApplicationCommunicator:
        talk = communicator("/held", app=app)
        await talk.send_input({"type": "http.request", "body": b""})
        return talk

    refused, *others = run(scenario())
    assert (refused[0]["status"], b'"overloaded"' in refused[1]) == (503, True)
    assert dict(refused[0]["headers"])[b"Retry-After"] == b"5"
    assert [start["status"] for start, _ in others] == [200, 200, 200]


def test_an_announced_large_body_is_refused_before_it_is_read() -> None:
    async def scenario() -> dict[str, Any]:
        talk = communicator("/plain", "POST", {"content-length": str(10 * 1024 * 1024 + 1)})
        start, _ = await complete(talk)
        return start

    assert run(scenario())["status"] == 413


def test_an_unannounced_large_body_is_refused() -> None:
    async def scenario() -> int:
        talk = communicator("/plain", "POST")
        for _ in range(11):
            await talk.send_input({"type": "http.request", "body": b"x" * (1024 * 1024), "more_body": True})
        start, _ = await complete(talk)
        return int(start["status"])

    seen: list[str] = []

    def note(request: Any, **_: Any) -> None:
        seen.append(request.path)

    body_refused.connect(note)
    assert (run(scenario()), seen) == (413, ["/plain"])
    body_refused.disconnect(note)


def test_a_client_that_leaves_before_its_body_is_complete() -> None:
    async def scenario() -> None:
        talk = communicator("/plain", "POST")
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait()
        assert await talk.receive_nothing()

    run(scenario())
