"""Presence: told to those who listen to the workflow, kept nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from apps.executions import live, presence
from apps.executions.live import in_database
from apps.workflows.models import WorkflowCollaborator
from pipelit import events
from tests.websockets.client import in_loop
from tests.websockets.test_subscriptions import ECHO, Listener, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared(echo: Any, users: Any) -> Any:
    """eve may read ben's workflow."""
    return WorkflowCollaborator.objects.create(workflow=echo, user=users.eve, role="viewer")


@in_loop
async def test_others_hear_who_is_where(ben: Any, eve: Any, shared: Any) -> None:
    async with Listener(ben) as one, Listener(eve) as two:
        await one.subscribe(ECHO)
        await two.subscribe(ECHO)
        await two.tell(type="presence", channel=ECHO, node_id="agent_1", x=1.5, y=-20)
        told = await one.hear()
        assert (told["type"], told["channel"], "seq" in told) == ("presence", ECHO, False)
        data = told["data"]
        assert data.pop("id")
        assert data == {"user": eve.key.user_id, "name": "eve", "node_id": "agent_1", "x": 1.5, "y": -20}
        await two.tell(type="presence", channel=ECHO)
        assert (await one.hear())["data"]["node_id"] is None
        assert await in_database(events.read, ECHO, None) == []
        await publish(1)
        assert (await two.hear())["type"] == "token"  # nobody is told of themselves


@in_loop
async def test_who_leaves_is_gone(ben: Any, eve: Any, shared: Any) -> None:
    async with Listener(ben) as one:
        await one.subscribe(ECHO)
        async with Listener(eve) as two:
            await two.subscribe(ECHO)
            await two.tell(type="presence", channel=ECHO)
            first = (await one.hear())["data"]
        gone = (await one.hear())["data"]
        assert (gone["id"], gone["gone"]) == (first["id"], True)
        async with Listener(eve) as two:
            await two.subscribe(ECHO)
            await two.tell(type="presence", channel=ECHO)
            assert (await one.hear())["data"]["id"] != first["id"]
            await two.tell(type="unsubscribe", channel=ECHO)
            assert (await one.hear())["data"]["gone"]
        await publish(1)
        assert (await one.hear())["type"] == "token"  # nothing was told twice


@in_loop
async def test_only_who_listens_may_tell(ben: Any, eve: Any, echo: Any) -> None:
    async with Listener(ben) as one, Listener(eve) as two:
        await one.subscribe(ECHO)
        assert (await two.subscribe(ECHO))["code"] == "not_found"
        assert (await two.ask(type="presence", channel=ECHO))["code"] == "not_found"
        await publish(1)
        assert (await one.hear())["type"] == "token"


@in_loop
async def test_rights_that_end_end_the_presence(ben: Any, eve: Any, shared: Any) -> None:
    async with Listener(ben) as one, Listener(eve) as two:
        await one.subscribe(ECHO)
        await two.subscribe(ECHO)
        await two.tell(type="presence", channel=ECHO)
        assert (await one.hear())["type"] == "presence"
        await in_database(shared.delete)
        await live.hub().check()
        assert (await two.hear())["type"] == "unsubscribed"
        assert (await one.hear())["data"]["gone"]
        assert (await two.ask(type="presence", channel=ECHO))["code"] == "not_found"


@pytest.mark.parametrize(
    "message",
    [
        {}, {"channel": 7}, {"channel": "user:1"}, {"channel": ECHO, "x": 1}, {"channel": ECHO, "x": "1", "y": 2},
        {"channel": ECHO, "x": True, "y": 2}, {"channel": ECHO, "x": 1e300, "y": 2}, {"channel": ECHO, "node_id": "-"},
        {"channel": ECHO, "x": float("nan"), "y": 1}, {"channel": ECHO, "x": 10**400, "y": 1},
        {"channel": ECHO, "node_id": ["a"]}, {"channel": ECHO, "node_id": "a" * 64}, {"channel": ECHO, "name": "ben"},
    ],
)  # fmt: skip
@in_loop
async def test_what_is_no_presence(message: Any, ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        assert (await ws.ask(type="presence", **message))["code"] == "malformed"


@in_loop
async def test_who_tells_too_much_is_told(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MAX_PER_SECOND", 2.0)
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        for _ in range(5):
            await ws.tell(type="presence", channel=ECHO)
        assert (await ws.hear())["code"] == "rate_limited"


@in_loop
async def test_of_a_burst_the_last_word_arrives(ben: Any, echo: Any) -> None:
    async with Listener(ben) as one, Listener(ben) as two:
        await one.subscribe(ECHO)
        await two.subscribe(ECHO)
        for x in range(10):
            await two.tell(type="presence", channel=ECHO, x=x, y=0)
        while (await one.hear())["data"]["x"] != 9:
            pass
