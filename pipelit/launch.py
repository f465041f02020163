"""The start of the product: what must be true before anything runs, and which processes there are."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from django.core.exceptions import ImproperlyConfigured

from pipelit import env as environment
from pipelit import process
from pipelit.env import Environment

if TYPE_CHECKING:
    from pipelit.supervisor import Role, Supervisor

Condition = Callable[[], bool]
LOCK = "pipelit.lock"
ADDRESS = "pipelit.address"
"""Where what was last started on a VAR_DIR listens: host and port."""


def main(supervisor: Callable[[Environment], Supervisor]) -> int:
    """Check, lock, and supervise until told to stop. What is wrong is one sentence on stderr; the exit code."""
    if os.environ.get("MAKELEVEL"):
        process.end_with(os.getppid())  # a make that is killed must not leave the product behind
    try:
        env = environment.load(os.environ)
        check_writable(env.var_dir)
        with lock(env):
            check_port(env)
            return supervisor(env).run()
    except ImproperlyConfigured as error:
        print(f"pipelit: {error}", file=sys.stderr)  # noqa: T201
        return 1


def roles(env: Environment) -> list[Role]:
    """The processes to keep alive. Only those of the worker may have that word in their command lines."""
    from pipelit.supervisor import Role

    manage = [sys.executable, "manage.py"]
    worker = ["worker", "--processes", str(env.worker_processes), "--concurrency", str(env.worker_concurrency)]
    return [
        Role("worker", [*manage, *worker]),
        Role("web", [*manage, "web"]),
        Role("scheduler", [*manage, "scheduler"]),
    ]


def check_writable(var_dir: Path) -> None:
    """Create VAR_DIR. Raises ImproperlyConfigured if that is impossible or nothing can be written there."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (var_dir / LOCK).exists():
            var_dir.chmod(0o700)  # the first start: what is kept here is nobody else's business
        probe = var_dir / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        sentence = f"VAR_DIR ({var_dir}) cannot be written: {error.strerror}. Make it writable or set VAR_DIR."
        raise ImproperlyConfigured(sentence) from None


def lock(env: Environment) -> TextIO:
    """Hold VAR_DIR for this process until the file is closed, and leave there where it listens. Raises
    ImproperlyConfigured if another has it."""
    file = open(env.var_dir / LOCK, "a+", encoding="ascii")  # noqa: SIM115 - the caller closes it
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        where = f"VAR_DIR ({env.var_dir}), process {holder or '?'}"
        raise ImproperlyConfigured(f"Pipelit already runs on {where}: stop it, or set VAR_DIR and PORT.") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    (env.var_dir / ADDRESS).write_text(f"{env.host} {env.port}", encoding="ascii")
    return file


def last_started(env: Environment) -> Environment:
    """With the address of what was last started on VAR_DIR, whatever HOST and PORT are here."""
    with suppress(OSError, ValueError):
        host, port = (env.var_dir / ADDRESS).read_text(encoding="ascii").split()
        return replace(env, host=host, port=int(port))
    return env


def check_port(env: Environment) -> None:
    """Raises ImproperlyConfigured if HOST:PORT cannot be listened on."""
    family = socket.AF_INET6 if ":" in env.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((env.host, env.port))
        except OSError as error:
            raise ImproperlyConfigured(_why_not(env, error)) from None


def _why_not(env: Environment, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {env.port} on {env.host} is taken by another program: stop it, or set PORT to another number."
    if error.errno == errno.EACCES:
        return f"Port {env.port} may be used by root only: choose one above 1023, for instance PORT=8000."
    return f"HOST ({env.host}) is no address of this machine: {error.strerror}. Use 127.0.0.1, or 0.0.0.0 for all."


def base_url(env: Environment) -> str:
    """Where a browser on this machine finds the product."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.host, env.host)  # noqa: S104
    return f"http://[{host}]:{env.port}" if ":" in host else f"http://{host}:{env.port}"


def ask_ready(env: Environment) -> tuple[int, str]:
    """Status and body of /readyz; 0 if the web process does not answer. Without an HTTP library, for their weight."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.host, env.host)  # noqa: S104
    name = next((name.lstrip(".") for name in env.allowed_hosts if name != "*"), "localhost")
    request = f"GET /readyz HTTP/1.0\r\nHost: {name}\r\nAccept: application/json\r\n\r\n"
    try:
        with socket.create_connection((host, env.port), timeout=2) as connection:
            connection.sendall(request.encode())
            data = b"".join(iter(lambda: connection.recv(65_536), b""))
    except OSError:
        return 0, ""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    found = re.match(r"HTTP/1\.[01] (\d{3})", head)
    return (int(found[1]) if found else 0), body
