"""Redis: one pool of connections per process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import ExponentialBackoff
from redis.connection import DefaultParser
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry


class Unwritable(ResponseError):
    """Redis takes no writes: it cannot store them (MISCONF), or too few replicas do (NOREPLICAS)."""


DefaultParser.EXCEPTION_CLASSES.update(MISCONF=Unwritable, NOREPLICAS=Unwritable)

DOWN = (ConnectionError, TimeoutError, BusyLoadingError, OutOfMemoryError, ReadOnlyError, MasterDownError, Unwritable)
"""What a Redis that is away, loading, full, a mere replica or without a disk raises."""

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
MAX_CONNECTIONS = 512
SILENT_SECONDS = 10.0
"""How long hints are not even tried after Redis let somebody wait in vain."""
_silent_until = 0.0


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """The process's client: thread-safe, answers bytes. Its pool notices a fork by itself. Three quick attempts per
    command (50 ms in all when nobody listens), one where nobody answers; raises one of `DOWN`."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=30,
        max_connections=MAX_CONNECTIONS,
        retry=Retry(ExponentialBackoff(cap=0.04, base=0.01), 2, (ConnectionError,)),
    )


@contextmanager
def hint() -> Iterator[None]:
    """Around commands that may be left undone: a Redis that hangs holds up the first of them, and for a while no
    other of this process. Raises one of `DOWN`."""
    global _silent_until
    if time.monotonic() < _silent_until:
        raise ConnectionError("Redis did not answer a moment ago")
    try:
        yield
    except TimeoutError:
        _silent_until = time.monotonic() + SILENT_SECONDS
        raise
