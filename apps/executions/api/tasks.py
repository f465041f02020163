"""tasks/: what waits for somebody."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.accounts.users import get_person
from apps.executions import access, answering
from apps.executions.models import ASKED, PendingTask
from apps.executions.serializers import inputs, schema, tasks
from pipelit.api import BaseViewSet, query_parameter

from .base import caller, parsed

ALL = "all"
STATES = [ALL, *PendingTask.Status.values]


class TaskViewSet(BaseViewSet):
    """The tasks that are the caller's to answer: assigned to them, or unassigned in workflows that they may edit."""

    permission_classes = [IsSignedIn]
    serializer_class = schema.Task
    queryset = PendingTask.objects.none()
    query_parameters = {"list": ("status", "kind", "workflow_slug", "execution_id")}

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=STATES, description="Default: pending."),
            OpenApiParameter("kind", str, enum=PendingTask.Kind.values, description="Default: what people answer."),
            OpenApiParameter("workflow_slug", str),
            OpenApiParameter("execution_id", str),
        ],
        responses=schema.Task(many=True),
        tags=["tasks"],
    )
    def list(self, request: Request) -> Response:
        found = access.answerable(caller(request))
        kind = query_parameter(request, "kind", PendingTask.Kind.values)
        found = found.filter(kind__in=[kind] if kind else ASKED)
        state = query_parameter(request, "status", STATES) or PendingTask.Status.PENDING
        if state != ALL:
            found = found.filter(status=state)
        if slug := query_parameter(request, "workflow_slug"):
            found = found.filter(execution__workflow__slug=slug)
        if execution_id := query_parameter(request, "execution_id"):
            key = access.as_uuid(execution_id)
            found = found.filter(execution_id=key) if key else found.none()
        page: Any = self.paginate_queryset(
            found.select_related("execution__workflow", "responded_by").prefetch_related("answers")
        )
        return self.get_paginated_response([tasks.with_address(task) for task in page])

    @extend_schema(responses=schema.Task, tags=["tasks"])
    def retrieve(self, request: Request, pk: int) -> Response:
        user = caller(request)
        task = access.get_task(user, pk)
        mine = task.kind == PendingTask.Kind.CALLBACK and access.answerable(user).filter(pk=pk).exists()
        return Response(tasks.with_address(task) if mine else tasks.shape(task))

    @extend_schema(request=inputs.Respond, responses=schema.Task, tags=["tasks"])
    def respond(self, request: Request, pk: int) -> Response:
        """Answer a task; the first answer wins. 409 says who answered before, 422 what the form misses."""
        user = caller(request)
        given = parsed(inputs.Respond, request)
        return Response(tasks.shape(answering.answer(answering.task_of(user, pk), by=user, **given)))

    @extend_schema(request=inputs.Delegate, responses=schema.Task, tags=["tasks"])
    def delegate(self, request: Request, pk: int) -> Response:
        """Hand a task to somebody else (a user name), who is told."""
        user = caller(request)
        task = answering.task_of(user, pk)
        given = parsed(inputs.Delegate, request)
        to = get_person(given["to"])
        return Response(tasks.shape(answering.delegate(task, to, user, given.get("comment", ""))))
