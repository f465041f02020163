"""Live events: one envelope, one publisher.

The truth is a bounded Redis stream per channel; an entry's id is the event's `seq`. A background thread then wakes the
subscribers through the channel layer. A wake may cover many events and may be lost: consumers read the stream from the
last `seq` they have seen.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from pipelit import redis

log = logging.getLogger(__name__)
STREAM_SECONDS = 7 * 86_400
"""How long the stream of a channel that has gone quiet is kept."""
BURST_SECONDS = 0.004
"""Under load, one wake covers what happens in this time."""


class Gone(Exception):
    """The event to go on from is not kept any more: read the state afresh."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and the channels that hear of it."""

    type: str
    channels: tuple[str, ...]
    data: Mapping[str, Any]


def stream_key(channel: str) -> str:
    return f"pipelit:events:{channel}"


def group_name(channel: str) -> str:
    """The channel layer's group of a channel."""
    return "events." + re.sub(r"[^A-Za-z0-9_-]", ".", channel)[:80]


def append(pipe: Any, event: Event) -> None:
    """Add an event to the streams of its channels; sent when the pipeline is."""
    now = datetime.now(UTC).isoformat()
    body = json.dumps({"type": event.type, "timestamp": now, "data": event.data}, separators=(",", ":"), default=str)
    for channel in event.channels:
        key = stream_key(channel)
        pipe.xadd(key, {"e": body}, maxlen=settings.EVENT_STREAM_LENGTH, approximate=True)
        if event.type.startswith("execution_"):
            pipe.expire(key, STREAM_SECONDS)


def publish(*events: Event) -> None:
    """Publish at once. While Redis is away events are lost, and that is logged."""
    try:
        pipe = redis.client().pipeline(transaction=False)
        for event in events:
            append(pipe, event)
        pipe.execute()
    except redis.DOWN as error:
        log.warning("Live events are lost while Redis is away: %s", error)
        return
    wake({channel for event in events for channel in event.channels})


def on_commit(*events: Event) -> None:
    """Publish when the transaction is committed."""
    transaction.on_commit(lambda: publish(*events))


def read(channel: str, since: str | None, limit: int = 1000) -> list[dict[str, Any]]:
    """The events after `since` (None: from the oldest kept), oldest first. Raises Gone if `since` is not kept any
    more."""
    client: Any = redis.client()
    key = stream_key(channel)
    if since is not None:
        check_kept(client.xrange(key, count=1), since)
    entries = client.xrange(key, min=f"({since}" if since else "-", count=limit)
    return [envelope(channel, entry_id, fields) for entry_id, fields in entries]


def check_kept(first: Any, since: str) -> None:
    """Raise Gone unless everything after `since` is still there."""
    if since == "0":
        return
    if not first or order(first[0][0].decode()) > order(since):
        raise Gone(since)


def order(seq: str) -> tuple[int, int]:
    """What sequence numbers sort by; raises ValueError for what is none."""
    left, _, right = seq.partition("-")
    return int(left), int(right or 0)


def envelope(channel: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    body = json.loads(fields[b"e"])
    return {
        "type": body["type"],
        "channel": channel,
        "seq": entry_id.decode(),
        "timestamp": body["timestamp"],
        "data": body["data"],
    }


def wake(channels: Iterable[str]) -> None:
    """Tell subscribers that there is something to read; returns at once."""
    _waker.wake(channels)


class _Waker:
    """One daemon thread of the process with an event loop of its own. It waits on the loop, not in an executor: whose
    threads the interpreter joins at exit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: set[str] = set()
        self._pid = 0
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def wake(self, channels: Iterable[str]) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._channels, self._running = os.getpid(), set(), None
                threading.Thread(target=self._loop, name="waker", daemon=True).start()
            was_idle = not self._channels
            self._channels.update(channels)
            if was_idle and self._running is not None:
                loop, news = self._running
                loop.call_soon_threadsafe(news.set)

    def _loop(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        news = asyncio.Event()
        news.set()
        with self._lock:
            self._running = (asyncio.get_running_loop(), news)
        while True:
            await news.wait()
            news.clear()
            for channel in self._take():
                try:
                    await layer.group_send(group_name(channel), {"type": "events.wake", "channel": channel})
                except (OSError, *redis.DOWN) as error:
                    log.warning("Subscribers are not woken while Redis is away: %s", error)
            await asyncio.sleep(BURST_SECONDS)

    def _take(self) -> set[str]:
        with self._lock:
            taken, self._channels = self._channels, set()
            return taken


_waker = _Waker()
