"""The executions that run in this process, so that wakes, cancellations and heartbeats find them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from .run import Run

_lock = threading.Lock()
_runs: dict[UUID, Run] = {}


@contextmanager
def holding(run: Run) -> Iterator[None]:
    with _lock:
        _runs[run.execution.pk] = run
    try:
        yield
    finally:
        with _lock:
            if _runs.get(run.execution.pk) is run:  # it may have come back meanwhile, as another run
                del _runs[run.execution.pk]


def get(execution_id: UUID) -> Run | None:
    with _lock:
        return _runs.get(execution_id)


def all_runs() -> list[Run]:
    with _lock:
        return list(_runs.values())
