"""Bubblewrap: starts a program in namespaces of its own and says how it ended."""

from __future__ import annotations

import json
import logging
import os
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelit.errors import SandboxUnavailable, UserError
from pipelit.fields import dumps
from pipelit.results import SandboxResult

from . import seccomp

log = logging.getLogger(__name__)
PYTHON = ("/usr/bin/python3", "/usr/local/bin/python3")
"""Where a Python lies that the sandbox's user can run."""
RUNNER = Path(__file__).with_name("runner.py").read_text()
POLL_SECONDS = 0.1
"""How often a running process is asked whether it should stop."""
FILE_BYTES = 16 * 1024 * 1024
"""What one file, an output or a result may hold."""
SHOWN = 64 * 1024
"""Characters of output that are kept."""
HOME = "/tmp/work"  # noqa: S108 - inside the sandbox
TMP_BYTES = 64 * 1024 * 1024
PROCESSES = 64
FILES = 256
OWN_MEMORY_MB = 64
"""What the interpreter needs for itself, on top of what the code may use."""


class Bubblewrap:
    def __init__(self) -> None:
        self._reason: str | None = None
        self._tried = threading.Event()
        self._try = threading.Lock()

    def python(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        timeout: float = 30.0,
        memory_mb: int = 256,
        network: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> SandboxResult:
        """Run Python code; see the component contract."""
        self._require()
        job = {"code": code, "variables": dict(variables), "limits": _limits(timeout, memory_mb)}
        return self._run(job, timeout, memory_mb, network, cancelled)

    def command(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout: float = 300.0,
        memory_mb: int = 512,
        network: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> SandboxResult:
        """Run a program of the host's /usr; see the component contract."""
        self._require()
        if stdin:
            raise UserError("A command in the sandbox takes no standard input.", code="config_error")
        job = {"argv": list(argv), "limits": _limits(timeout, memory_mb)}
        return self._run(job, timeout, memory_mb, network, cancelled)

    def unavailable_reason(self) -> str | None:
        with self._try:
            if not self._tried.is_set():
                self._reason = self._probe()
                self._tried.set()
        return self._reason

    def _require(self) -> None:
        reason = self.unavailable_reason()
        if reason is not None:
            raise SandboxUnavailable(f"Code cannot run here: {reason}")

    def _probe(self) -> str | None:
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed. Install the package bubblewrap."
        if os.geteuid() == 0 and shutil.which("setpriv") is None:
            return "setpriv, which root needs to start it, is not installed. Install the package util-linux."
        if self._interpreter is None:
            return f"none of {', '.join(PYTHON)} is there. Install the package python3."
        if seccomp.program() is None:
            return f"there is no seccomp filter for {os.uname().machine}."
        job = {"code": "return 40 + 2", "variables": {}, "limits": _limits(10, 128)}
        result = self._run(job, 10, 128, False, None)
        if result.value == 42:
            return None
        said = (result.stderr or result.error or result.killed or f"exit code {result.exit_code}").strip()[-300:]
        return f"bubblewrap does not work on this host ({said}). Unprivileged user namespaces may be switched off."

    @cached_property
    def _interpreter(self) -> str | None:
        return next((path for path in PYTHON if os.access(path, os.X_OK)), None)

    def _run(
        self,
        job: Mapping[str, Any],
        timeout: float,
        memory_mb: int,
        network: bool,
        cancelled: Callable[[], bool] | None,
    ) -> SandboxResult:
        filter_fd, result_fd = os.memfd_create("seccomp"), os.memfd_create("result")
        try:
            os.write(filter_fd, seccomp.program() or b"")
            os.lseek(filter_fd, 0, os.SEEK_SET)
            with (
                tempfile.TemporaryFile() as given,
                tempfile.TemporaryFile() as out,
                tempfile.TemporaryFile() as err,
            ):
                given.write(dumps({**job, "result": result_fd}).encode())
                given.seek(0)
                process = self._start(given, out, err, filter_fd, result_fd, network)
                killed = _wait(process, timeout, (memory_mb + OWN_MEMORY_MB) * 1024 * 1024, cancelled)
                outcome = _read(result_fd)
                return _result(process.returncode, killed, _read(out.fileno()), _read(err.fileno()), outcome)
        finally:
            os.close(filter_fd)
            os.close(result_fd)

    def _start(
        self, given: Any, out: Any, err: Any, filter_fd: int, result_fd: int, network: bool
    ) -> subprocess.Popen[bytes]:
        assert self._interpreter is not None
        python = [self._interpreter, "-I", "-S", "-E", "-B", "-c", RUNNER]
        return subprocess.Popen(  # noqa: S603 - what it runs is walled in
            [*_unprivileged(), "bwrap", *_walls(filter_fd, network), *python],
            stdin=given,
            stdout=out,
            stderr=err,
            pass_fds=(filter_fd, result_fd),
            start_new_session=True,
            env={"PATH": "/usr/bin:/bin"},
        )


def _walls(filter_fd: int, network: bool) -> list[str]:
    walls = [
        "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
        "--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--seccomp", str(filter_fd),
        "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev",
        "--size", str(TMP_BYTES), "--tmpfs", "/tmp", "--dir", HOME, "--chdir", HOME,  # noqa: S108 - the sandbox's own
        "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", HOME, "--setenv", "LANG", "C.UTF-8",
    ]  # fmt: skip
    for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            walls += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            walls += ["--ro-bind", str(path), str(path)]
    if network:
        walls.append("--share-net")
        for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl"):
            walls += ["--ro-bind-try", name, name]
    return [*walls, "--remount-ro", "/dev", "--remount-ro", "/"]


def _unprivileged() -> list[str]:
    """When we are root: become a user who owns nothing and whom no other sandbox has. By a program, since Python
    would copy this whole process for it (11 ms)."""
    if os.geteuid() != 0:
        return []
    number = 200_000 + secrets.randbelow(1_000_000)
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--"]


def _limits(timeout: float, memory_mb: int) -> dict[str, int]:
    return {
        "AS": (memory_mb + OWN_MEMORY_MB) * 1024 * 1024,
        "CPU": int(timeout) + 1,
        "FSIZE": FILE_BYTES,
        "NOFILE": FILES,
        "NPROC": PROCESSES,
        "CORE": 0,
    }


def _memory_of_tree(root: int) -> int:
    """Bytes that a process and all its descendants use, what they share counted once."""
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        with suppress(OSError):  # it has ended meanwhile
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            total += _memory(pid)
    return total


def _memory(pid: int) -> int:
    """Its proportional share where that may be read, else what is resident."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    except (OSError, StopIteration):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _wait(process: subprocess.Popen[bytes], timeout: float, memory: int, cancelled: Callable[[], bool] | None) -> str:
    """Wait for the end; kill the whole process tree when its time is up, when all its processes together use more than
    so many bytes of memory (one alone is held by its limit), or when it is cancelled; say why."""
    ends = time.monotonic() + timeout
    pidfd = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        killed = ""
        while not poll.poll(max(0.0, min(POLL_SECONDS, ends - time.monotonic())) * 1000):
            if cancelled is not None and cancelled():
                killed = "cancelled"
            elif time.monotonic() >= ends:
                killed = "timeout"
            elif _memory_of_tree(process.pid) > memory:
                killed = "memory"
            if killed:
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.wait()
        return killed
    finally:
        if process.returncode is None:  # an exception from outside: nothing is left behind
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(pidfd)


def _read(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    size = min(os.fstat(descriptor).st_size, FILE_BYTES)
    parts = []
    while size > 0 and (part := os.read(descriptor, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _result(code: int, killed: str, out: bytes, err: bytes, outcome: bytes) -> SandboxResult:
    told: dict[str, Any] = {}
    if outcome and not killed:
        try:
            told = json.loads(outcome)
        except (ValueError, RecursionError):  # the code has written there itself
            killed = "output"
    if told.get("memory"):
        killed = "memory"
    elif not killed and code in (128 + signal.SIGXFSZ, -signal.SIGXFSZ):
        killed = "output"
    elif not killed and code in (128 + signal.SIGXCPU, -signal.SIGXCPU):
        killed = "timeout"
    elif not killed and not told and (code > 128 or code < 0):
        killed = "memory" if code in (128 + signal.SIGKILL, -signal.SIGKILL) else "signal"
    return SandboxResult(
        exit_code=code,
        stdout=out[:SHOWN].decode(errors="replace"),
        stderr=err[:SHOWN].decode(errors="replace"),
        value=told.get("value"),
        error=told.get("error"),
        killed=killed,  # type: ignore[arg-type]
        truncated=len(out) > SHOWN or len(err) > SHOWN,
    )
