"""The product with everything that may break: its processes, its Redis and its database, the latter two behind proxies
where they are servers. Each fault is a method that does the harm, lets it last, and undoes it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis as client

from tests import scratch
from tests.e2e.launcher import ROOT, Product, environment
from tests.recovery.proxy import Proxy

PASSWORD = "chaos-Pass-123"
ROLES = ("worker", "worker", "web", "scheduler")
Fault = Callable[[random.Random], str]
"""Says what it did."""


class Supervised(Product):
    command = (sys.executable, "-m", "pipelit.supervisor")


class World:
    def __init__(self, folder: Path, database: str) -> None:
        self._socket = folder / "redis" / "socket"
        self._socket.parent.mkdir()
        self._redis = scratch.start_redis(self._socket, kept=True)
        self.redis = Proxy(self._socket)
        values = {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/0", "ADMIN_USERNAME": "admin",
            "ADMIN_PASSWORD": PASSWORD, "OUTBOUND_ALLOW": "127.0.0.1", "WORKER_PROCESSES": "2",
            "WORKER_CONCURRENCY": "8", "SECRET_KEY": "a secret of chaos: 0123456789 0123456789 0123456789 0123456789",
        }  # fmt: skip
        self.postgres = scratch.Postgres() if database == "postgres" else None
        if self.postgres is not None:
            self.database = Proxy(self.postgres.socket)
            values["DATABASE_URL"] = f"postgres://pipelit@127.0.0.1:{self.database.port}/postgres"
        self.product = Supervised(folder, **values)
        self._second = _Second(folder / "second", **values | {"VAR_DIR": str(self.product.var)})
        self.over = threading.Event()

    def open(self) -> None:
        self.product.wait_ready()
        self.product.sign_in(PASSWORD)
        self._second.start()

    def last(self, seconds: float) -> None:
        """Let a fault last; not once the mix is over."""
        self.over.wait(seconds)

    def close(self) -> None:
        self._second.kill()
        self.product.stop()
        self.redis.close()
        self._redis.kill()
        self._redis.wait()
        if self.postgres is not None:
            self.database.close()
            self.postgres.kill()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the database says, not by way of the product."""
        if self.postgres is not None:
            import psycopg

            with psycopg.connect(host=str(self.postgres.folder), user="pipelit", dbname="postgres") as connection:
                found = connection.execute(query)  # type: ignore[arg-type]
                names = [column.name for column in found.description or ()]
                return [dict(zip(names, row, strict=True)) for row in found]
        with closing(sqlite3.connect(self._file, timeout=60)) as file:
            read = file.execute(query)
            return [dict(zip([column[0] for column in read.description], row, strict=True)) for row in read]

    @property
    def of_processes(self) -> Sequence[Fault]:
        return (self.killed, self.killed, self.killed, self.told_to_stop, self.paused, self.paused_past_lease)

    @property
    def of_servers(self) -> Sequence[Fault]:
        own: tuple[Fault, ...] = (self.writer,)
        if self.postgres is not None:
            own = (self.database_cut, self.database_killed, self.database_hangs)
        return (*own, *own, self.redis_cut, self.redis_killed, self.redis_wiped, self.redis_hangs, self.redis_full)

    @property
    def quick(self) -> Sequence[Fault]:
        """Those that need no time."""
        own = (self.database_cut, self.database_killed) if self.postgres is not None else ()
        return (self.killed, self.killed, self.redis_cut, *own, self.redis_wiped)

    def killed(self, chance: random.Random) -> str:
        role = chance.choice(ROLES)
        return f"kill -9 {role} {self._signal(role, signal.SIGKILL, chance)}"

    def told_to_stop(self, chance: random.Random) -> str:
        return f"SIGTERM worker {self._signal('worker', signal.SIGTERM, chance)}"

    def paused(self, chance: random.Random) -> str:
        return self._pause(chance.choice(ROLES), chance.uniform(2, 8), chance)

    def paused_past_lease(self, chance: random.Random) -> str:
        return self._pause("worker", chance.uniform(38, 45), chance)

    def redis_cut(self, chance: random.Random) -> str:
        self.redis.cut()
        return "connections to Redis cut"

    def redis_killed(self, chance: random.Random) -> str:
        """Killed, and started with its file."""
        return self._redis_away("killed", chance.uniform(0, 12), lambda: None)

    def redis_wiped(self, chance: random.Random) -> str:
        def wipe() -> None:
            for file in self._socket.parent.rglob("*.*"):
                file.unlink()

        return self._redis_away("killed and wiped", chance.uniform(0, 6), wipe)

    def redis_hangs(self, chance: random.Random) -> str:
        return self._hang("Redis", self.redis, chance.uniform(3, 15))

    def redis_full(self, chance: random.Random) -> str:
        with client.Redis(unix_socket_path=str(self._socket)) as server:
            server.config_set("maxmemory", 1)
            self.last(seconds := chance.uniform(3, 10))
            server.config_set("maxmemory", 0)
        return f"Redis out of memory for {seconds:.1f} s"

    def database_cut(self, chance: random.Random) -> str:
        self.database.cut()
        return "connections to PostgreSQL cut"

    def database_killed(self, chance: random.Random) -> str:
        assert self.postgres is not None
        self.postgres.kill()
        self.last(seconds := chance.uniform(0, 8))
        self.postgres.start()
        return f"PostgreSQL killed, {seconds:.1f} s"

    def database_hangs(self, chance: random.Random) -> str:
        return self._hang("PostgreSQL", self.database, chance.uniform(3, 15))

    def writer(self, chance: random.Random) -> str:
        """Another program writes for long."""
        with closing(sqlite3.connect(self._file, timeout=60, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            self.last(seconds := chance.uniform(3, 20))
            file.execute("ROLLBACK")
        return f"a writer holds SQLite for {seconds:.1f} s"

    @property
    def _file(self) -> Path:
        return self.product.var / "pipelit.sqlite3"

    def _signal(self, role: str, number: int, chance: random.Random) -> int:
        """To one process of the role; its pid, 0 if there is none just now."""
        pids = self.product.of_role(role) + ([self._second.process.pid] if role == "scheduler" else [])
        if not pids:
            return 0
        pid = chance.choice(sorted(pids))
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if pid == self._second.process.pid and number != signal.SIGSTOP:
            self._second.start()
        return pid

    def _pause(self, role: str, seconds: float, chance: random.Random) -> str:
        pid = self._signal(role, signal.SIGSTOP, chance)
        self.last(seconds)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return f"SIGSTOP {role} {pid} for {seconds:.1f} s"

    def _hang(self, name: str, proxy: Proxy, seconds: float) -> str:
        proxy.flowing.clear()
        self.last(seconds)
        proxy.flowing.set()
        return f"{name} does not answer for {seconds:.1f} s"

    def _redis_away(self, how: str, seconds: float, meanwhile: Callable[[], None]) -> str:
        self._redis.kill()
        self._redis.wait()
        meanwhile()
        self.last(seconds)
        self._redis = scratch.start_redis(self._socket, kept=True)
        return f"Redis {how}, {seconds:.1f} s"


class _Second:
    """A scheduler beside the supervised one."""

    process: subprocess.Popen[bytes] | None = None

    def __init__(self, log: Path, **values: str) -> None:
        self._log, self._values = log, values

    def start(self) -> None:
        self.kill()
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "scheduler"], cwd=ROOT, env=environment(**self._values), stdout=log,
                stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(folder: Path, database: str) -> Iterator[World]:
    world = World(folder, database)
    try:
        world.open()
        yield world
    finally:
        world.close()
