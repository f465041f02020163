"""Reuse of idle SQLite connections."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from pipelit.database_url import sqlite
from pipelit.sqlite.base import MAX_IDLE, DatabaseWrapper, pool

DEFAULTS = {
    "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None,
    "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "TEST": {},
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock():
        yield tmp_path / "x.sqlite3"
    pool.clear()


def wrapper(path: Path) -> DatabaseWrapper:
    return DatabaseWrapper({**DEFAULTS, **sqlite(path)}, alias="x")


def raw(wrapped: DatabaseWrapper) -> Any:
    wrapped.ensure_connection()
    return wrapped.connection


def test_a_closed_connection_is_the_next_ones(path: Path) -> None:
    first, second = wrapper(path), wrapper(path)
    connection = raw(first)
    first.close()
    assert raw(second) is connection
    assert raw(first) is not connection
    first.close()
    second.close()


def test_also_in_another_thread(path: Path) -> None:
    first = wrapper(path)
    connection = raw(first)
    first.close()
    found: list[Any] = []

    def other() -> None:
        mine = wrapper(path)
        found.append(raw(mine))
        with mine.cursor() as cursor:
            cursor.execute("SELECT 1")
        mine.close()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [connection]


def test_not_after_an_open_transaction(path: Path) -> None:
    first, second = wrapper(path), wrapper(path)
    connection = raw(first)
    connection.execute("BEGIN IMMEDIATE")
    first.close()
    assert raw(second) is not connection
    second.close()


def test_not_after_an_error(path: Path) -> None:
    first, second = wrapper(path), wrapper(path)
    connection = raw(first)
    with pytest.raises(DatabaseError), first.cursor() as cursor:
        cursor.execute("SELECT nonsense")
    first.close()
    assert raw(second) is not connection
    second.close()


def test_not_after_the_file_was_replaced(path: Path) -> None:
    first, second = wrapper(path), wrapper(path)
    connection = raw(first)
    first.close()
    os.rename(path, path.with_suffix(".old"))
    assert raw(second) is not connection
    second.close()


def test_settings_of_a_connection(path: Path) -> None:
    mine = wrapper(path)
    with mine.cursor() as cursor:
        values = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    assert values == ["wal", 1, 60_000, 1]
    mine.close()


def test_the_pool_is_bounded(path: Path) -> None:
    many = [wrapper(path) for _ in range(MAX_IDLE + 3)]
    for one in many:
        raw(one)
    for one in many:
        one.close()
    assert sum(len(idle) for idle in pool._idle.values()) == MAX_IDLE


def test_a_forked_child_starts_empty(path: Path) -> None:
    mine = wrapper(path)
    raw(mine)
    mine.close()
    child = os.fork()
    if child == 0:
        os._exit(0 if not pool._idle else 1)
    assert os.waitpid(child, 0)[1] == 0
