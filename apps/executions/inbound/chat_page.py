"""`/chat/{slug}`: a page on which everybody may talk to a workflow whose chat trigger is public, and the script that
brings it to other pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from apps.executions import sse
from apps.executions.hearing import Caller
from apps.executions.live import in_database
from apps.executions.models import TERMINAL, Status, WorkflowExecution
from pipelit import failures
from pipelit.errors import NotFound, PipelitError, UserError

from . import doors, limits, pages, talking
from .body import parsed_body
from .doors import Door

KIND = "chat"
PER_MINUTE = 20
LONGEST = 4_000
"""Characters of a message."""
MOST_BYTES = 64 * 1024
TOKEN_HEADER = "X-Conversation"  # noqa: S105 - a header's name
WIDGET_SECONDS = 300
MESSAGE_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
OVER = frozenset({*TERMINAL, Status.INTERRUPTED})
"""When a stream ends: nobody knows when a person will decide."""
View = Callable[[HttpRequest, str], HttpResponseBase]


@csrf_exempt
def page(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        with _entered(request, slug, "GET") as door:
            return pages.page("chat.html", _about(door), framed_by=door.origins)
    except PipelitError as error:
        return pages.refusal(request, error)


@csrf_exempt
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    """A script for pages of the allowed origins: a button that opens the chat in a frame."""
    try:
        with _entered(request, slug, "GET") as door:
            script = render_to_string("executions/widget.js", _about(door))
    except PipelitError as error:
        return failures.answer(error)
    headers = {"Cache-Control": f"public, max-age={WIDGET_SECONDS}", "Cross-Origin-Resource-Policy": "cross-origin"}
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


def said_as_json(view: View) -> View:
    @csrf_exempt
    @wraps(view)
    def called(request: HttpRequest, slug: str) -> HttpResponseBase:
        try:
            return view(request, slug)
        except PipelitError as error:
            return failures.answer(error)

    return called


@said_as_json
def history(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What was said in the conversation of the token; nothing for a token that is none."""
    with _entered(request, slug, "GET") as door:
        found = talking.messages(door, request.headers.get(TOKEN_HEADER, ""))
    return JsonResponse({"items": found}, headers={"Cache-Control": "no-store"})


@said_as_json
def messages(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say something; the answer is a stream of conversation, token, reply and, at the end, done."""
    with _entered(request, slug, "POST") as door:
        text, token, key = _message(request)
        door.check_open()
        limits.by_address(door, request, PER_MINUTE)
        execution = talking.say(door, text, token, key)
    caller = Caller(door.workflow.owner_id, None)
    return sse.answer(_talk(execution, caller, talking.speakers(door.version)))


async def _talk(execution: WorkflowExecution, caller: Caller, speakers: frozenset[str]) -> AsyncIterator[bytes]:
    def show(event: dict[str, Any]) -> dict[str, Any] | None:
        data = event["data"]
        if event["type"] == "token" and data.get("node_id") in speakers:
            return {"type": "token", "seq": event["seq"], "delta": data.get("delta", "")}
        if event["type"] == "reply":
            return {"type": "reply", "seq": event["seq"], "text": data.get("text", "")}
        return None

    yield sse.part({"type": "conversation", "seq": "0", "token": talking.token_of(execution.conversation_id)})
    parts = sse.stream(f"execution:{execution.pk}", "0", _until(execution.pk), caller, show)
    async with aclosing(parts):  # type: ignore[type-var]
        async for sent in parts:
            yield sent
    yield sse.part({**await in_database(talking.outcome, execution.pk), "type": "done", "seq": "0"})


def _until(key: UUID) -> sse.Until:
    def over(event: dict[str, Any] | None) -> bool:
        status = WorkflowExecution.objects.filter(pk=key).values_list("status", flat=True).first()
        return status is None or (status in OVER and (event is None or event["type"] == f"execution_{status}"))

    return over


@contextmanager
def _entered(request: HttpRequest, slug: str, *methods: str) -> Iterator[Door]:
    """The door of a public chat, which takes these methods. What is refused inside is audited."""
    door = _door(slug)
    with limits.noted(door, request):
        doors.check_method(request, "A chat", methods)
        yield door


def _door(slug: str) -> Door:
    """Raises NotFound, which looks like a miss, unless a chat trigger is public by its author's choice."""
    for door in doors.find(KIND, slug):
        if door.config.get("public") is True:
            return door
    raise NotFound(doors.missing(KIND))


def _about(door: Door) -> dict[str, Any]:
    return {
        "title": door.config.get("title") or door.workflow.name,
        "greeting": door.config.get("greeting") or "",
        "base": f"/chat/{door.workflow.slug}",
        "longest": LONGEST,
        "open": door.workflow.is_active,
    }


def _message(request: HttpRequest) -> tuple[str, str, str]:
    """Text, token and key of a body; raises UserError."""
    if request.content_type != "application/json":
        raise UserError("Send the message as JSON.", code="unsupported_media_type", status=415)
    if len(request.body) > MOST_BYTES:
        raise UserError("The message is too long.", **pages.TOO_LARGE)
    body = parsed_body(request)
    given = body if isinstance(body, dict) else {}
    text, token, key = (given.get(name, "") for name in ("text", "token", "key"))
    text = text.replace("\x00", "") if isinstance(text, str) else ""
    if not text.strip():
        raise UserError("Say something: text is empty.", fields={"text": ["Must not be empty."]})
    if len(text) > LONGEST:
        raise UserError(f"The message is longer than {LONGEST} characters.", **pages.TOO_LARGE)
    if not isinstance(key, str) or not MESSAGE_KEY.fullmatch(key):
        raise UserError("key: Must be 16 to 64 letters, digits, - or _.", fields={"key": ["A key of the message."]})
    return text, token if isinstance(token, str) else "", key
