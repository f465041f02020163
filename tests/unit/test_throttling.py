"""Rate limits."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from pipelit import throttling
from pipelit.api import BaseView

make = APIRequestFactory()


class Login(BaseView):
    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_scope = "login"
    throttle_field = "username"

    def post(self, request: Request) -> Response:
        return Response({})


class Free(BaseView):
    permission_classes = [AllowAny]
    authentication_classes = []

    def get(self, request: Request) -> Response:
        return Response({})


@pytest.fixture(autouse=True)
def _still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_010.0)


def attempt(username: str, address: str, **meta: str) -> Any:
    return Login.as_view()(make.post("/", {"username": username}, REMOTE_ADDR=address, **meta))


def test_by_address_whatever_the_account() -> None:
    answers = [attempt(f"user{number}", "192.0.2.1").status_code for number in range(11)]
    assert answers == [200] * 10 + [429]
    assert attempt("other", "192.0.2.2").status_code == 200


def test_by_account_from_wherever() -> None:
    answers = [attempt(("Ada", " ada")[number % 2], f"192.0.2.{number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].data["code"] == "throttled"


def test_a_forged_header_is_no_way_around() -> None:
    answers = [attempt(f"u{n}", "192.0.2.1", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").status_code for n in range(11)]
    assert answers[-1] == 429


def test_the_next_window_starts_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(11):
        attempt("ada", "192.0.2.1")
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_070.0)
    assert attempt("ada", "192.0.2.1").status_code == 200


def test_views_without_a_scope_are_free() -> None:
    assert {Free.as_view()(make.get("/")).status_code for _ in range(50)} == {200}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_client_address(settings: Any, peer: str, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = make.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert throttling.client_address(request) == address
