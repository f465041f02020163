"""auth/: setting up, signing in, me and my keys."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from pipelit.api import BaseView, BaseViewSet
from pipelit.errors import Conflict, UserError
from pipelit.throttling import client_address

from . import actions, serializers, telegram
from .models import APIKey, UserProfile
from .permissions import HasFullKey, IsSignedIn


def me(request: Request) -> UserProfile:
    """The caller, behind IsSignedIn."""
    return cast(UserProfile, request.user)


def parsed(serializer: type[serializers.Payload], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body's fields; raises ValidationError."""
    found = serializer(data=request.data, partial=partial)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


class SetupStatusView(BaseView):
    """Whether somebody has to be the first admin. Open to all: the first page asks it."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(responses=serializers.SetupStatus, tags=["auth"])
    def get(self, request: Request) -> Response:
        return Response({"needs_setup": actions.needs_setup()})


class SetupView(BaseView):
    """The first admin. Open to all, and closed for good once anybody exists (409)."""

    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_scope = "login"

    @extend_schema(request=serializers.SetupRequest, responses={201: serializers.Token}, tags=["auth"])
    def post(self, request: Request) -> Response:
        if not actions.needs_setup():
            raise Conflict("Pipelit is set up already. Sign in, or ask an admin for an account.", code="already_set_up")
        _, raw = actions.set_up(**parsed(serializers.SetupRequest, request))
        return Response({"key": raw, "requires_mfa": False}, status=status.HTTP_201_CREATED)


class TokenView(BaseView):
    """Name and password for a key. Open to all, throttled, locked after repeated failures."""

    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_scope = "login"
    throttle_field = "username"

    @extend_schema(request=serializers.TokenRequest, responses=serializers.Token, tags=["auth"])
    def post(self, request: Request) -> Response:
        given = parsed(serializers.TokenRequest, request)
        raw = actions.sign_in(given["username"], given["password"], client_address(request))
        return Response({"key": raw, "requires_mfa": False})


class LogoutView(BaseView):
    """Revokes the key that the call is made with."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        actions.revoke_key(me(request), own_key(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WsTicketView(BaseView):
    """A ticket with which a browser opens the WebSocket."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses={201: serializers.Ticket}, tags=["auth"])
    def post(self, request: Request) -> Response:
        return Response({"ticket": actions.issue_ws_ticket(own_key(request))}, status=status.HTTP_201_CREATED)


class MeView(BaseView):
    """The caller's own account."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=serializers.User, tags=["auth"])
    def get(self, request: Request) -> Response:
        return Response(serializers.User(me(request)).data)

    @extend_schema(request=serializers.MeUpdate, responses=serializers.User, tags=["auth"])
    def patch(self, request: Request) -> Response:
        changes = parsed(serializers.MeUpdate, request, partial=True)
        if not HasFullKey().has_permission(request, self):
            self.permission_denied(request, HasFullKey.message)
        return Response(serializers.User(actions.update_me(me(request), changes)).data)


class MyTelegramView(BaseView):
    """Which Telegram account is the caller's."""

    permission_classes = [HasFullKey]

    @extend_schema(request=None, responses=serializers.LinkCode, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A code to send to a bot as `/link CODE`: its sender is the caller from then on."""
        return Response({"code": telegram.code_for(me(request)), "expires_in": telegram.SECONDS})

    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def delete(self, request: Request) -> Response:
        telegram.unlink(me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MyKeys(BaseViewSet):
    """The caller's own keys, newest first."""

    permission_classes = [HasFullKey]
    serializer_class = serializers.Key
    queryset = APIKey.objects.none()
    lookup_value_converter = "int"

    def owner(self) -> UserProfile:
        return me(self.request)

    @extend_schema(responses=serializers.Key(many=True), tags=["auth"])
    def list(self, request: Request, **kwargs: Any) -> Response:
        page = self.paginate_queryset(APIKey.objects.filter(user=self.owner()))
        return self.get_paginated_response(serializers.Key(page, many=True).data)

    @extend_schema(request=serializers.KeyCreate, responses={201: serializers.NewKey}, tags=["auth"])
    def create(self, request: Request, **kwargs: Any) -> Response:
        key, raw = actions.create_key(self.owner(), **parsed(serializers.KeyCreate, request), by=me(request))
        return Response({**serializers.Key(key).data, "key": raw}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, tags=["auth"])
    def destroy(self, request: Request, pk: int, **kwargs: Any) -> Response:
        actions.revoke_key(self.owner(), pk, by=me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def own_key(request: Request) -> APIKey:
    if not isinstance(request.auth, APIKey):
        raise UserError("This needs an API key (Authorization: Bearer ...), not an admin session.", code="needs_key")
    return request.auth
