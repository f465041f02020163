"""The scheduler process: fires timers and brings on what has been left lying. Any number may run at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connections

from pipelit import redis

from .delivery import notices
from .delivery.outbox import Dispatcher
from .engine import recovery
from .telegram.poller import Poller

log = logging.getLogger(__name__)
TICK_SECONDS = 0.5
REAP_SECONDS = 5.0
RECONCILE_SECONDS = 15.0
BEAT_KEY = "pipelit:scheduler"
BEAT_SECONDS = 30
"""A scheduler that has not reported for this long counts as gone."""


Step = Callable[[], int]
_steps: list[Step] = []


def register(step: Step) -> None:
    """Upper apps: `step()` does what is due at each tick and says how much that was."""
    if step not in _steps:
        _steps.append(step)


class Scheduler:
    def __init__(self) -> None:
        self._reaper = recovery.Reaper()
        self._poller = Poller()
        self._dispatcher = Dispatcher()
        self._reap_at = 0.0
        self._reconcile_at = 0.0

    def step(self, now: float | None = None) -> int:
        """Do what is due by `now` (seconds, monotonic); how much that was."""
        now = time.monotonic() if now is None else now
        done = sum(step() for step in _steps) + recovery.fire_due()  # first what has a time, whatever Redis does
        done += self._dispatcher.step(now) + self._poller.step(now)
        if now >= self._reap_at:
            self._reap_at = now + REAP_SECONDS
            done += self._reaper.step(now)
            with redis.hint():
                redis.client().set(BEAT_KEY, "1", ex=BEAT_SECONDS)
        if now >= self._reconcile_at:
            self._reconcile_at = now + RECONCILE_SECONDS
            done += recovery.reconcile() + notices.overdue()
        return done

    def stop(self) -> None:
        """Let go of what other processes could do at once."""
        try:
            self._poller.stop()
        except DatabaseError as error:
            log.warning("Leases were not given back: %s", error)

    def safe_step(self) -> int:
        """`step`, waiting out a database or a Redis that is away."""
        try:
            return self.step()
        except (DatabaseError, *redis.DOWN) as error:
            log.warning("The scheduler waits: %s", error)
            connections.close_all()
            return 0
