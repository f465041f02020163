"""Signing in to the WebSocket, its limits, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.accounts import keys, tickets
from apps.executions import consumers, live
from apps.executions.live import in_database
from tests.websockets.client import Client, in_loop

pytestmark = pytest.mark.django_db(transaction=True)
SUBSCRIBED = {"type": "subscribed", "channel": "workflow:echo", "seq": "0-0"}


@in_loop
async def test_sign_in_by_ticket(ben: Any, echo: Any) -> None:
    ticket = await in_database(tickets.issue_ws_ticket, ben.key)
    async with Client(f"token={ticket}") as ws:
        assert await ws.subscribe("workflow:echo") == SUBSCRIBED


@in_loop
async def test_a_ticket_serves_once(ben: Any, echo: Any) -> None:
    ticket = await in_database(tickets.issue_ws_ticket, ben.key)
    async with Client(f"token={ticket}") as first:
        assert await first.subscribe("workflow:echo") == SUBSCRIBED
        async with Client(f"token={ticket}") as second:
            assert await second.closed() == (1008, "not_authenticated")


@in_loop
async def test_sign_in_by_first_message(ben: Any, echo: Any) -> None:
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        assert await ws.subscribe("workflow:echo") == SUBSCRIBED
        assert (await ws.ask(type="auth", token=ben.raw))["code"] == "conflict"
    await in_database(ben.key.refresh_from_db)
    assert ben.key.last_used_at is not None


@pytest.mark.parametrize(
    "first",
    [
        {"type": "auth", "token": "plt_aaaaaaaa_" + "x" * 43}, {"type": "auth", "token": 7}, {"type": "auth"},
        {"type": "subscribe", "channel": "workflow:echo"}, {"type": "pong"}, {}, [], "\ud800",
    ],
)  # fmt: skip
@in_loop
async def test_anything_else_first_is_refused(first: Any, echo: Any) -> None:
    async with Client() as ws:
        await ws.send_json_to(first)
        assert await ws.closed() == (1008, "not_authenticated")


@in_loop
async def test_a_bad_ticket_is_refused_after_accepting() -> None:
    async with Client("token=nothing") as ws:
        assert (await ws.hear())["type"] == "error"
        assert await ws.closed() == (1008, "not_authenticated")


@in_loop
async def test_who_says_nothing_is_put_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "AUTH_SECONDS", 0.01)
    async with Client() as ws:
        assert await ws.closed() == (1008, "not_authenticated")


@in_loop
async def test_a_key_in_the_url_only_if_allowed(ben: Any, echo: Any, settings: Any) -> None:
    async with Client(f"token={ben.raw}") as ws:
        assert await ws.closed() == (1008, "not_authenticated")
    settings.WS_ALLOW_KEY_IN_URL = True
    async with Client(f"token={ben.raw}") as ws:
        assert await ws.subscribe("workflow:echo") == SUBSCRIBED


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8000", True), ("http://localhost:5173", True), ("https://pipelit.example", True),
        ("https://evil.example", False), ("null", False), ("http://[", False), ("file://", False),
        ("http://localhost.evil.example", False), ("https://pipelit.example.evil.example", False),
    ],
)  # fmt: skip
@in_loop
async def test_origins(origin: str, allowed: bool, ben: Any, echo: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["pipelit.example"]
    async with Client(headers=[(b"origin", origin.encode())]) as ws:
        if allowed:
            await ws.tell(type="auth", token=ben.raw)
            assert (await ws.subscribe("workflow:echo"))["type"] == "subscribed"
        else:
            assert await ws.closed() == (1008, "refused")


@in_loop
async def test_any_host_is_not_any_origin(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.PIPELIT_ENV = ["*"], "production"
    async with Client(headers=[(b"origin", b"https://evil.example")]) as ws:
        assert await ws.closed() == (1008, "refused")
    async with Client(headers=[(b"origin", b"https://localhost:8000")]) as ws:
        await ws.tell(type="auth", token="")
        assert await ws.closed() == (1008, "not_authenticated")


@in_loop
async def test_limits(ben: Any) -> None:
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        for _ in range(2 * consumers.MAX_PER_SECOND):
            await ws.tell(type="pong")
        assert await ws.closed() == (1008, "rate_limited")
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        await ws.send_to(text_data=json.dumps({"type": "x" * consumers.MAX_MESSAGE}))
        assert await ws.closed() == (1009, "too_large")
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        await ws.send_to(bytes_data=b"{}")
        assert await ws.closed() == (1003, "malformed")


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "{}", '{"type": 1}', "[" * 60_000, "9" * 60_000, "null"])
@in_loop
async def test_nonsense_is_answered(text: str, ben: Any, echo: Any) -> None:
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        await ws.send_to(text_data=text)
        assert (await ws.hear())["code"] == "malformed"
        assert await ws.subscribe("workflow:echo") == SUBSCRIBED


@in_loop
async def test_pings_and_pongs(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "PING_SECONDS", 0.02)
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        for _ in range(3):
            assert await ws.hear() == {"type": "ping"}
            await ws.tell(type="pong")
        monkeypatch.setattr(consumers, "PONG_SECONDS", 0.02)
        assert (await ws.closed())[1] == "timeout"


@in_loop
async def test_a_revoked_key_closes_within_five_seconds(ben: Any, eve: Any, echo: Any) -> None:
    assert live.CHECK_SECONDS < 5
    async with Client() as bens, Client() as eves:
        for ws, signed in (bens, ben), (eves, eve):
            await ws.tell(type="auth", token=signed.raw)
            assert (await ws.subscribe(f"user:{signed.key.user_id}"))["type"] == "subscribed"
        await in_database(keys.revoke_key, ben.key.user, ben.key.pk)
        await live.hub().check()
        assert await bens.closed() == (1008, "not_authenticated")
        assert (await eves.subscribe("nothing"))["code"] == "not_found"


@in_loop
async def test_without_any_subscription_too(ben: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself: nobody calls the check."""
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.02)
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        assert (await ws.subscribe("nothing"))["code"] == "not_found"
        await in_database(keys.revoke_keys, ben.key.user)
        assert await ws.closed() == (1008, "not_authenticated")


@in_loop
async def test_a_deactivated_person_is_put_out(ben: Any, users: Any) -> None:
    async with Client() as ws:
        await ws.tell(type="auth", token=ben.raw)
        assert (await ws.subscribe(f"user:{users.ben.pk}"))["type"] == "subscribed"
        users.ben.is_active = False
        await in_database(users.ben.save)
        await live.hub().check()
        assert await ws.closed() == (1008, "not_authenticated")
