"""Live events over plain HTTP: server-sent events where the caller asks for `text/event-stream`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import APIKey
from apps.accounts.permissions import IsSignedIn
from apps.executions import access, sse
from apps.executions.hearing import Caller
from apps.executions.models import PARKED, TERMINAL, WorkflowExecution
from apps.executions.serializers import schema
from pipelit import events
from pipelit.api import BaseView, query_parameter
from pipelit.errors import UserError
from pipelit.rendering import JSONRenderer as PlainRenderer
from pipelit.rendering import StaffBrowsableRenderer

from .base import caller, whole


class EventStreamRenderer(JSONRenderer):
    """Lets `Accept: text/event-stream` through; what is no stream (a refusal) is answered as JSON."""

    media_type = sse.MEDIA_TYPE
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


def stream(
    request: Request, execution_id: UUID, since: str | None = None, *, until_parked: bool = False
) -> StreamingHttpResponse:
    """The events of an execution, from the first or after `since`, until it has ended (or waits for somebody)."""
    key = request.auth.pk if isinstance(request.auth, APIKey) else None
    over = {*TERMINAL, *(PARKED if until_parked else ())}

    def until(event: dict[str, Any] | None) -> bool:
        """Of a replay the event tells, of silence the row; after a retry an old end is none."""
        found = WorkflowExecution.objects.filter(pk=execution_id).values_list("status", flat=True).first()
        return found is None or (found in over and (event is None or event["type"] == f"execution_{found}"))

    return sse.response(f"execution:{execution_id}", since or "0", until, Caller(caller(request).pk, key))


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
            return stream(request, execution.pk, _checked(since or request.headers.get("Last-Event-ID")))
        items = _read(f"execution:{execution.pk}", since, whole(request, "limit", 1000, 1, 5000))
        return Response({"items": items, "next": items[-1]["seq"] if items else since or "0"})


def _read(channel: str, since: str | None, limit: int) -> list[dict[str, Any]]:
    try:
        return events.read(channel, _checked(since), limit)
    except events.Gone:
        sentence = "What happened after this event is not kept any more: read the execution afresh."
        raise UserError(sentence, code="resync", status=410) from None


def _checked(since: str | None) -> str | None:
    """A seq; raises UserError for what is none."""
    try:
        if since is not None:
            events.order(since)
    except ValueError:
        sentence = "Must be the seq of an event."
        raise UserError(f"since: {sentence}", code="invalid_parameter", fields={"since": [sentence]}) from None
    return since
