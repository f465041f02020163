"""credentials/."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import me, parsed
from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted
from pipelit.api import BaseViewSet, query_parameter

from . import actions, registry, serializers, usage
from .access import get_credential
from .models import BaseCredential

FORCE = OpenApiParameter("force", bool, description="Delete although nodes use it.")


class Credentials(BaseViewSet):
    """Everyone may see (masked) and use every credential; its creator and admins change it."""

    permission_classes = [IsSignedIn]
    serializer_class = serializers.Credential
    queryset = BaseCredential.objects.none()
    lookup_value_converter = "int"
    query_parameters = {"list": ("credential_type", "search"), "destroy": ("force",), "batch_delete": ("force",)}

    @extend_schema(
        parameters=[OpenApiParameter("credential_type", str), OpenApiParameter("search", str)],
        responses=serializers.Credential(many=True),
        tags=["credentials"],
    )
    def list(self, request: Request) -> Response:
        rows = BaseCredential.objects.non_polymorphic()
        if kind := query_parameter(request, "credential_type", list(registry.all_kinds())):
            rows = rows.filter(credential_type=kind)
        if search := query_parameter(request, "search"):
            rows = rows.filter(name__icontains=search)
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(serializers.Credential(page or [], many=True).data)

    @extend_schema(request=serializers.CredentialCreate, responses={201: serializers.Credential}, tags=["credentials"])
    def create(self, request: Request) -> Response:
        row = actions.create(me(request), **parsed(serializers.CredentialCreate, request))
        return Response(serializers.Credential(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=serializers.Credential, tags=["credentials"])
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(serializers.Credential(get_credential(me(request), pk)).data)

    @extend_schema(request=serializers.CredentialUpdate, responses=serializers.Credential, tags=["credentials"])
    def partial_update(self, request: Request, pk: int) -> Response:
        get_credential(me(request), pk, write=True)
        row = actions.update(me(request), pk, **parsed(serializers.CredentialUpdate, request, partial=True))
        return Response(serializers.Credential(row).data)

    @extend_schema(parameters=[FORCE], responses={204: None}, tags=["credentials"])
    def destroy(self, request: Request, pk: int) -> Response:
        actions.delete(me(request), [pk], force=forced(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[FORCE], request=serializers.Ids, responses=Deleted, tags=["credentials"])
    @action(detail=False, methods=["post"], url_path="batch-delete")
    def batch_delete(self, request: Request) -> Response:
        ids = parsed(serializers.Ids, request)["ids"]
        return Response({"deleted": actions.delete(me(request), ids, force=forced(request))})

    @extend_schema(responses=serializers.Kind(many=True), tags=["credentials"])
    @action(detail=False, methods=["get"])
    def kinds(self, request: Request) -> Response:
        """What kinds there are, each with the JSON Schema of its fields."""
        described = [kind.describe() for kind in registry.all_kinds().values()]
        return self.get_paginated_response(self.paginate_queryset(described))

    @extend_schema(request=serializers.TestRequest, responses=serializers.TestResult, tags=["credentials"])
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: int) -> Response:
        """Make a real call with it."""
        asked = parsed(serializers.TestRequest, request)
        return Response(actions.try_out(me(request), get_credential(me(request), pk).pk, asked.get("model_name")))

    @extend_schema(responses=serializers.Model(many=True), tags=["credentials"])
    @action(detail=True, methods=["get"])
    def models(self, request: Request, pk: int) -> Response:
        """The provider's models, by a real call."""
        found = actions.list_models(me(request), get_credential(me(request), pk).pk)
        return self.get_paginated_response(self.paginate_queryset(found))

    @extend_schema(responses=serializers.Use(many=True), tags=["credentials"])
    @action(detail=True, methods=["get"])
    def usage(self, request: Request, pk: int) -> Response:
        """Which nodes use it."""
        found: list[dict[str, Any]] = usage.of(get_credential(me(request), pk).pk)
        return self.get_paginated_response(self.paginate_queryset(found))


def forced(request: Request) -> bool:
    return query_parameter(request, "force", ("true", "false", "1", "0")) in {"true", "1"}
