"""users/: accounts and their keys, for admins."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pipelit.api import BaseViewSet, query_parameter

from . import actions, serializers
from .api import MyKeys, me, parsed
from .models import Role, UserProfile
from .permissions import IsAdmin


class Users(BaseViewSet):
    """People's accounts."""

    permission_classes = [IsAdmin]
    serializer_class = serializers.User
    queryset = UserProfile.objects.none()
    lookup_value_converter = "int"
    query_parameters = {"list": ("search", "role")}

    @extend_schema(
        parameters=[OpenApiParameter("search", str), OpenApiParameter("role", str, enum=Role.values)],
        responses=serializers.User(many=True),
        tags=["users"],
    )
    def list(self, request: Request) -> Response:
        people = UserProfile.objects.filter(is_agent=False)
        if search := query_parameter(request, "search"):
            people = people.filter(username__icontains=search)
        if role := query_parameter(request, "role", Role.values):
            people = people.filter(role=role)
        page = self.paginate_queryset(people)
        return self.get_paginated_response(serializers.User(page, many=True).data)

    @extend_schema(request=serializers.UserCreate, responses={201: serializers.User}, tags=["users"])
    def create(self, request: Request) -> Response:
        user = actions.create_user(**parsed(serializers.UserCreate, request), by=me(request))
        return Response(serializers.User(user).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=serializers.User, tags=["users"])
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(serializers.User(actions.get_user(pk)).data)

    @extend_schema(request=serializers.UserUpdate, responses=serializers.User, tags=["users"])
    def partial_update(self, request: Request, pk: int) -> Response:
        user = actions.get_user(pk)
        changes = parsed(serializers.UserUpdate, request, partial=True)
        return Response(serializers.User(actions.update_user(user, changes, by=me(request))).data)

    @extend_schema(responses={204: None}, tags=["users"])
    def destroy(self, request: Request, pk: int) -> Response:
        actions.delete_user(actions.get_user(pk), by=me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Agents(BaseViewSet):
    """Accounts without password that workflows use."""

    permission_classes = [IsAdmin]
    serializer_class = serializers.User
    queryset = UserProfile.objects.none()
    lookup_value_converter = "int"

    @extend_schema(responses=serializers.User(many=True), tags=["users"])
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(UserProfile.objects.filter(is_agent=True))
        return self.get_paginated_response(serializers.User(page, many=True).data)

    @extend_schema(responses={204: None}, tags=["users"])
    def destroy(self, request: Request, pk: int) -> Response:
        actions.delete_user(actions.get_user(pk, is_agent=True), by=me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=serializers.Ids, responses=serializers.Deleted, tags=["users"])
    @action(detail=False, methods=["post"], url_path="batch-delete")
    def batch_delete(self, request: Request) -> Response:
        ids = parsed(serializers.Ids, request)["ids"]
        with transaction.atomic():
            for user_id in dict.fromkeys(ids):
                actions.delete_user(actions.get_user(user_id, is_agent=True), by=me(request))
        return Response({"deleted": len(set(ids))})


class UserKeys(MyKeys):
    """Somebody's keys, for admins."""

    permission_classes = [IsAdmin]

    def owner(self) -> UserProfile:
        return actions.get_user(self.kwargs["user_id"])
