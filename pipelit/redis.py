"""Redis: one pool of connections per process."""

from __future__ import annotations

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


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """The process's client: thread-safe, answers bytes. Its pool notices a fork by itself. Three quick attempts per
    command (50 ms in all when nobody listens); raises one of `DOWN`."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=30,
        max_connections=MAX_CONNECTIONS,
        retry=Retry(ExponentialBackoff(cap=0.04, base=0.01), 2),
        retry_on_error=[ConnectionError],
    )
