"""The publisher: tells live what the recorder has committed. While Redis is away that is lost, and the recorder waits
for it once, not at every commit."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelit import events, redis
from pipelit.waking import Outage

if TYPE_CHECKING:
    from .recorder import Entry

log = logging.getLogger(__name__)
ASK_SECONDS = 0.2
"""How often a Redis that was away is asked whether it is back."""


class Publisher:
    def __init__(self) -> None:
        self._away = threading.Event()
        self._outage = Outage("Live events are lost while Redis is away: %s", "Live events are published again.")

    @property
    def is_away(self) -> bool:
        """Whether Redis did not take what was published last, and has not answered since."""
        return self._away.is_set()

    def publish(self, entries: Sequence[Entry]) -> None:
        if self.is_away:
            return
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
            self._away.set()
            threading.Thread(target=self._await_redis, name="redis-return", daemon=True).start()
        else:
            self._outage.over()
            events.wake(channels)

    def _await_redis(self) -> None:
        try:
            while not _answers():
                time.sleep(ASK_SECONDS)
        finally:
            self._away.clear()


def _answers() -> bool:
    try:
        redis.client().ping()
    except redis.DOWN:
        return False
    return True


def live_key(execution_id: UUID) -> str:
    """A hash of the steps that run now: their nodes by step key. What has ended is in the journal."""
    return f"pipelit:running:{execution_id}"


def _keep_live(pipe: Any, execution_id: UUID, step_key: str, node_id: str) -> None:
    key = live_key(execution_id)
    if node_id:
        pipe.hset(key, step_key, node_id)
    elif step_key:
        pipe.hdel(key, step_key)
    else:
        pipe.delete(key)
