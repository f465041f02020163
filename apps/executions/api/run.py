"""workflows/{slug}/execute/ and chat/: what starts executions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.executions import starting
from apps.executions.models import TERMINAL, WorkflowExecution
from apps.executions.serializers import executions, inputs, schema
from apps.executions.waiting import wait_for_end
from pipelit.api import IDEMPOTENCY_KEY, BaseView, idempotency_key

from .base import caller, parsed
from .streams import Streams, stream, wants_stream


class ExecuteView(BaseView):
    """Run a workflow by hand, from any of its triggers."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        request=inputs.Execute,
        responses={200: schema.Execution, 202: schema.Accepted},
        parameters=[IDEMPOTENCY_KEY],
        tags=["workflows"],
    )
    def post(self, request: Request, slug: str) -> Response:
        """202 at once; with `wait`, 200 and the execution if it ends in time. 422 with `validation_errors` if what
        would run is unfinished."""
        user = caller(request)
        given = parsed(inputs.Execute, request)
        wait = given.pop("wait", 0)
        workflow = starting.runnable(user, slug)
        return started(starting.execute(user, workflow, key=idempotency_key(request), **given), wait)


class ChatView(Streams):
    """Talk to a workflow."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        request=inputs.Chat,
        responses={202: schema.ChatAccepted, (200, "text/event-stream"): str},
        parameters=[IDEMPOTENCY_KEY],
        tags=["chat"],
    )
    def post(self, request: Request, slug: str) -> Any:
        """202 at once; with `Accept: text/event-stream` the tokens and steps as they happen, until the end."""
        user = caller(request)
        given = parsed(inputs.Chat, request)
        workflow = starting.runnable(user, slug)
        execution = starting.chat(user, workflow, key=idempotency_key(request), **given)
        talk = str(execution.conversation_id)
        if wants_stream(request):
            response = stream(request, execution.pk, until_parked=True)
            response["X-Execution-ID"], response["X-Conversation-ID"] = str(execution.pk), talk
            return response
        body = executions.accepted(execution, conversation_id=talk)
        return Response(body, status=status.HTTP_202_ACCEPTED)


def started(execution: WorkflowExecution, wait: float) -> Response:
    """202, or the execution if it ends within `wait` seconds."""
    if wait:
        wait_for_end(execution.pk, wait)
        shown = executions.one(execution.pk)
        if shown["status"] in TERMINAL:
            return Response(shown)
        execution.status = shown["status"]
    return Response(executions.accepted(execution), status=status.HTTP_202_ACCEPTED)
