"""Live events in the web process: one hub per event loop is woken, and wakes the feeds of those who listen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from pipelit import events
from pipelit.redis import ANSWER_SECONDS, CONNECT_SECONDS, DOWN
from pipelit.waking import Outage

from .feeds import Feed, whole
from .hearing import Caller, verdicts

log = logging.getLogger(__name__)
CHECK_SECONDS = 4.0
"""How often keys, accounts and rights are looked at again."""
CONNECTIONS = 16
THREADS = 4
T = TypeVar("T")


class _Outages(logging.Filter):
    """The channel layer logs a traceback a second while Redis is away; once is enough."""

    outage = Outage("Nothing wakes the listeners while Redis is away: %s", "The listeners are woken again.")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DOWN):
            self.outage.seen(error)
        return not isinstance(error, DOWN)


_outages = _Outages()
logging.getLogger("channels_redis.pubsub").addFilter(_outages)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


async def in_database(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call in a thread that may use the database; its connection is given back."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_threads, call)


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

    def open(self, caller: Caller, *, people: bool = False) -> Feed:
        """A feed, to be closed by who opened it; `people`: with the presence of others."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check_now_and_then())
        feed = Feed(self, caller, people=people)
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
        if any((channel in self._listening) != (channel in self._joined) for channel in channels):
            await whole(self._settle(list(channels)))

    async def _settle(self, channels: Collection[str]) -> None:
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
            message = await self._layer.receive(name)
            channel = message.get("channel", "")
            _outages.outage.over()
            for feed in self._listening.get(channel, ()):
                if message["type"] == "presence":
                    feed.meet(channel, message["data"])
                else:
                    feed.wake(channel)

    async def _check_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._feeds:
                await self.check()
