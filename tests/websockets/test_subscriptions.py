"""Subscribing: rights, order, replay, and what is said when something is gone."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from channels.layers import get_channel_layer

from apps.executions import consumers, feeds, live
from apps.executions.live import in_database
from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow, WorkflowCollaborator, WorkflowVersion
from pipelit import events
from pipelit.events import Event
from tests.websockets.client import Client, in_loop

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = "workflow:echo"


@pytest.fixture
def execution(echo: Workflow) -> WorkflowExecution:
    version = WorkflowVersion.objects.create(workflow=echo, number=1, snapshot={}, content_hash="x", drawing_hash="x")
    return WorkflowExecution.objects.create(workflow=echo, version=version, trigger_node_id="start")


async def publish(*numbers: int, channel: str = ECHO) -> None:
    await in_database(events.publish, *(Event("token", (channel,), {"n": n}) for n in numbers))


def shown(messages: list[Any]) -> list[int]:
    assert {message["type"] for message in messages} == {"token"}
    return [message["data"]["n"] for message in messages]


class Listener(Client):
    """Signed in as the owner of a key."""

    def __init__(self, signed: Any) -> None:
        super().__init__()
        self._raw = signed.raw

    async def __aenter__(self) -> Listener:
        await super().__aenter__()
        await self.tell(type="auth", token=self._raw)
        return self


@in_loop
async def test_events_arrive_as_they_happen(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await publish(-1)
        answer = await ws.subscribe(ECHO)
        assert answer["type"] == "subscribed"
        await publish(1)
        event = await ws.hear()
        assert set(event) == {"type", "channel", "seq", "timestamp", "data"}
        assert (event["type"], event["channel"], event["data"]) == ("token", ECHO, {"n": 1})
        assert event["seq"] > answer["seq"]


@in_loop
async def test_unsubscribed_is_silent(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        await ws.subscribe(f"user:{ben.key.user_id}")
        assert await ws.ask(type="unsubscribe", channel=ECHO) == {"type": "unsubscribed", "channel": ECHO}
        await publish(1)
        await publish(2, channel=f"user:{ben.key.user_id}")
        assert shown([await ws.hear()]) == [2]


@in_loop
async def test_replay_around_a_reconnect_without_gap_or_repeat(ben: Any, echo: Any) -> None:
    """What happens before, between and after is heard once, in order, also while it goes on."""
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        await publish(*range(10))
        heard = await ws.hear(7)  # the connection breaks with three on their way
    await publish(*range(10, 20))
    more = asyncio.create_task(publish(*range(20, 400)))
    async with Listener(ben) as ws:
        answer = await ws.subscribe(ECHO, heard[-1]["seq"])
        assert answer == {"type": "subscribed", "channel": ECHO, "seq": heard[-1]["seq"]}
        heard += await ws.hear(393)
        await more
    assert shown(heard) == list(range(400))
    assert [message["seq"] for message in heard] == sorted({message["seq"] for message in heard})


@in_loop
async def test_a_channel_that_was_empty_replays_from_its_start(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        seq = (await ws.subscribe(ECHO))["seq"]
    await publish(1, 2)
    async with Listener(ben) as ws:
        assert (await ws.subscribe(ECHO, seq))["type"] == "subscribed"
        assert shown(await ws.hear(2)) == [1, 2]


@in_loop
async def test_subscribing_again_replays_again(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        await publish(1, 2)
        assert shown(await ws.hear(2)) == [1, 2]
        await ws.subscribe(ECHO, "0")
        assert shown(await ws.hear(2)) == [1, 2]


@in_loop
async def test_a_seq_that_is_gone_is_told(ben: Any, echo: Any, redis_client: Any) -> None:
    await publish(1)
    [old] = await in_database(events.read, ECHO, None)
    await in_database(redis_client.flushall)
    await publish(2)
    async with Listener(ben) as ws:
        seq = (await ws.subscribe(ECHO, old["seq"]))["seq"]
        assert await ws.hear() == {"type": "resync", "channel": ECHO, "seq": seq}
        await publish(3)
        assert shown([await ws.hear()]) == [3]


@in_loop
async def test_who_falls_behind_what_is_kept_is_told(ben: Any, echo: Any, redis_client: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        await publish(1)
        assert shown([await ws.hear()]) == [1]
        key = events.stream_key(ECHO)
        await in_database(redis_client.xtrim, key, 0, False)
        await publish(2)
        resync = await ws.hear()
        assert resync["type"] == "resync"
        await publish(3)
        after = await ws.hear()
        assert shown([after]) == [3]
        assert after["seq"] > resync["seq"]


@in_loop
async def test_a_thousand_at_once_in_order(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        for start in range(0, 1000, 100):
            await publish(*range(start, start + 100))
        heard = await ws.hear(1000)
    assert shown(heard) == list(range(1000))
    assert [message["seq"] for message in heard] == sorted(message["seq"] for message in heard)


@in_loop
async def test_a_lost_wake_loses_nothing(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 0.02)
    monkeypatch.setattr(events, "wake", lambda channels: None)
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        await publish(1)
        assert shown([await ws.hear()]) == [1]


@in_loop
async def test_a_wake_alone_suffices(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 60)
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        for n in range(5):
            await publish(n)
            assert shown([await ws.hear()]) == [n]


@in_loop
async def test_many_channels_in_one_connection(ben: Any, users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "MAX_PER_SECOND", 1000)
    names = [f"w{n}" for n in range(consumers.MAX_CHANNELS)]
    rows = [Workflow(name=name, slug=name, owner=users.ben) for name in names]
    await in_database(Workflow.objects.bulk_create, rows)
    async with Listener(ben) as ws:
        for name in names:
            assert (await ws.subscribe(f"workflow:{name}"))["type"] == "subscribed"
        assert (await ws.subscribe(f"user:{users.ben.pk}"))["code"] == "limit_exceeded"
        assert (await ws.subscribe("workflow:w1"))["type"] == "subscribed"
        every = [Event("token", (f"workflow:{name}",), {"n": n}) for n, name in enumerate(names)]
        await in_database(events.publish, *every)
        assert sorted(shown(await ws.hear(len(names)))) == list(range(len(names)))


@in_loop
async def test_a_client_that_does_not_read_holds_up_nobody(ben: Any, echo: Any) -> None:
    """Its events stay in the stream; others get theirs."""
    slow = Listener(ben)
    slow._output_queue = asyncio.Queue(maxsize=3)
    async with slow, Listener(ben) as quick:
        await slow.subscribe(ECHO)
        await quick.subscribe(ECHO)
        await publish(*range(2000))
        assert shown(await quick.hear(2000)) == list(range(2000))
        assert slow.output_queue.full()
        assert shown(await slow.hear(2000)) == list(range(2000))


@pytest.mark.parametrize(
    "channel",
    [
        "workflow:echo", "workflow:missing", "workflow:", "workflow:a\0b", "workflow:é", "user:0", "user:1e3",
        "user:99999999999999999999", "execution:00000000-0000-0000-0000-000000000005", "execution:x", "nothing", "",
        "x" * 5000, "\ud800",
    ],
)  # fmt: skip
@in_loop
async def test_foreign_missing_and_malformed_look_the_same(channel: str, eve: Any, echo: Any) -> None:
    async with Listener(eve) as ws:
        answer = await ws.subscribe(channel)
        assert (answer["type"], answer["code"], answer["channel"]) == ("error", "not_found", channel)


@in_loop
async def test_a_foreign_execution_is_as_if_missing(
    eve: Any, ben: Any, users: Any, sign: Any, execution: WorkflowExecution
) -> None:
    channel = f"execution:{execution.pk}"
    ada = await in_database(sign, users.ada)
    async with Listener(eve) as ws:
        foreign, missing = await ws.subscribe(channel), await ws.subscribe(f"execution:{uuid.UUID(int=5)}")
        assert foreign["code"] == missing["code"] == "not_found"
        assert foreign["detail"].replace(channel, "") == missing["detail"].replace(missing["channel"], "")
        await publish(1, channel=channel)
        await publish(2, channel=f"user:{users.eve.pk}")
        assert (await ws.subscribe(f"user:{users.eve.pk}", "0"))["type"] == "subscribed"
        assert shown([await ws.hear()]) == [2]
    for signed in ben, ada:
        async with Listener(signed) as ws:
            assert (await ws.subscribe(channel, "0"))["type"] == "subscribed"
            assert shown([await ws.hear()]) == [1]
            assert (await ws.subscribe(channel.upper().replace("EXECUTION", "execution")))["code"] == "not_found"


@in_loop
async def test_rights_that_end_end_the_subscription(eve: Any, users: Any, echo: Any) -> None:
    shared = await in_database(WorkflowCollaborator.objects.create, workflow=echo, user=users.eve, role="viewer")
    async with Listener(eve) as ws:
        assert (await ws.subscribe(ECHO))["type"] == "subscribed"
        assert (await ws.subscribe(f"user:{users.eve.pk}"))["type"] == "subscribed"
        await live.hub().check()
        await publish(1)
        assert shown([await ws.hear()]) == [1]
        await in_database(shared.delete)
        await live.hub().check()
        assert await ws.hear() == {"type": "unsubscribed", "channel": ECHO, "code": "not_found"}
        await publish(2)
        await publish(3, channel=f"user:{users.eve.pk}")
        assert shown([await ws.hear()]) == [3]


@pytest.mark.parametrize("since", ["now", "", 7, {}, "9" * 40, "1-2-3"])
@in_loop
async def test_no_seq(since: Any, ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        answer = await ws.ask(type="subscribe", channel=ECHO, since=since)
        assert (answer["type"], answer["code"]) == ("error", "malformed")


@pytest.mark.parametrize(
    "message", [{"type": "subscribe"}, {"type": "subscribe", "channel": 1}, {"type": "unsubscribe"}]
)
@in_loop
async def test_no_channel(message: Any, ben: Any) -> None:
    async with Listener(ben) as ws:
        assert (await ws.ask(**message))["code"] == "malformed"
        assert (await ws.ask(type="dance"))["code"] == "unknown_type"
        assert await ws.ask(type="unsubscribe", channel="x") == {"type": "unsubscribed", "channel": "x"}


@in_loop
async def test_nothing_is_left_behind(ben: Any, echo: Any) -> None:
    async with Listener(ben) as ws:
        await ws.subscribe(ECHO)
        assert live.hub()._joined == {ECHO}
    assert live.hub()._joined == set()
    assert live.hub()._listening == {}
    assert live.hub()._feeds == set()
    assert not get_channel_layer()._get_layer().groups


@in_loop
async def test_redis_away_is_told_and_waited_out(ben: Any, echo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(feeds, "FALLBACK_SECONDS", 0.02)
    monkeypatch.setattr(consumers, "FALLBACK_SECONDS", 0.02)
    monkeypatch.setattr(consumers, "DOWN", (ConnectionError,))
    async with Listener(ben) as ws:
        assert (await ws.subscribe(ECHO))["type"] == "subscribed"
        with monkeypatch.context() as patch:
            patch.setattr(feeds.Feed, "read", away)
            patch.setattr(feeds.Feed, "find", away)
            assert (await ws.subscribe(f"user:{ben.key.user_id}"))["code"] == "unavailable"
            await publish(1)
        assert shown([await ws.hear()]) == [1]
