"""Reading live events in the web process: one hub per event loop is woken, and wakes the feeds of those who listen.

A feed reads the streams of its channels from the last event that it handed on, as soon as a wake says that there is
something new, and once a second in case a wake was lost: so a lost wake costs a second, and neither a gap nor a repeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from pipelit import events
from pipelit.redis import ANSWER_SECONDS, CONNECT_SECONDS, DOWN

from .hearing import Caller, verdicts

log = logging.getLogger(__name__)
FALLBACK_SECONDS = 1.0
"""How long a lost wake goes unnoticed."""
CHECK_SECONDS = 4.0
"""How often keys, accounts and rights are looked at again."""
BATCH = 500
"""Events read from one channel at a time."""
CHANNELS_PER_READ = 20
CONNECTIONS = 16
THREADS = 4
T = TypeVar("T")

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


async def in_database(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call in a thread that may use the database; its connection is given back."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_threads)
    found: T = await call(*args, **kwargs)
    return found


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


class Hub:
    """Who listens to what in this process. It is in the channel layer's group of each channel that is listened to."""

    def __init__(self) -> None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.REDIS_URL,
            max_connections=CONNECTIONS,
            timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(ExponentialBackoff(cap=0.04, base=0.01), 2),
        )
        self.redis = redis.asyncio.Redis.from_pool(pool)
        self._layer = get_channel_layer()
        self._name: str | None = None
        self._feeds: set[Feed] = set()
        self._listening: dict[str, set[Feed]] = {}
        self._joined: set[str] = set()
        self._settling = asyncio.Lock()
        self._hearing: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None

    def open(self, caller: Caller) -> Feed:
        """A feed, to be closed by who opened it."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check_now_and_then())
        feed = Feed(self, caller)
        self._feeds.add(feed)
        return feed

    def gone(self, feed: Feed) -> None:
        self._feeds.discard(feed)

    def add(self, feed: Feed, channel: str) -> None:
        self._listening.setdefault(channel, set()).add(feed)

    def drop(self, feed: Feed, channel: str) -> None:
        feeds = self._listening.get(channel, set())
        feeds.discard(feed)
        if not feeds:
            self._listening.pop(channel, None)

    async def settle(self, channels: Collection[str]) -> None:
        """Join the groups of those channels that are listened to, leave the others. Raises one of `redis.DOWN`."""
        if all((channel in self._listening) == (channel in self._joined) for channel in channels):
            return
        async with self._settling:
            if self._name is None:
                self._name = await self._layer.new_channel()
            if self._hearing is None or self._hearing.done():
                self._hearing = asyncio.create_task(self._hear(self._name))
            for channel in channels:
                wanted, joined = channel in self._listening, channel in self._joined
                if wanted and not joined:
                    await self._layer.group_add(events.group_name(channel), self._name)
                    self._joined.add(channel)
                elif joined and not wanted:
                    self._joined.discard(channel)
                    await self._layer.group_discard(events.group_name(channel), self._name)

    async def check(self) -> None:
        """Narrow or end the feeds of those whose rights, key or account have ended. A few queries for all of them."""
        feeds = list(self._feeds)
        asked: dict[Caller, set[str]] = {}
        for feed in feeds:
            asked.setdefault(feed.caller, set()).update(feed.channels)
        try:
            found = await in_database(verdicts, asked)
        except DatabaseError as error:
            log.warning("Rights to live events cannot be checked: %s", error)
            return
        for feed in feeds:
            allowed = found[feed.caller]
            feed.judge(None if allowed is None else asked[feed.caller] - allowed)

    async def close(self) -> None:
        """End its tasks and connections."""
        _hubs.pop(asyncio.get_running_loop(), None)
        for task in filter(None, (self._hearing, self._checking)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.redis.aclose()
        await self.redis.connection_pool.disconnect()

    async def _hear(self, name: str) -> None:
        while True:
            channel = (await self._layer.receive(name)).get("channel", "")
            for feed in self._listening.get(channel, ()):
                feed.wake(channel)

    async def _check_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._feeds:
                await self.check()


@dataclass(slots=True)
class Mark:
    """How far a channel has been handed on."""

    seq: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new in a channel: entries in order; or that some are gone, and the seq to go on from (`resync`)."""

    channel: str
    entries: list[tuple[bytes, Mapping[bytes, bytes]]] = field(default_factory=list)
    resync: str | None = None


