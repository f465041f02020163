"""The publisher of live events: streams, seqs, what is kept, and wakes."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import redis as redis_package
from channels.layers import get_channel_layer
from django.db import transaction

from pipelit import events, redis, waking
from pipelit.events import Event

CHANNEL = "execution:00000000-0000-4000-8000-000000000001"
MISSING = "unix:///nonexistent/redis.sock"


def publish(*numbers: int, channel: str = CHANNEL) -> list[str]:
    """Events with these numbers; their seqs."""
    events.publish(*(Event("token", (channel,), {"n": n}) for n in numbers))
    return [event["seq"] for event in events.read(channel, None)][-len(numbers) :]


def numbers(since: str | None, channel: str = CHANNEL) -> list[int]:
    return [event["data"]["n"] for event in events.read(channel, since)]


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    client = redis_package.Redis.from_url(MISSING, retry=None)
    monkeypatch.setattr(redis, "client", lambda: client)
    yield monkeypatch
    client.close()


def test_a_number_that_no_double_holds_is_read_as_text() -> None:
    events.publish(Event("token", (CHANNEL,), {"n": 10**400, "m": 10**30}))
    [event] = events.read(CHANNEL, None)
    assert event["data"] == {"n": str(10**400), "m": 1e30}


def test_the_envelope() -> None:
    events.publish(Event("node_status", (CHANNEL, "workflow:w"), {"status": "success"}))
    [event] = events.read(CHANNEL, None)
    assert list(event) == ["type", "channel", "seq", "timestamp", "data"]
    assert (event["type"], event["channel"], event["data"]) == ("node_status", CHANNEL, {"status": "success"})
    assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None
    [other] = events.read("workflow:w", None)
    assert (other["channel"], other["data"]) == ("workflow:w", event["data"])


def test_what_json_has_no_word_for() -> None:
    data = {
        "decimal": Decimal("1.5"), "uuid": UUID(int=1), "at": datetime(2026, 1, 2, tzinfo=UTC), "nan": float("nan"),
        "big": 2**70, "half": "\ud800", 7: "seven", "set": {1},
    }  # fmt: skip
    events.publish(Event("x", (CHANNEL,), data))
    events.publish(Event("x", (CHANNEL,), {"nan": float("inf"), 7: (1, 2)}))
    first, second = (event["data"] for event in events.read(CHANNEL, None))
    assert (first["decimal"], first["nan"], first["big"], first["7"]) == ("1.5", None, 2**70, "seven")
    assert first["half"] == "?"
    assert second == {"nan": None, "7": [1, 2]}


def test_read_goes_on_after_a_seq() -> None:
    seqs = publish(0, 1, 2, 3)
    assert numbers(None) == numbers("0") == numbers(events.START) == [0, 1, 2, 3]
    assert numbers(seqs[1]) == [2, 3]
    assert numbers(seqs[3]) == []
    assert [event["data"]["n"] for event in events.read(CHANNEL, seqs[0], limit=2)] == [1, 2]


def test_seqs_compare_as_strings() -> None:
    seqs = publish(*range(300))
    assert seqs == sorted(seqs)
    assert len({len(seq) for seq in seqs}) == 1
    assert events.is_after(seqs[1], seqs[0])
    assert not events.is_after(seqs[0], seqs[0])
    assert events.is_after("1763883329123-10", "1763883329123-9")
    assert events.raw(events.seq_of(b"1763883329123-4")) == "1763883329123-4"


@pytest.mark.parametrize("since", ["now", "", "-1", "1-", "1-2-3", "9" * 30, "1-99999999999999999999", "١"])
def test_no_seq(since: str) -> None:
    with pytest.raises(ValueError, match="is no seq"):
        events.read(CHANNEL, since)


def test_what_was_trimmed_is_gone(settings: Any) -> None:
    settings.EVENT_STREAM_LENGTH = 100
    first, *_ = publish(*range(50))
    assert numbers(events.START)[0] == 0
    *_, last = publish(*range(50, 400))
    kept = numbers("0")
    assert kept[0] > 0
    assert 100 <= len(kept) < 300
    for since in (first, events.START):
        with pytest.raises(events.Gone):
            events.read(CHANNEL, since)
    assert numbers(last) == []


def test_what_was_lost_with_redis_is_gone(redis_client: Any) -> None:
    [seq] = publish(1)
    redis_client.flushall()
    with pytest.raises(events.Gone):
        events.read(CHANNEL, seq)
    while redis_client.time() <= (events.order(seq)[0] // 1000, events.order(seq)[0] % 1000 * 1000 + 999):
        pass  # ids grow with the clock, by milliseconds
    [new] = publish(2)
    assert new > seq
    with pytest.raises(events.Gone):
        events.read(CHANNEL, seq)
    assert numbers(new) == []


def test_the_future_is_gone() -> None:
    """Redis was lost, and its clock went back."""
    publish(1)
    with pytest.raises(events.Gone):
        events.read(CHANNEL, "9999999999999-0")


def test_a_seq_of_another_channel_in_between() -> None:
    first, last = publish(1, 2)
    left, right = events.order(first)
    between = f"{left}-{right}" if last == first else first
    assert numbers(between) == [2]


def test_quiet_streams_expire(redis_client: Any) -> None:
    publish(1, channel="workflow:quiet")
    assert 0 < redis_client.ttl(events.stream_key("workflow:quiet")) <= events.STREAM_SECONDS


def test_expiry_is_not_renewed_by_every_event(redis_client: Any) -> None:
    publish(1, channel="workflow:renewed")
    redis_client.persist(events.stream_key("workflow:renewed"))
    publish(2, channel="workflow:renewed")
    assert redis_client.ttl(events.stream_key("workflow:renewed")) == -1
    events.publish(Event("execution_completed", ("workflow:renewed",), {}))
    assert redis_client.ttl(events.stream_key("workflow:renewed")) > 0


@pytest.mark.django_db(transaction=True)
def test_on_commit() -> None:
    with transaction.atomic():
        events.on_commit(Event("token", (CHANNEL,), {"n": 1}))
        assert numbers(None) == []
    assert numbers(None) == [1]


def test_redis_away_is_logged_once_and_never_raised(
    redis_away: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipelit")
    logging.getLogger("pipelit").propagate = True
    for _ in range(3):
        events.publish(Event("token", (CHANNEL,), {}))
    assert [record.levelname for record in caplog.records if "lost" in record.message] == ["WARNING"]
    redis_away.undo()
    events.publish(Event("token", (CHANNEL,), {}))
    assert [record.levelname for record in caplog.records if "again" in record.message] == ["INFO"]


@pytest.mark.parametrize("channel", ["workflow:my-slug_1", "user:7", CHANNEL, "workflow:" + "x" * 200, "workflow:ä b"])
def test_group_names_are_allowed(channel: str) -> None:
    name = waking.group_name(channel)
    assert len(name) < 100
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", name)


def test_group_names_differ() -> None:
    assert waking.group_name("workflow:" + "x" * 200) != waking.group_name("workflow:" + "x" * 199)


class Layer:
    """Counts what is sent to groups; the first wake of `hold` waits until it is let go."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.holding, self.go = threading.Event(), threading.Event()
        self.changed = threading.Condition()
        self.fails = 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if message["channel"] == "hold":
            self.holding.set()
            await asyncio.to_thread(self.go.wait, 5)
        with self.changed:
            self.sent.append(message["channel"])
            self.changed.notify_all()
        if self.fails:
            self.fails -= 1
            raise ConnectionRefusedError("away")

    def until(self, channel: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: channel in self.sent, 5)


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(waking, "get_channel_layer", lambda: made)
    return made


