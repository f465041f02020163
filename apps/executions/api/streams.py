"""Live events over plain HTTP: server-sent events where the caller asks for `text/event-stream`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.executions import access
from apps.executions.serializers import schema
from apps.executions.waiting import follow
from pipelit import events
from pipelit.api import BaseView, query_parameter
from pipelit.errors import UserError
from pipelit.rendering import JSONRenderer as PlainRenderer
from pipelit.rendering import StaffBrowsableRenderer

from .base import caller, whole

MEDIA_TYPE = "text/event-stream"
LONGEST_STREAM = 3600.0
PARKED_EVENTS = frozenset({"execution_waiting", "execution_interrupted"})


class EventStreamRenderer(JSONRenderer):
    """Lets `Accept: text/event-stream` through; what is no stream (a refusal) is answered as JSON."""

    media_type = MEDIA_TYPE
    format = "sse"


class Streams(BaseView):
    """A view that may answer with a stream."""

    renderer_classes = [PlainRenderer, EventStreamRenderer, StaffBrowsableRenderer]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answered = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(answered, Response) and wants_stream(request):
            answered.accepted_renderer, answered.accepted_media_type = PlainRenderer(), "application/json"
        return answered


def wants_stream(request: Request) -> bool:
    return getattr(getattr(request, "accepted_renderer", None), "format", None) == "sse"


def stream(execution_id: UUID, since: str | None = None, *, until_parked: bool = False) -> StreamingHttpResponse:
    """The events of an execution, from the first or after `since`, until it has ended (or waits for somebody)."""
    response = StreamingHttpResponse(_parts(execution_id, since or "0", until_parked), content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _parts(execution_id: UUID, since: str, until_parked: bool) -> Iterator[bytes]:
    yield b"retry: 1000\n\n"
    try:
        events.read(f"execution:{execution_id}", since, 1)
    except (events.Gone, ValueError):
        yield b"event: resync\ndata: {}\n\n"
        return
    for event in follow(execution_id, LONGEST_STREAM, since):
        yield _part(event) if event else b": alive\n\n"
        if event and until_parked and event["type"] in PARKED_EVENTS:
            return


def _part(event: Mapping[str, Any]) -> bytes:
    return f"id: {event['seq']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


class EventsView(Streams):
    """The live events of an execution; the journal is the truth, these are its news."""

    permission_classes = [IsSignedIn]
    query_parameters = ("since", "limit")

    @extend_schema(
        parameters=[
            OpenApiParameter("since", str, description="The seq of the last event that you have seen."),
            OpenApiParameter("limit", int),
        ],
        responses={200: schema.Events, (200, "text/event-stream"): str},
        tags=["executions"],
    )
    def get(self, request: Request, pk: UUID) -> Any:
        """The events after `since`; 410 `resync` if they are not kept any more: read the execution afresh."""
        execution = access.get_execution(caller(request), pk)
        since = query_parameter(request, "since")
        if wants_stream(request):
            return stream(execution.pk, since or request.headers.get("Last-Event-ID"))
        items = _read(f"execution:{execution.pk}", since, whole(request, "limit", 1000, 1, 5000))
        return Response({"items": items, "next": items[-1]["seq"] if items else since or "0"})


def _read(channel: str, since: str | None, limit: int) -> list[dict[str, Any]]:
    try:
        if since is not None:
            events.order(since)
        return events.read(channel, since, limit)
    except ValueError:
        sentence = "Must be the seq of an event."
        raise UserError(f"since: {sentence}", code="invalid_parameter", fields={"since": [sentence]}) from None
    except events.Gone:
        sentence = "What happened after this event is not kept any more: read the execution afresh."
        raise UserError(sentence, code="resync", status=410) from None