class Feed:
    """The channels that one connection listens to."""

    def __init__(self, hub: Hub, caller: Caller) -> None:
        self.caller = caller
        self.ended = asyncio.Event()
        """The key or the account has ended."""
        self._hub = hub
        self._asked: set[str] = set()
        self._marks: dict[str, Mark] = {}
        self._fresh: dict[str, None] = {}
        """Channels that may have something new, the longest known first."""
        self._lost: list[str] = []
        self._news = asyncio.Event()

    @property
    def channels(self) -> Collection[str]:
        return self._marks.keys()

    async def find(self, channel: str, since: str | None) -> events.Place:
        """Listen to the channel's wakes, and where to `follow` it from. Raises ValueError, or one of `redis.DOWN`."""
        pipe = self._hub.redis.pipeline(transaction=False)
        events.look_around(pipe, channel, since)
        self._asked.add(channel)
        self._hub.add(self, channel)
        await self._hub.settle([channel])
        return events.place(since, *await pipe.execute())

    def follow(self, channel: str, seq: str) -> None:
        self._marks[channel] = Mark(seq)
        self.wake(channel)

    async def forget(self, channel: str) -> None:
        await self._leave([channel])

    async def close(self) -> None:
        self._hub.gone(self)
        await self._leave(list(self._asked))

    async def _leave(self, channels: Collection[str]) -> None:
        for channel in channels:
            self._marks.pop(channel, None)
            self._asked.discard(channel)
            self._hub.drop(self, channel)
        with contextlib.suppress(*DOWN):
            await self._hub.settle(channels)

    def wake(self, channel: str) -> None:
        if channel in self._marks:
            self._fresh[channel] = None
            self._news.set()

    def judge(self, lost: Collection[str] | None) -> None:
        """These channels may not be heard any more; None: nothing may."""
        if lost is None:
            self.ended.set()
        self._lost += [channel for channel in lost or () if channel in self._marks]
        if self._lost:
            self._news.set()

    def take_lost(self) -> list[str]:
        """Channels to `forget`."""
        lost, self._lost = self._lost, []
        return lost

    async def wait(self) -> bool:
        """Until there may be something to read, at most a second; whether somebody said so."""
        try:
            if not self._fresh:
                async with asyncio.timeout(FALLBACK_SECONDS):
                    await self._news.wait()
        except TimeoutError:
            with contextlib.suppress(*DOWN):
                await self._hub.settle(self._marks.keys())
            self._fresh = dict.fromkeys(self._marks)
            return False
        finally:
            self._news.clear()
        return True

    async def read(self) -> list[Batch]:
        """What is new in some channels that may have something. Raises one of `redis.DOWN`: then ask again."""
        taken = {
            channel: self._marks[channel] for channel in list(self._fresh)[:CHANNELS_PER_READ] if channel in self._marks
        }
        pipe = self._hub.redis.pipeline(transaction=False)
        for channel, mark in taken.items():
            pipe.xrange(events.stream_key(channel), min=events.raw(mark.seq), count=BATCH + 1)
        for channel in list(self._fresh)[:CHANNELS_PER_READ]:
            del self._fresh[channel]
        if not taken:
            return []
        try:
            answers = await pipe.execute()
        except BaseException:
            self._fresh |= dict.fromkeys(taken)
            raise
        batches = []
        for (channel, mark), entries in zip(taken.items(), answers, strict=True):
            if self._marks.get(channel) is not mark:
                continue
            if len(entries) > BATCH:
                self.wake(channel)
            batches.append(await self._batch(channel, mark, entries))
        return [batch for batch in batches if batch.entries or batch.resync]

    async def _batch(self, channel: str, mark: Mark, entries: list[tuple[bytes, Mapping[bytes, bytes]]]) -> Batch:
        """From the mark on: the entry of the mark itself tells that nothing in between was trimmed."""
        if mark.seq != events.START:
            if not entries or events.seq_of(entries[0][0]) != mark.seq:
                mark.seq = events.place(
                    None, await self._hub.redis.xrevrange(events.stream_key(channel), count=1), [], 0
                ).seq
                return Batch(channel, resync=mark.seq)
            entries = entries[1:]
        if entries:
            mark.seq = events.seq_of(entries[-1][0])
        return Batch(channel, entries)
