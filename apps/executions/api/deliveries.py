"""deliveries/: what executions have sent to the world outside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.executions import access, starting
from apps.executions.delivery import outbox
from apps.executions.models import Delivery
from apps.executions.serializers import deliveries, schema
from pipelit.api import IDEMPOTENCY_KEY, BaseViewSet, idempotency_key, query_parameter

from .base import caller


class DeliveryViewSet(BaseViewSet):
    """Replies, results, questions and notices that left by Telegram, callback or mail, newest first."""

    permission_classes = [IsSignedIn]
    serializer_class = schema.DeliveryShape
    queryset = Delivery.objects.none()
    query_parameters = {"list": ("execution_id", "workflow_slug", "status", "channel", "kind")}

    @extend_schema(
        parameters=[
            OpenApiParameter("execution_id", str),
            OpenApiParameter("workflow_slug", str),
            OpenApiParameter("status", str, enum=Delivery.Status.values),
            OpenApiParameter("channel", str, description="telegram, callback or email."),
            OpenApiParameter("kind", str, enum=Delivery.Kind.values),
        ],
        responses=schema.DeliveryShape(many=True),
        tags=["deliveries"],
    )
    def list(self, request: Request) -> Response:
        found = access.deliveries(caller(request)).select_related("execution__workflow")
        if execution_id := query_parameter(request, "execution_id"):
            found = found.filter(execution_id=access.as_uuid(execution_id))
        if slug := query_parameter(request, "workflow_slug"):
            found = found.filter(execution__workflow__slug=slug)
        if state := query_parameter(request, "status", Delivery.Status.values):
            found = found.filter(status=state)
        if channel := query_parameter(request, "channel"):
            found = found.filter(channel=channel)
        if kind := query_parameter(request, "kind", Delivery.Kind.values):
            found = found.filter(kind=kind)
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response([deliveries.shape(delivery) for delivery in page])

    @extend_schema(responses=schema.DeliveryShape, tags=["deliveries"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(deliveries.shape(access.get_delivery(caller(request), pk)))

    @extend_schema(
        request=None, responses={202: schema.DeliveryShape}, parameters=[IDEMPOTENCY_KEY], tags=["deliveries"]
    )
    def resend(self, request: Request, pk: UUID) -> Response:
        """Send again what was given up, or was sent already. 409 while it is under way."""
        user = caller(request)
        key = starting.scoped(idempotency_key(request), "resend", user, pk)
        delivery = outbox.resend(access.get_delivery(user, pk, write=True), user, key=key or "")
        return Response(deliveries.shape(delivery), status=202)
