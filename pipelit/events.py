"""Live events: one envelope, one publisher.

The truth is a bounded Redis stream per channel; an entry's id is the event's `seq`. A wake (`pipelit.waking`) then
tells those who listen that there is something to read. It may cover many events and may be lost: whoever listens reads
the stream from the last `seq` it has seen, and is told (`Gone`) when what follows that is not kept any more.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from pipelit import redis
from pipelit.waking import Outage, group_name, wake

__all__ = ["Event", "Gone", "append", "group_name", "newest", "on_commit", "publish", "read", "wake"]

STREAM_SECONDS = 7 * 86_400
"""How long the stream of a channel that has gone quiet is kept."""
RENEW_SECONDS = 60.0
"""How often a process puts that off again."""
MAX_RENEWED = 10_000
START = "0-0"
"""The seq before a channel's first event."""
SEQ = re.compile(r"(\d{1,20})(?:-(\d{1,20}))?", re.ASCII)
MAX_DIGITS = 308
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class Gone(Exception):
    """The event to go on from is not kept any more: read the state afresh."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and the channels that hear of it: `workflow:<slug>`, `execution:<uuid>`, `user:<id>`."""

    type: str
    channels: tuple[str, ...]
    data: Mapping[str, Any]


def append(pipe: Any, event: Event) -> None:
    """Add an event to the streams of its channels; sent when the pipeline is. Call `wake` after that."""
    body = encode({"type": event.type, "timestamp": datetime.now(UTC).isoformat(), "data": dict(event.data)})
    for channel in event.channels:
        key = stream_key(channel)
        pipe.xadd(key, {"e": body}, maxlen=settings.EVENT_STREAM_LENGTH, approximate=True)
        if event.type.startswith("execution_") or _due(key):
            pipe.expire(key, STREAM_SECONDS)


def publish(*events: Event) -> None:
    """Publish at once. While Redis is away events are lost, and that is logged once; nothing is raised."""
    if not events:
        return
    try:
        with redis.hint():
            pipe = redis.client().pipeline(transaction=False)
            for event in events:
                append(pipe, event)
            pipe.execute()
    except redis.DOWN as error:
        _outage.seen(error)
        return
    _outage.over()
    wake({channel for event in events for channel in event.channels})


def on_commit(*events: Event) -> None:
    """Publish when the transaction is committed."""
    transaction.on_commit(lambda: publish(*events), robust=True)


def read(channel: str, since: str | None, limit: int = 1000) -> list[dict[str, Any]]:
    """The events after `since` (None: from the oldest kept), oldest first. Raises Gone if something after `since` is
    not kept any more, ValueError if it is no seq, and one of `redis.DOWN`."""
    pipe = redis.client().pipeline(transaction=False)
    key = stream_key(channel)
    if since is not None:
        look_around(pipe, channel, since)
    pipe.xrange(key, min=f"({raw(since)}" if since else "-", count=limit)
    *around, entries = pipe.execute()
    if since is not None and place(since, *around).gone:
        raise Gone(since)
    return [envelope(channel, entry_id, fields) for entry_id, fields in entries]


def newest(channel: str) -> str | None:
    """The seq of a channel's newest event: whoever reads the state after this, and then listens from here, misses
    nothing. None while Redis is away."""
    try:
        found: Any = redis.client().xrevrange(stream_key(channel), count=1)
    except redis.DOWN:
        return None
    return seq_of(found[0][0]) if found else START


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on reading: after `seq`; `gone` if that leaves events out."""

    seq: str
    gone: bool = False


def look_around(pipe: Any, channel: str, since: str | None) -> None:
    """Ask what `place` needs to know; adds three commands to the pipeline. Raises ValueError if `since` is no seq."""
    key = stream_key(channel)
    pipe.xrevrange(key, count=1)
    pipe.xrevrange(key, max=START if since is None else raw(since), count=1)
    pipe.xlen(key)


def place(since: str | None, newest: Any, floor: Any, length: int) -> Place:
    """Where a reader goes on: after `since`, or from now (None). `newest` and `floor` (the newest not after `since`)
    are lists of at most one entry. "0" means the oldest kept, START that nothing at all may be missing. What lies in
    the future or before the first entry is gone: the stream was trimmed, or lost with Redis."""
    now = seq_of(newest[0][0]) if newest else START
    if since is None:
        return Place(now)
    if order(since) == (0, 0):
        return Place(now, gone=True) if since != "0" and length >= settings.EVENT_STREAM_LENGTH else Place(START)
    if not floor or order(since) > order(now):
        return Place(now, gone=True)
    return Place(seq_of(floor[0][0]))


def stream_key(channel: str) -> str:
    return f"pipelit:events:{channel}"


def seq_of(entry_id: bytes) -> str:
    """The entry's id with both numbers padded, so that seqs compare as strings; Redis takes them as they are."""
    left, _, right = entry_id.decode("ascii").partition("-")
    return f"{left:0>13}-{right:0>8}"


def order(seq: str) -> tuple[int, int]:
    """What seqs sort by; raises ValueError for what is none."""
    match = SEQ.fullmatch(seq)
    if match is None:
        raise ValueError(f"{seq[:50]!r} is no seq")
    left, right = int(match[1]), int(match[2] or 0)
    if max(left, right) >= 2**64:
        raise ValueError(f"{seq!r} is no seq")
    return left, right


def raw(seq: str) -> str:
    """The id that Redis gave the entry."""
    left, right = order(seq)
    return f"{left}-{right}"


def is_after(seq: str, other: str) -> bool:
    return order(seq) > order(other)


def envelope(channel: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    body = orjson.loads(fields[b"e"])
    return {
        "type": body["type"],
        "channel": channel,
        "seq": seq_of(entry_id),
        "timestamp": body["timestamp"],
        "data": body["data"],
    }


def encoded(channel: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> str:
    """The envelope as JSON, without parsing what the stream holds."""
    return f'{{"channel":{json.dumps(channel)},"seq":"{seq_of(entry_id)}",{fields[b"e"].decode()[1:]}'


def encode(body: Mapping[str, Any]) -> bytes:
    """As JSON. What JSON has no word for is shown as text, NaN and the infinities as null."""
    try:
        return orjson.dumps(body, default=str, option=OPTIONS)
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates
        text = json.dumps(body, default=str, skipkeys=True)
        plain = json.loads(text, parse_constant=lambda _: None, parse_int=_whole)
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _whole(digits: str) -> int | str:
    """What is too large for a double, as text: readers refuse it as a number."""
    return int(digits) if len(digits) <= MAX_DIGITS else digits


_outage = Outage("Live events are lost while Redis is away: %s", "Live events are published again.")
_renewed: dict[str, float] = {}
"""When this process last put off the end of a stream."""


def _due(key: str) -> bool:
    now = time.monotonic()
    if now - _renewed.get(key, -RENEW_SECONDS) < RENEW_SECONDS:
        return False
    if len(_renewed) >= MAX_RENEWED:
        _renewed.clear()
    _renewed[key] = now
    return True
