"""Statistics, and running or previewing one node by itself."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import HasWritingKey, IsSignedIn
from apps.executions import access, single, starting, stats
from apps.executions.inbound import form_link
from apps.executions.serializers import inputs, schema
from apps.workflows import access as workflows
from pipelit.api import IDEMPOTENCY_KEY, BaseView, idempotency_key, query_parameter

from .base import caller, parsed, whole
from .run import started

MOST = 200


class StatsView(BaseView):
    """Runs, failures, latency and cost over time."""

    permission_classes = [IsSignedIn]
    query_parameters = ("days",)

    @extend_schema(parameters=[OpenApiParameter("days", int)], responses=schema.Stats, tags=["workflows"])
    def get(self, request: Request, slug: str) -> Response:
        """By day (UTC), the last 30 or `days`."""
        days = whole(request, "days", 30, 1, 366)
        return Response(stats.of_workflow(starting.runnable(caller(request), slug), days))


class RecentView(BaseView):
    """Runs and failures of many workflows at once, as for a list of them."""

    permission_classes = [IsSignedIn]
    query_parameters = ("days", "workflow_slugs")

    @extend_schema(
        parameters=[
            OpenApiParameter("workflow_slugs", str, required=True, description="Comma-separated, at most 200."),
            OpenApiParameter("days", int),
        ],
        responses=schema.RecentRuns,
        tags=["executions"],
    )
    def get(self, request: Request) -> Response:
        """By workflow and day (UTC), the last 14 or `days`. Days and workflows without a run are left out."""
        days = whole(request, "days", 14, 1, 366)
        slugs = (query_parameter(request, "workflow_slugs") or "").split(",")[:MOST]
        return Response(stats.of_workflows(slugs, access.readable(caller(request)), days))


class RunNodeView(BaseView):
    """One node by itself."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        request=inputs.RunNode,
        responses={200: schema.Execution, 202: schema.Accepted},
        parameters=[IDEMPOTENCY_KEY],
        tags=["workflows"],
    )
    def post(self, request: Request, slug: str, node_id: str) -> Response:
        """Run the node as drafted, on what a run recorded before it, or on `inputs`. 409 if a record is missing."""
        user = caller(request)
        given = parsed(inputs.RunNode, request)
        workflow = workflows.get_workflow(user, slug, write=True)
        base = single.last_run(user, workflow, given.get("execution_id"))
        key = starting.scoped(idempotency_key(request), "node", user, f"{workflow.pk}:{node_id}")
        execution = single.run_node(user, workflow, node_id, base, given.get("inputs") or {}, key)
        return started(execution, given.get("wait", 0))


class AddressView(BaseView):
    """Where a form is."""

    permission_classes = [HasWritingKey]

    @extend_schema(responses=schema.Address, tags=["workflows"])
    def get(self, request: Request, slug: str, node_id: str) -> Response:
        """The link of a `trigger_form` node, for those who may edit the workflow; not with a key that may only read.
        `complete`: it opens as it is; else `?key=` and the secret that the author has chosen follow."""
        return Response(form_link.address(workflows.get_workflow(caller(request), slug, write=True), node_id))


class PreviewView(BaseView):
    """An expression as a node would see it."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=inputs.Preview, responses=schema.PreviewResult, tags=["workflows"])
    def post(self, request: Request, slug: str, node_id: str) -> Response:
        """Render an expression with the values of a run; executes nothing else. 422 says what it lacks."""
        user = caller(request)
        given = parsed(inputs.Preview, request)
        workflow = workflows.get_workflow(user, slug)
        base = single.last_run(user, workflow, given.get("execution_id"))
        value = single.preview(workflow, node_id, base, given.get("expression"))
        return Response({"value": value, "execution_id": str(base.pk)})