def test_many_events_are_one_wake(layer: Layer) -> None:
    waker = waking.Waker()
    waker.wake(["hold"])
    assert layer.holding.wait(5)
    for _ in range(1000):
        waker.wake(["a", "b"])
    layer.go.set()
    layer.until("a")
    layer.until("b")
    waker.wake(["end"])
    layer.until("end")
    assert sorted(layer.sent) == ["a", "b", "end", "hold"]


def test_wakes_go_on_after_an_outage(layer: Layer) -> None:
    waker = waking.Waker()
    layer.fails = 1
    waker.wake(["a"])
    layer.until("a")
    waker.wake(["b"])
    layer.until("b")


def test_a_child_of_a_fork_wakes_by_itself(layer: Layer) -> None:
    waking.wake(["before"])
    layer.until("before")
    held = waking._waker._lock.acquire()  # a thread of the parent is about to wake: its lock must not bind the child
    try:
        child = os.fork()
        if child == 0:
            waking.wake(["after"])
            layer.until("after")
            os._exit(0)
    finally:
        if held:
            waking._waker._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_wake_reaches_the_channel_layer() -> None:
    async def main() -> Any:
        layer = get_channel_layer()
        name = await layer.new_channel()
        await layer.group_add(waking.group_name(CHANNEL), name)
        await asyncio.to_thread(events.publish, Event("token", (CHANNEL,), {}))
        try:
            async with asyncio.timeout(5):
                return await layer.receive(name)
        finally:
            await layer.flush()

    assert asyncio.run(main()) == {"type": "events.wake", "channel": CHANNEL}
