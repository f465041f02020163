"""executions/: what has run and what runs."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted
from apps.executions import access, actions, starting
from apps.executions.deletion import delete_executions
from apps.executions.models import TERMINAL, ExecutionLog, Status, StoredValue, WorkflowExecution
from apps.executions.serializers import executions, graph, inputs, schema, testcase
from apps.executions.serializers.stored import parsed as plain
from apps.workflows.versions import resolve as resolve_version
from pipelit.api import IDEMPOTENCY_KEY, BaseViewSet, idempotency_key, query_parameter
from pipelit.errors import Conflict, NotFound
from pipelit.fields import dumps

from .base import caller, moment, parsed

FILTERS = [
    OpenApiParameter("workflow_slug", str),
    OpenApiParameter("status", str, enum=Status.values),
    OpenApiParameter("trigger", str, description="A trigger's node id or its type."),
    OpenApiParameter("user", str, description="The name of who triggered it."),
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Created at or after."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="Created before."),
    OpenApiParameter("parent", str, description="The execution that called it, or `none`."),
]


class ExecutionViewSet(BaseViewSet):
    """Executions of the workflows that the caller may read, newest first."""

    permission_classes = [IsSignedIn]
    serializer_class = schema.Execution
    queryset = WorkflowExecution.objects.none()
    query_parameters = {
        "list": ("workflow_slug", "status", "trigger", "user", "from", "to", "parent"),
        "logs": ("node_id", "status", "q"),
    }

    @extend_schema(parameters=FILTERS, responses=schema.Execution(many=True), tags=["executions"])
    def list(self, request: Request) -> Response:
        found = _filtered(access.readable(caller(request)), request)
        pages: Any = self.paginator
        start, limit = pages.get_offset(request), pages.get_limit(request)
        total = found.order_by().count()
        return Response({"items": executions.many(found, start, start + limit), "total": total})

    @extend_schema(responses=schema.ExecutionDetail, tags=["executions"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One execution with the first 1,000 rows of its journal, its children and pending tasks."""
        return Response(executions.detail(access.get_execution(caller(request), pk).pk))

    @extend_schema(
        parameters=[
            OpenApiParameter("node_id", str),
            OpenApiParameter("status", str, enum=ExecutionLog.Status.values),
            OpenApiParameter("q", str, description="In step keys, errors, inputs, outputs and what code printed."),
        ],
        responses=schema.Log(many=True),
        tags=["executions"],
    )
    def logs(self, request: Request, pk: UUID) -> Response:
        """The journal, ascending, page by page."""
        rows = ExecutionLog.objects.filter(execution=access.get_execution(caller(request), pk))
        if node_id := query_parameter(request, "node_id"):
            rows = rows.filter(node_id=node_id)
        if state := query_parameter(request, "status", ExecutionLog.Status.values):
            rows = rows.filter(status=state)
        if words := query_parameter(request, "q"):
            as_json = dumps(words)[1:-1]  # those columns hold JSON as text
            plain_text = Q(step_key__icontains=words) | Q(error__icontains=words)
            stored = Q(input__icontains=as_json) | Q(output__icontains=as_json) | Q(metadata__icontains=as_json)
            rows = rows.filter(plain_text | stored)
        pages: Any = self.paginator
        start, limit = pages.get_offset(request), pages.get_limit(request)
        return Response({"items": executions.logs(rows, start, start + limit), "total": rows.order_by().count()})

    @extend_schema(responses=OpenApiTypes.ANY, tags=["executions"])
    def values(self, request: Request, pk: UUID, digest: str) -> Response:
        """A large value in full: what `{"$ref": digest}` in a log stands for."""
        execution = access.get_execution(caller(request), pk)
        text = StoredValue.objects.filter(execution=execution, digest=digest).values_list("data", flat=True).first()
        if text is None:
            raise NotFound("The execution holds no such value.")
        return Response(plain(text))

    @extend_schema(request=None, responses=schema.Accepted, tags=["executions"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel an unfinished execution and its children; 409 if it has ended."""
        execution = access.get_execution(caller(request), pk, write=True)
        return Response(executions.accepted(actions.cancel(execution, by=caller(request))))

    @extend_schema(request=None, responses={202: schema.Accepted}, parameters=[IDEMPOTENCY_KEY], tags=["executions"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Run a failed execution on from the step that failed; what succeeded stays. 409 if it has not failed."""
        execution = access.get_execution(caller(request), pk, write=True)
        key = starting.scoped(idempotency_key(request), "retry", caller(request), execution.pk)
        started = actions.retry(execution, by=caller(request), key=key or "")
        return Response(executions.accepted(started), status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=inputs.Rerun, responses={202: schema.Accepted}, parameters=[IDEMPOTENCY_KEY], tags=["executions"]
    )
    def rerun(self, request: Request, pk: UUID) -> Response:
        """A new execution with the same input."""
        user = caller(request)
        execution = access.get_execution(user, pk, write=True)
        given = parsed(inputs.Rerun, request)
        key = starting.scoped(idempotency_key(request), "rerun", user, execution.pk)
        version = resolve_version(execution.workflow, given["version"], user) if "version" in given else None
        started = actions.rerun(
            execution, by=user, from_step=given.get("from_step"), edits=given.get("edits"), version=version, key=key
        )
        return Response(executions.accepted(started), status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=schema.Graph, tags=["executions"])
    def graph(self, request: Request, pk: UUID) -> Response:
        """The version that it ran, each node with what came of its steps."""
        return Response(graph.shape(access.get_execution(caller(request), pk)))

    @extend_schema(request=None, responses={201: schema.TestCase}, tags=["executions"])
    def test_case(self, request: Request, pk: UUID) -> Response:
        """A finished execution as a test case: workflow, input and what came of it."""
        execution = access.get_execution(caller(request), pk)
        if execution.status not in TERMINAL:
            raise Conflict("The execution has not ended: what should a test expect?")
        name = f"{execution.workflow.slug}-{str(execution.pk)[:8]}.json"
        case = json.loads(json.dumps(testcase.shape(execution)))
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(case, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(request=inputs.ExecutionIds, responses=Deleted, tags=["executions"])
    def batch_delete(self, request: Request) -> Response:
        """Delete executions that have ended, with their journals; all or none."""
        keys = parsed(inputs.ExecutionIds, request)["ids"]
        return Response({"deleted": delete_executions(caller(request), keys)})


def _filtered(found: QuerySet[WorkflowExecution], request: Request) -> QuerySet[WorkflowExecution]:
    if slug := query_parameter(request, "workflow_slug"):
        found = found.filter(workflow__slug=slug)
    if state := query_parameter(request, "status", Status.values):
        found = found.filter(status=state)
    if trigger := query_parameter(request, "trigger"):
        found = found.filter(Q(trigger_type=trigger) | Q(trigger_node_id=trigger))
    if user := query_parameter(request, "user"):
        found = found.filter(user__username=user)
    if start := moment(request, "from"):
        found = found.filter(created_at__gte=start)
    if end := moment(request, "to"):
        found = found.filter(created_at__lt=end)
    if parent := query_parameter(request, "parent"):
        key = access.as_uuid(parent)
        known = found.filter(parent__isnull=True) if parent == "none" else found.filter(parent_id=key)
        found = known if key or parent == "none" else found.none()
    return found
