"""schedules/, and a trigger node's own schedule."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted, Ids
from apps.executions.serializers import executions
from apps.executions.serializers import schema as execution_shapes
from apps.workflows import access as workflows
from apps.workflows.api.base import WorkflowScoped, caller, parsed
from apps.workflows.models import Workflow
from apps.workflows.timing import Timing
from pipelit.api import IDEMPOTENCY_KEY, BaseViewSet, idempotency_key, query_parameter
from pipelit.errors import NotFound

from . import access, actions, schemas, serializers, shapes
from .models import ScheduledJob, ScheduledRun

MOST = 2**63
FILTERS = [
    OpenApiParameter("workflow_slug", str),
    OpenApiParameter("trigger_node_id", str, description="Of the trigger as it is called now."),
    OpenApiParameter("status", str, enum=ScheduledJob.Status.values),
    OpenApiParameter("q", str, description="Part of the name."),
]


class Refusals(BaseViewSet):
    """Audits what could not be scheduled, and why."""

    audited = ("create", "partial_update", "resume", "run_now", "start")

    def handle_exception(self, exc: Exception) -> Response:
        answer = super().handle_exception(exc)
        if self.action in self.audited and answer.status_code in (400, 404, 409, 422):
            said = answer.data
            audit(caller(self.request), "schedule.refused", self.about(), reason=said["detail"], code=said["code"])
        return answer

    def about(self) -> str | None:
        for kind, name in (("scheduledjob", "pk"), ("workflow", "slug")):
            if name in self.kwargs:
                return f"{kind}:{self.kwargs[name]}"[:200]
        given = self.request.data.get("workflow_id") if isinstance(self.request.data, dict) else None
        return f"workflow:{given}" if isinstance(given, int) and 0 < given < MOST else None


class ScheduleViewSet(Refusals):
    """What starts triggers at set times; of the workflows that the caller may read."""

    permission_classes = [IsSignedIn]
    serializer_class = schemas.Schedule
    queryset = ScheduledJob.objects.none()
    query_parameters = {"list": ("workflow_slug", "trigger_node_id", "status", "q"), "runs": ("state",)}

    @extend_schema(parameters=FILTERS, responses=schemas.Schedule(many=True), tags=["schedules"])
    def list(self, request: Request) -> Response:
        found = access.readable(caller(request))
        if slug := query_parameter(request, "workflow_slug"):
            found = found.filter(workflow__slug=slug)
        if node_id := query_parameter(request, "trigger_node_id"):
            found = found.filter(node__node_id=node_id)
        if state := query_parameter(request, "status", ScheduledJob.Status.values):
            found = found.filter(status=state)
        if words := query_parameter(request, "q"):
            found = found.filter(name__icontains=words)
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response([shapes.schedule(job) for job in page])

    @extend_schema(request=serializers.Create, responses={201: schemas.Schedule}, tags=["schedules"])
    def create(self, request: Request) -> Response:
        """A schedule, active at once. Give `interval_seconds`, or `cron` with a `timezone`."""
        user = caller(request)
        fields = parsed(serializers.Create, request)
        workflow = _workflow(user, fields.pop("workflow_id"))
        job = actions.create(user, workflow, fields.pop("trigger_node_id"), fields)
        return Response(shapes.schedule(job), status=status.HTTP_201_CREATED)

    @extend_schema(responses=schemas.Schedule, tags=["schedules"])
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(shapes.schedule(access.get_schedule(caller(request), pk)))

    @extend_schema(request=serializers.Changes, responses=schemas.Schedule, tags=["schedules"])
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is named; new times count from now."""
        job = access.get_schedule(caller(request), pk, write=True)
        return Response(shapes.schedule(actions.update(caller(request), job, parsed(serializers.Changes, request))))

    @extend_schema(responses={204: None}, tags=["schedules"])
    def destroy(self, request: Request, pk: int) -> Response:
        actions.delete(caller(request), [pk])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=Ids, responses=Deleted, tags=["schedules"])
    def batch_delete(self, request: Request) -> Response:
        """Delete several, all or none; their executions stay."""
        return Response({"deleted": actions.delete(caller(request), parsed(Ids, request)["ids"])})

    @extend_schema(request=None, responses=schemas.Schedule, tags=["schedules"])
    def pause(self, request: Request, pk: int) -> Response:
        """Start nothing until it is resumed; what runs goes on."""
        job = access.get_schedule(caller(request), pk, write=True)
        return Response(shapes.schedule(actions.pause(caller(request), job)))

    @extend_schema(request=None, responses=schemas.Schedule, tags=["schedules"])
    def resume(self, request: Request, pk: int) -> Response:
        """Go on with the next time from now; also after it was dead."""
        job = access.get_schedule(caller(request), pk, write=True)
        return Response(shapes.schedule(actions.resume(caller(request), job)))

    @extend_schema(
        request=None,
        responses={202: execution_shapes.Accepted},
        parameters=[IDEMPOTENCY_KEY],
        tags=["schedules"],
    )
    def run_now(self, request: Request, pk: int) -> Response:
        """Start a run besides those that are due."""
        job = access.get_schedule(caller(request), pk, write=True)
        execution = actions.run_now(caller(request), job, idempotency_key(request))
        return Response(executions.accepted(execution), status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=ScheduledRun.State.values)],
        responses=schemas.Run(many=True),
        tags=["schedules"],
    )
    def runs(self, request: Request, pk: int) -> Response:
        """Each time that it was due, newest first, and what came of it."""
        found = access.get_schedule(caller(request), pk).runs.all()
        if state := query_parameter(request, "state", ScheduledRun.State.values):
            found = found.filter(state=state)
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response([shapes.run(run) for run in page])

    @extend_schema(request=serializers.SchedulePreview, responses=schemas.Fires, tags=["schedules"])
    def preview(self, request: Request) -> Response:
        """The next ten times (or `count`) of an interval or a cron line, across changes of the clocks."""
        given = parsed(serializers.SchedulePreview, request)
        timing = Timing(given.get("interval_seconds"), (given.get("cron") or "").strip(), given.get("timezone", "UTC"))
        return Response({"timezone": timing.timezone, "fires": actions.preview(timing, given.get("count", 10))})


class NodeSchedule(Refusals, WorkflowScoped):
    """The schedule of a trigger_schedule node itself, as its config says."""

    @extend_schema(request=None, responses=schemas.Schedule, tags=["schedules"])
    def start(self, request: Request, slug: str, node_id: str) -> Response:
        """Start it, or take over what was changed in the node's config."""
        return Response(shapes.schedule(actions.start_node(caller(request), self.workflow(write=True), node_id)))

    @extend_schema(request=None, responses=schemas.Schedule, tags=["schedules"])
    def pause(self, request: Request, slug: str, node_id: str) -> Response:
        return Response(shapes.schedule(actions.pause_node(caller(request), self.workflow(write=True), node_id)))

    @extend_schema(request=None, responses=schemas.Schedule, tags=["schedules"])
    def stop(self, request: Request, slug: str, node_id: str) -> Response:
        """End it: nothing more is due. `start` begins anew."""
        return Response(shapes.schedule(actions.stop_node(caller(request), self.workflow(write=True), node_id)))


def _workflow(user: UserProfile, key: int) -> Workflow:
    """Raises NotFound, which tells nothing of what others have."""
    found = workflows.writable(user).filter(pk=key).first() if 0 < key < MOST else None
    if found is None:
        sentence = f"There is no workflow {key}, or it is not yours to change."
        raise NotFound(sentence, fields={"workflow_id": [sentence]})
    return found
