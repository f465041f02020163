"""Time-outs of Python code that runs in a thread: an exception is raised in it when its time is up.

This stops neither a C call nor a socket; clients have time-outs of their own, taken from the same deadline.
"""

from __future__ import annotations

import ctypes
import heapq
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any


class DeadlineExceeded(BaseException):
    """The attempt's time is up. A BaseException so that no component swallows it."""


class _Limit:
    def __init__(self, thread: int, subject: object) -> None:
        self.thread = thread
        self.subject = subject
        self.fired_at: float | None = None
        self.done = False


class Watchdog:
    """One thread that watches all deadlines of the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, _Limit]] = []
        self._late: set[_Limit] = set()
        self._ticket = count()
        self._pid = 0

    @contextmanager
    def limit(self, seconds: float, subject: object = None) -> Iterator[None]:
        """Raise DeadlineExceeded in what runs within when its time is up; `subject` is what `stuck` calls it."""
        limit = _Limit(threading.get_ident(), subject)
        with self._changed:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._heap, self._late = [], set()
                threading.Thread(target=self._loop, name="watchdog", daemon=True).start()
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._ticket), limit))
            if self._heap[0][2] is limit:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                limit.done = True
                self._late.discard(limit)
                if limit.fired_at is not None:
                    _raise_in(limit.thread, None)

    def stuck(self, seconds: float) -> list[Any]:
        """The subjects of what has not stopped although its time was up that long ago: it hangs where no exception
        reaches it."""
        since = time.monotonic() - seconds
        with self._changed:
            return [limit.subject for limit in self._late if limit.fired_at is not None and limit.fired_at <= since]

    def _loop(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                while self._heap and (self._heap[0][0] <= now or self._heap[0][2].done):
                    _, _, limit = heapq.heappop(self._heap)
                    if not limit.done:
                        limit.fired_at = now
                        self._late.add(limit)
                        _raise_in(limit.thread, DeadlineExceeded)
                self._changed.wait(self._heap[0][0] - now if self._heap else None)


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """Make the interpreter raise in another thread at its next bytecode; None takes a pending exception back."""
    value = ctypes.py_object(exception) if exception else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), value)


watchdog = Watchdog()
