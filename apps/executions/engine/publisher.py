"""The publisher: tells live what the recorder has committed, in its order, in a thread of its own: a Redis that does
not answer holds up no step."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelit import events, redis
from pipelit.waking import Outage

if TYPE_CHECKING:
    from .recorder import Entry

log = logging.getLogger(__name__)
MAX_BEHIND = 5_000
"""Groups that may wait to be published."""
STOP_SECONDS = 30


class Publisher:
    def __init__(self) -> None:
        self._queue: Queue[Sequence[Entry] | None] = Queue(MAX_BEHIND)
        self._outage = Outage("Live events are lost while Redis is away: %s", "Live events are published again.")
        self._thread = threading.Thread(target=self._loop, name="publisher", daemon=True)
        self._thread.start()

    def put(self, group: Sequence[Entry]) -> None:
        self._queue.put(group)

    def join(self) -> None:
        """Wait until all that was put here is published, or lost."""
        self._queue.join()

    def stop(self) -> None:
        """Publish what is there and end the thread."""
        self._queue.put(None)
        self._thread.join(STOP_SECONDS)

    def _loop(self) -> None:
        groups: list[Sequence[Entry] | None] = []
        while None not in groups:
            groups = [self._queue.get()]
            with suppress(Empty):
                while True:
                    groups.append(self._queue.get_nowait())
            try:
                self._publish([entry for group in groups if group for entry in group])
            except Exception:
                log.exception("Live events were lost")
            for _ in groups:
                self._queue.task_done()

    def _publish(self, entries: Sequence[Entry]) -> None:
        ended = {(id(e.lane), e.step_key) for e in entries if e.row is not None}
        channels: set[str] = set()
        try:
            pipe = redis.client().pipeline(transaction=False)
            for entry in entries:
                if entry.superseded_by_final and (id(entry.lane), entry.step_key) in ended:
                    continue
                if entry.live is not None:
                    _keep_live(pipe, entry.lane.execution_id, *entry.live)
                for event in entry.events:
                    events.append(pipe, event)
                    channels.update(event.channels)
            if len(pipe):
                pipe.execute()
        except redis.DOWN as error:
            self._outage.seen(error)
            return
        self._outage.over()
        events.wake(channels)


def live_key(execution_id: UUID) -> str:
    return f"pipelit:live:{execution_id}"


def _keep_live(pipe: Any, execution_id: UUID, name: str, value: str) -> None:
    key = live_key(execution_id)
    if name:
        pipe.hset(key, name, value)
    else:
        pipe.delete(key)
