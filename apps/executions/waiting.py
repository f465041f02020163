"""Waiting for an execution from a request: on its event stream, bounded in time and in number."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from pipelit import events, redis

from .models import TERMINAL, WorkflowExecution

WAITERS = 24
"""Requests of a process that may wait at once; each holds a thread of the web server. More are answered at once."""
LONGEST = 120.0
SLICE_SECONDS = 2.0
"""How long one look at the stream may block; after each the row is asked, so that a lost event costs no more."""
POLL_SECONDS = 0.25
"""How often the row is asked while Redis is away."""

_places = threading.BoundedSemaphore(WAITERS)


def wait_for_end(
    execution_id: UUID, seconds: float, until: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any] | None:
    """Block until the execution has ended, an event satisfies `until`, or the time is up. The event that satisfied
    it, else None: ask the row how things stand."""
    with _place() as free:
        if not free or seconds <= 0:
            return None
        for event in follow(execution_id, min(seconds, LONGEST)):
            if event is not None and until is not None and until(event):
                return event
    return None


def follow(execution_id: UUID, seconds: float, since: str = "0") -> Iterator[dict[str, Any] | None]:
    """The live events of an execution after `since`, until it has ended or the time is up. None now and then, so that
    the caller may look at the time."""
    channel = f"execution:{execution_id}"
    last, deadline = since, time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        found = _look(channel, last, min(left, SLICE_SECONDS))
        for event in found:
            last = event["seq"]
            yield event
        if not found or any(event["type"].startswith("execution_") for event in found):
            if has_ended(execution_id):
                yield from _look(channel, last, 0)
                return
            yield None


def has_ended(execution_id: UUID) -> bool:
    status = WorkflowExecution.objects.filter(pk=execution_id).values_list("status", flat=True).first()
    return status is None or status in TERMINAL


def _look(channel: str, last: str, seconds: float) -> list[dict[str, Any]]:
    """What the stream holds after `last`; blocks up to so many seconds while there is nothing."""
    options = {"block": max(1, int(seconds * 1000))} if seconds else {}
    try:
        answer: Any = redis.client().xread({events.stream_key(channel): last}, count=500, **options)
    except redis.DOWN:
        time.sleep(min(seconds, POLL_SECONDS))
        return []
    return [events.envelope(channel, entry_id, fields) for _, entries in answer or () for entry_id, fields in entries]


@contextmanager
def _place() -> Iterator[bool]:
    free = _places.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _places.release()
