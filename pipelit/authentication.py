"""The one way in besides API keys: a staff member's admin session, for the browsable API alone."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class StaffSession(SessionAuthentication):
    """Accepts the admin's session where HTML is answered, CSRF enforced. A program that asks for JSON needs a key."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        renderer = getattr(request, "accepted_renderer", None)
        if getattr(renderer, "format", None) != "api":
            return None
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active or not user.is_staff:
            return None
        self.enforce_csrf(request)
        return user, None
