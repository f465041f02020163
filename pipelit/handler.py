"""How the web process runs Django's synchronous views: in a bounded pool of lasting threads.

Django's own ASGI handler starts a thread per request and crosses between it and the event loop a dozen times
(0.9 ms of a request's cost here); this one crosses once. Streaming answers are sent from the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.db import close_old_connections
from django.http import HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from pipelit.middleware import overloaded, too_large

THREADS = 64
MOST_WAITING = 2_000
"""Requests that may wait for a thread: more would outlast their clients' patience."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Handler(ASGIHandler):
    """An ASGI application of type http."""

    def __init__(self, threads: int = THREADS) -> None:
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self.under_way = 0
        self.most = threads + MOST_WAITING
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.handle(scope, receive, send)
        except RequestAborted:
            return

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.under_way >= self.most:
            await self.send_response(_measured(overloaded()), send)
            return
        body = tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115 (closed below)
        try:
            respond = self.respond if await self.fill(scope, receive, body) else self.refuse
            response = await self.answer(scope, body, respond)
            if response.streaming:
                await self.stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

    async def answer(self, scope: Scope, body: Any, respond: Callable[..., HttpResponseBase]) -> Any:
        request, refusal = self.create_request(scope, body)
        if request is None:
            return refusal
        self.under_way += 1
        try:
            return await self.in_thread(respond, scope, request)
        finally:
            self.under_way -= 1

    async def fill(self, scope: Scope, receive: Receive, body: Any) -> bool:
        """As Django's, but counting; False for a body that is too large, be it announced or not."""
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value[:12]) > settings.MAX_BODY_BYTES):
                return False
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body.write(message.get("body", b""))
            if body.tell() > settings.MAX_BODY_BYTES:
                return False
            more = message.get("more_body", False)
        body.seek(0)
        return True

    def respond(self, scope: Scope, request: ASGIRequest) -> HttpResponseBase:
        """In a thread: the whole synchronous life of a request. The database connection is given back here."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        return response

    def refuse(self, scope: Scope, request: ASGIRequest) -> HttpResponseBase:
        """In a thread: what answers a body that is too large. No view sees it."""
        response = _measured(too_large(request))
        close_old_connections()
        return response

    async def stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send part by part until the end, or until the client has gone; then close the response."""
        sending = asyncio.create_task(self.send_parts(response, send))
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, gone):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, RequestAborted):
                    await task
            await self.in_thread(response.close)

    async def send_parts(self, response: Any, send: Send) -> None:
        if response.is_async:
            await self.send_response(response, send)
            return
        parts: Iterator[bytes] = iter(response)
        headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
        headers += [(b"Set-Cookie", c.output(header="").encode("ascii").strip()) for c in response.cookies.values()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        while (part := await self.in_thread(next, parts, None)) is not None:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self.threads, lambda: context.run(function, *args))


def _measured(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Length"] = str(len(response.content))
    return response
