"""No API route without a declared permission, none that answers a stranger by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient
from rest_framework.views import APIView

OPEN_ROUTES = {
    "api/schema/",
    "api/docs/",
    "api/v1/auth/setup-status/",
    "api/v1/auth/setup/",
    "api/v1/auth/token/",
    "api/v1/auth/mfa/login-verify/",
}
"""What anybody may call. Each is a decision: see the "Auth" of the API's conventions."""

PLAIN_VIEWS = re.compile(
    r"^($|\(\?:\(\?:login|healthz$|readyz$|metrics$|admin/|static/|webhooks/|forms/|chat/|telegram/|answer/)"
)
"""Routes outside the API proper: pages, health, and doors that authenticate by themselves."""

SAMPLES = {"uuid": "00000000-0000-0000-0000-000000000000", "int": "999999", "path": "x"}


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(route, callback) of the whole URL table."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def api_routes() -> list[tuple[str, Any]]:
    """Without what format suffixes add."""
    found = [(re.sub(r"(?<!\[)\^|\$", "", route), callback) for route, callback in routes() if "<format>" not in route]
    return [(route, callback) for route, callback in found if not PLAIN_VIEWS.match(route)]


def view_class(callback: Any) -> type | None:
    return getattr(callback, "cls", None) or getattr(callback, "view_class", None)


def declares(cls: type, name: str) -> bool:
    """Whether the view itself, or a base of ours, sets `name` (DRF's default does not count)."""
    return any(name in base.__dict__ for base in cls.__mro__ if not base.__module__.startswith("rest_framework"))


def sample_path(route: str) -> str:
    """A path that the route matches, naming objects that do not exist."""
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "999999", route)
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match[1] or "str", "nothing"), path)
    return "/" + path.replace("\\", "").replace("/?", "/")


def test_there_are_routes() -> None:
    assert len(api_routes()) > 10


@pytest.mark.parametrize(("route", "callback"), [pytest.param(*pair, id=pair[0] or "/") for pair in api_routes()])
def test_every_api_route_declares_who_may_call_it(route: str, callback: Any) -> None:
    cls = view_class(callback)
    assert cls is not None, f"{route} is no class-based view: its permissions cannot be seen"
    assert issubclass(cls, APIView), f"{route} is no DRF view"
    actions = getattr(callback, "initkwargs", {})
    assert declares(cls, "permission_classes") or "permission_classes" in actions or declares(cls, "get_permissions"), (
        f"{cls.__qualname__} ({route}) declares no permission_classes"
    )
    assert cls.permission_classes or declares(cls, "get_permissions"), f"{route}: an empty list opens it to all"


@pytest.mark.django_db
def test_strangers_get_401_everywhere_else(api: Callable[..., APIClient]) -> None:
    nobody = api(None)
    let_in = []
    for route, callback in api_routes():
        if route in OPEN_ROUTES:
            continue
        actions = getattr(callback, "actions", None) or {"get": "", "post": ""}
        for method in list(actions):
            if method == "head":
                continue
            answer = nobody.generic(method.upper(), sample_path(route), "{}", content_type="application/json")
            if answer.status_code not in {401, 405}:
                let_in.append((method, sample_path(route), answer.status_code))
    assert not let_in


@pytest.mark.django_db
def test_a_wrong_key_is_refused(api: Callable[..., APIClient]) -> None:
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    answer = client.get("/api/v1/workflows/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"
