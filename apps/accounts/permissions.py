"""Who may call a view. Each view declares one of these, or AllowAny and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from .keys import allows
from .models import APIKey, UserProfile

if TYPE_CHECKING:
    from rest_framework.views import APIView


class IsSignedIn(BasePermission):
    """Anybody with a valid key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, UserProfile)


class HasWritingKey(IsSignedIn):
    """Not with a key that may only read: for what is read, and lets whoever has it do something."""

    message = "This key may only read."

    def has_permission(self, request: Request, view: APIView) -> bool:
        may_write = not isinstance(request.auth, APIKey) or allows(request.auth, "POST")
        return super().has_permission(request, view) and may_write


class HasFullKey(IsSignedIn):
    """Not with a key limited by scopes: it could lift its own limits."""

    message = "A key that is limited by scopes cannot do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        limited = isinstance(request.auth, APIKey) and bool(request.auth.scopes)
        return super().has_permission(request, view) and not limited


class IsAdmin(HasFullKey):
    """Admins, with a full key."""

    message = "Only admins may do this, and not with a key that is limited by scopes."

    def has_permission(self, request: Request, view: APIView) -> bool:
        admin = isinstance(request.user, UserProfile) and request.user.is_admin
        return super().has_permission(request, view) and admin
