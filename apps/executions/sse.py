"""Live events as server-sent events: the same streams as on the WebSocket, one channel per answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson
from django.db import Error as DatabaseError
from django.http import StreamingHttpResponse

from pipelit import events
from pipelit.redis import DOWN

from .feeds import FALLBACK_SECONDS, Batch, Feed
from .hearing import Caller
from .live import hub, in_database

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 3600.0
"""After this the client reconnects, which browsers do by themselves."""
OVERS = 2
"""Looks, a second apart, that must find it over and nothing new: the last event comes after the row that tells it."""
Until = Callable[[dict[str, Any] | None], bool]
Show = Callable[[dict[str, Any]], dict[str, Any] | None]


def response(channel: str, since: str | None, until: Until, caller: Caller) -> StreamingHttpResponse:
    """The answer of a synchronous view; check rights and `since` before. See `stream`."""
    return answer(stream(channel, since, until, caller))


def answer(parts: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """An answer that sends events as they come, past caches and buffering proxies."""
    return StreamingHttpResponse(
        parts, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def whole(event: dict[str, Any]) -> dict[str, Any]:
    return event


async def stream(
    channel: str, since: str | None, until: Until, caller: Caller, show: Show = whole
) -> AsyncIterator[bytes]:
    """The events of a channel after `since` (a seq, such as Last-Event-ID; "0": all that is kept; None: from now on)
    until `until` says so, the caller's rights end, or an hour has passed.

    `until(event)` is called, where the database may be used, with each event named execution_*, and with None when
    there is nothing to send: so a stream whose last event was lost ends too. `show(event)` is what is sent of an
    event, None for nothing.
    """
    yield b"retry: 1000\n\n"
    feed = hub().open(caller)
    try:
        place = await _begin(feed, channel, since)
        if place.gone:
            yield _resync(channel, place.seq)
        feed.follow(channel, place.seq)
        async for sent in _follow(feed, until, show):
            yield sent
    finally:
        await feed.close()


async def _begin(feed: Feed, channel: str, since: str | None) -> events.Place:
    while True:
        try:
            return await feed.find(channel, since)
        except DOWN:
            await asyncio.sleep(FALLBACK_SECONDS)


async def _follow(feed: Feed, until: Until, show: Show) -> AsyncIterator[bytes]:
    sent = time.monotonic()
    deadline = sent + LONGEST_SECONDS
    overs = 0
    while time.monotonic() < deadline and overs < OVERS:
        await feed.wait()
        if feed.ended.is_set() or feed.take_lost():
            return
        batches = await _read(feed)
        for batch in batches:
            sent = time.monotonic()
            if batch.resync is not None:
                yield _resync(batch.channel, batch.resync)
            for entry_id, fields in batch.entries:
                event = events.envelope(batch.channel, entry_id, fields)
                shown = show(event)
                if shown is not None:
                    yield part(shown)
                if event["type"].startswith("execution_") and await _is_over(until, event):
                    return
        if not batches:
            overs = overs + 1 if await _is_over(until, None) else 0
        if time.monotonic() - sent >= HEARTBEAT_SECONDS:
            sent = time.monotonic()
            yield b": alive\n\n"


async def _read(feed: Feed) -> list[Batch]:
    try:
        return await feed.read()
    except DOWN:
        await asyncio.sleep(FALLBACK_SECONDS)
        return []


async def _is_over(until: Until, event: dict[str, Any] | None) -> bool:
    try:
        return await in_database(until, event)
    except DatabaseError:
        return False


def _resync(channel: str, seq: str) -> bytes:
    return part({"type": "resync", "channel": channel, "seq": seq})


def part(event: Mapping[str, Any]) -> bytes:
    """One event (`seq`, `type` and more) on the wire."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event["seq"].encode(), event["type"].encode(), orjson.dumps(event))
