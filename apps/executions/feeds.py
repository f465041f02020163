"""A feed of live events: the channels that one connection listens to, and how far each has been handed on.

It reads the streams of its channels from the last event that it handed on, as soon as a wake says that there is
something new, and once a second in case a wake was lost: so a lost wake costs a second, and neither a gap nor a repeat.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pipelit import events
from pipelit.redis import DOWN

from .hearing import Caller

if TYPE_CHECKING:
    from .live import Hub

FALLBACK_SECONDS = 1.0
"""How long a lost wake goes unnoticed."""
BATCH = 200
"""Events read from one channel at a time."""
CHANNELS_PER_READ = 20
MAX_PRESENT = 200
"""People and pages in one channel whose presence is told in one go."""
T = TypeVar("T")
Entry = tuple[bytes, Mapping[bytes, bytes]]


async def whole(work: Awaitable[T]) -> T:
    """The result of a call to Redis, which goes on when we are cancelled: until Python 3.12 `asyncio.wait_for`, with
    which the client sends, may swallow a cancellation."""
    return await asyncio.shield(work)


@dataclass(slots=True)
class Mark:
    """How far a channel has been handed on."""

    seq: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new in a channel: entries in order; or that some are gone, and the seq to go on from (`resync`)."""

    channel: str
    entries: list[Entry] = field(default_factory=list)
    resync: str | None = None


class Feed:
    """The channels that one connection listens to."""

    def __init__(self, hub: Hub, caller: Caller, *, people: bool = False) -> None:
        self.caller = caller
        self.ended = asyncio.Event()
        """The key or the account has ended."""
        self._hub = hub
        self._asked: set[str] = set()
        self._marks: dict[str, Mark] = {}
        self._fresh: dict[str, None] = {}
        """Channels that may have something new, the longest known first."""
        self._lost: list[str] = []
        self._people = people
        self._present: dict[tuple[str, str], Mapping[str, Any]] = {}
        """What is new of others, by channel and connection: the last word of each is enough."""
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
        return events.place(since, *await whole(pipe.execute()))

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

    def meet(self, channel: str, data: Mapping[str, Any]) -> None:
        """Somebody's presence, if it is to be told here and there is room for it."""
        key = (channel, data["id"])
        if self._people and channel in self._marks and (key in self._present or len(self._present) < MAX_PRESENT):
            self._present[key] = data
            self._news.set()

    def take_present(self) -> list[dict[str, Any]]:
        """What is new of others in channels that are still listened to."""
        found, self._present = self._present, {}
        return [{"channel": channel, "data": data} for (channel, _), data in found.items() if channel in self._marks]

    def judge(self, lost: Collection[str] | None) -> None:
        """These channels may not be heard any more; None: nothing may."""
        if lost is None:
            self.ended.set()
        self._lost += [channel for channel in lost or () if channel in self._marks]
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
        names = list(self._fresh)[:CHANNELS_PER_READ]
        for channel in names:
            del self._fresh[channel]
        taken = {channel: self._marks[channel] for channel in names if channel in self._marks}
        if not taken:
            return []
        pipe = self._hub.redis.pipeline(transaction=False)
        for channel, mark in taken.items():
            pipe.xrange(events.stream_key(channel), min=events.raw(mark.seq), count=BATCH + 1)
        try:
            answers = await whole(pipe.execute())
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

    async def _batch(self, channel: str, mark: Mark, entries: list[Entry]) -> Batch:
        """From the mark on: the entry of the mark itself tells that nothing in between was trimmed."""
        if mark.seq != events.START:
            if not entries or events.seq_of(entries[0][0]) != mark.seq:
                newest = await whole(self._hub.redis.xrevrange(events.stream_key(channel), count=1))
                mark.seq = events.place(None, newest, [], 0).seq
                return Batch(channel, resync=mark.seq)
            entries = entries[1:]
        if entries:
            mark.seq = events.seq_of(entries[-1][0])
        return Batch(channel, entries)
