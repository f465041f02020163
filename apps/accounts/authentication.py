"""Who calls: `Authorization: Bearer <api key>`."""

from __future__ import annotations

from typing import NoReturn

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from .keys import allows, find_key, note_use
from .models import APIKey, UserProfile


class BearerAuthentication(BaseAuthentication):
    """Accepts an API key. One that is unknown, expired, revoked, or whose user is barred, is refused in the same
    words. A key limited by scopes is held to them here, whatever the view."""

    def authenticate(self, request: Request) -> tuple[UserProfile, APIKey] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            self.refuse()
        key = find_key(words[1].decode("ascii", "replace"))
        if key is None:
            self.refuse()
        if not allows(key, request.method or ""):
            raise PermissionDenied("This key may only read.")
        note_use(key)
        return key.user, key

    def refuse(self) -> NoReturn:
        raise AuthenticationFailed("This API key is not valid.")

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="pipelit"'
