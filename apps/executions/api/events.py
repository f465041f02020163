"""trigger-events/: the inbox of what came from outside."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted, Ids
from apps.executions import access, starting
from apps.executions.models import TriggerEvent
from apps.executions.serializers import events, schema
from apps.executions.triggers import inbox
from pipelit.api import IDEMPOTENCY_KEY, BaseViewSet, idempotency_key, query_parameter

from .base import caller, moment, parsed


class TriggerEventViewSet(BaseViewSet):
    """What came in from outside for the workflows that the caller may read, newest first."""

    permission_classes = [IsSignedIn]
    serializer_class = schema.TriggerEvent
    queryset = TriggerEvent.objects.none()
    query_parameters = {"list": ("workflow_slug", "trigger", "status", "q", "from", "to")}

    @extend_schema(
        parameters=[
            OpenApiParameter("workflow_slug", str),
            OpenApiParameter("trigger", str, description="A trigger's node id or its type."),
            OpenApiParameter(
                "status", str, enum=TriggerEvent.Status.values, description="failed: dead letters; held: test mode."
            ),
            OpenApiParameter("q", str, description="In titles, delivery keys, and events that started nothing."),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="Received at or after."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="Received before."),
        ],
        responses=schema.TriggerEvent(many=True),
        tags=["trigger-events"],
    )
    def list(self, request: Request) -> Response:
        found = access.events(caller(request)).select_related("workflow", "execution").defer("event")
        if slug := query_parameter(request, "workflow_slug"):
            found = found.filter(workflow__slug=slug)
        if trigger := query_parameter(request, "trigger"):
            found = found.filter(Q(trigger_node_id=trigger) | Q(trigger_type=trigger))
        if state := query_parameter(request, "status", TriggerEvent.Status.values):
            found = found.filter(status=state)
        if words := query_parameter(request, "q"):
            found = found.filter(Q(title__icontains=words) | Q(key=words) | Q(event__icontains=words))
        if since := moment(request, "from"):
            found = found.filter(received_at__gte=since)
        if until := moment(request, "to"):
            found = found.filter(received_at__lt=until)
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response([events.shape(received) for received in page])

    @extend_schema(responses=schema.TriggerEventDetail, tags=["trigger-events"])
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(events.detail(access.get_event(caller(request), pk)))

    @extend_schema(
        request=Ids,
        responses={201: schema.TriggerEvent(many=True)},
        parameters=[IDEMPOTENCY_KEY],
        tags=["trigger-events"],
    )
    @transaction.atomic
    def replay(self, request: Request) -> Response:
        """Let events in again, each as a new one with a run of its own, oldest first. What cannot start says why."""
        user = caller(request)
        keys = sorted(set(parsed(Ids, request)["ids"]))
        rows = [access.get_event(user, key, write=True) for key in keys]
        key = idempotency_key(request)
        again = [inbox.replay(row, user, key=starting.scoped(key, "replay", user, row.pk)) for row in rows]
        return Response([events.shape(received) for received in again], status=status.HTTP_201_CREATED)

    @extend_schema(request=Ids, responses=Deleted, tags=["trigger-events"])
    @transaction.atomic
    def batch_delete(self, request: Request) -> Response:
        """Forget events, all or none; their executions stay."""
        keys = set(parsed(Ids, request)["ids"])
        rows = [access.get_event(caller(request), key, write=True) for key in sorted(keys)]
        return Response({"deleted": inbox.delete(rows)})
