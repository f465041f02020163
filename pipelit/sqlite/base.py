"""SQLite whose closed connections are kept for the next thread that asks.

The web process runs each request in a thread of its own, so Django would open a file, register sixty functions and
run six pragmas per request (0.6 ms). A connection outside a transaction has no state, and SQLite allows one to
wander between threads as long as they take turns.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import Any

from django.db.backends.sqlite3 import base

MAX_IDLE = 32


class _Pool:
    """Idle connections by database file. A file that was replaced has another inode: its connections are dropped."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone, without closing them (SQLite forbids both)."""
        self._inherited = getattr(self, "_idle", {}), getattr(self, "_inherited", None)
        self._idle: dict[tuple[str, int], list[sqlite3.Connection]] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> sqlite3.Connection | None:
        try:
            key = name, os.stat(name).st_ino
        except OSError:
            return None
        with self._lock:
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def give(self, name: str, connection: sqlite3.Connection, inode: int) -> bool:
        """Whether it was kept."""
        try:
            current = os.stat(name).st_ino
        except OSError:
            current = 0
        with self._lock:
            for gone in [key for key in self._idle if key[0] == name and key[1] != current]:
                for old in self._idle.pop(gone):
                    old.close()
            idle = self._idle.setdefault((name, current), [])
            if inode != current or len(idle) >= MAX_IDLE:
                return False
            idle.append(connection)
            return True

    def clear(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for idle in self._idle.values():
                for connection in idle:
                    connection.close()
            self._idle.clear()


pool = _Pool()
os.register_at_fork(after_in_child=pool.forget)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but `close()` hands a clean connection to the pool."""

    _inode = 0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        connection = pool.take(name) or super().get_new_connection(conn_params)
        self._inode = os.stat(name).st_ino
        return connection

    def _close(self) -> None:
        connection = self.connection
        if connection is None:
            return
        clean = not (connection.in_transaction or self.in_atomic_block or self.errors_occurred)
        if clean and not self.is_in_memory_db() and pool.give(str(self.settings_dict["NAME"]), connection, self._inode):
            return
        connection.close()
