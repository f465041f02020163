"""Waking those who listen to live events: one background thread per process, so that nobody who publishes waits.

Sending through the channel layer costs 2 ms from synchronous code. Here it is a set of names handed over: one wake per
channel and burst, sent at once when nothing went before. A lost wake costs the listener a second, no event.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterable

from channels.layers import get_channel_layer

from pipelit.redis import DOWN

log = logging.getLogger(__name__)
BURST_SECONDS = 0.005
"""Under load, one wake of a channel covers what happens in this time."""
SEND_SECONDS = 2.0
MAX_PENDING = 10_000
PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,80}")


class Outage:
    """Logs that something is away once, and once that it is back."""

    def __init__(self, away: str, back: str) -> None:
        self._away, self._back, self._told = away, back, False

    def seen(self, error: BaseException) -> None:
        if not self._told:
            self._told = True
            log.warning(self._away, error or type(error).__name__)

    def over(self) -> None:
        if self._told:
            self._told = False
            log.info(self._back)


def group_name(channel: str) -> str:
    """The channel layer's group of a channel: fewer than 100 of the characters that it allows."""
    name = channel.replace(":", ".")
    return f"events.{name}" if PLAIN.fullmatch(name) else "events-" + hashlib.sha256(channel.encode()).hexdigest()


def wake(channels: Iterable[str]) -> None:
    """Tell those who listen to these channels that there is something to read; returns at once."""
    _waker.wake(channels)


class Waker:
    """A daemon thread with an event loop of its own, started at the first wake."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As new. In the child of a fork neither the thread nor the state of the lock can be relied on."""
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        self._thread: threading.Thread | None = None
        self._outage = Outage("Listeners are not woken while Redis is away: %s", "Listeners are woken again.")

    def wake(self, channels: Iterable[str]) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._start()
            idle = not self._pending
            if len(self._pending) < MAX_PENDING:
                self._pending.update(channels)
            if idle and self._pending:
                self._loop.call_soon_threadsafe(self._news.set)

    def _start(self) -> None:
        self._loop, self._news, self._pending = asyncio.new_event_loop(), asyncio.Event(), set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()], daemon=True)
        self._thread.start()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            with self._lock:
                taken, self._pending = self._pending, set()
            await self._send(taken)
            await asyncio.sleep(BURST_SECONDS)

    async def _send(self, channels: Iterable[str]) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        try:
            for channel in channels:
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_send(group_name(channel), {"type": "events.wake", "channel": channel})
        except (OSError, *DOWN) as error:  # the rest of the burst is lost too: its streams are away as well
            self._outage.seen(error)
        else:
            self._outage.over()


_waker = Waker()
os.register_at_fork(after_in_child=_waker.reset)
