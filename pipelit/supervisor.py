"""`make run`: starts Redis, web, workers and scheduler, shows their logs, restarts what dies, stops everything.

One light process of one thread, without Django: a loop over the pipes of its children and a few moments at which
something is due. Children lead process groups of their own; the kernel ends them with the supervisor, and gives their
orphans to it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from pipelit import embedded, launch, preparation, process
from pipelit.console import Console
from pipelit.env import BASE_DIR, Environment

STOP_SECONDS = 25.0
"""How long processes may take to stop before they are killed; Redis goes last."""
BACK_OFF_MAX = 30.0
STEADY_SECONDS = 30.0
"""A process that lived this long has no failures."""
START_ATTEMPTS = 3
"""A process that dies so often before everything was ready once will not start at all."""
TICK_SECONDS = 0.05
SLOW_START_SECONDS = 60.0


@dataclass
class Role:
    """One process to keep alive; `pid` is 0 while there is none, `failures` counts its deaths in a row."""

    name: str
    command: list[str]
    pid: int = 0
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


class Supervisor:
    def __init__(self, env: Environment) -> None:
        self.env = env
        self.console = Console(as_json=env.log_format == "json")
        self.roles: list[Role] = []
        self.ready = False
        self.code = 0
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._pid = os.getpid()

    def run(self) -> int:
        """Until told to stop; the exit code."""
        process.adopt_orphans()
        self._listen_to_signals()
        try:
            if self._start():
                self._loop()
        finally:
            self._stop_all()
        return self.code

    def _fail(self, sentence: str) -> None:
        self.code = 1
        print(f"pipelit: {sentence}", file=sys.stderr)  # noqa: T201

    def _start(self) -> bool:
        """Redis, then what must be done before anything else runs, then all the rest. Whether that went well."""
        if self.env.redis_embedded and not self._start_redis():
            return False
        if not preparation.is_current(self.env) and not self._prepare():
            return False
        for role in launch.roles(self.env):
            self._spawn(role)
        return not self._stopping

    def _start_redis(self) -> bool:
        path = embedded.socket_path(self.env.var_dir)
        self._wait(lambda: embedded.answer(path) is None, 5)  # one that is just stopping
        if (other := embedded.owner(path)) is not None:
            self._fail(
                f"Another Redis (process {other}) answers at {path}: stop it, or set REDIS_URL=unix://{path} to use it."
            )
            return False
        embedded.make_folders(self.env.var_dir)
        role = Role("redis", embedded.command(self.env.var_dir))
        self._spawn(role)
        while not self._stopping and role.pid and not (embedded.answer(path) or "-").startswith("+"):
            self._step(0.005)
        if not role.pid and not self._stopping:
            said = next((line for line in reversed(self.console.last["redis"]) if line.strip()), "it said nothing")
            self._fail(
                f"The embedded Redis did not start: {said.strip()} (Its data can be rebuilt from the database: "
                f"if it is damaged, move {self.env.var_dir / 'redis'} away.)"
            )
        return bool(role.pid) and not self._stopping

    def _prepare(self) -> bool:
        role = Role("prepare", [sys.executable, "manage.py", "prepare"])
        self._spawn(role, piped=False)
        while role.pid:
            self._step(0.05)
        self.code = role.failures  # it has said why
        return not role.failures and not self._stopping

    def _loop(self) -> None:
        begun = time.monotonic()
        warned = False
        while not self._stopping:
            self._step(1.0 if self.ready else TICK_SECONDS)
            now = time.monotonic()
            for role in self.roles:
                if not role.pid and role.restart_at <= now:
                    self._spawn(role)
            if self.ready or self._stopping:
                continue
            status, text = launch.ask_ready(self.env)
            if status == 200:
                self.ready = True
                self._greet(now - begun)
            elif not warned and now - begun > SLOW_START_SECONDS:
                warned = True
                self.console.say(f"Not ready after {SLOW_START_SECONDS:.0f} s: {text or 'the web process is silent'}")

    def _greet(self, seconds: float) -> None:
        base = launch.base_url(self.env)
        self.console.say(f"Ready after {seconds:.1f} s. Pipelit is at {base}/")
        self.console.say(f"API docs {base}/api/docs/   admin {base}/admin/   health {base}/readyz   stop with Ctrl-C")

    def _spawn(self, role: Role, *, piped: bool = True) -> None:
        """Start the process of a role. Its output comes through a pipe, or goes where the supervisor's goes."""
        read, write = os.pipe() if piped else (-1, 1)
        child = subprocess.Popen(  # noqa: S603
            role.command,
            cwd=BASE_DIR,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write if piped else None,
            process_group=0,
            preexec_fn=lambda: process.end_with(self._pid),
        )
        child.returncode = 0  # it is reaped here, not by Popen
        role.pid, role.started = child.pid, time.monotonic()
        if role not in self.roles:
            self.roles.append(role)
        if piped:
            os.close(write)
            os.set_blocking(read, False)
            self._selector.register(read, selectors.EVENT_READ, role.name)

    def _step(self, seconds: float) -> None:
        """Pass on output and notice deaths, for that long at most."""
        for key, _ in self._selector.select(seconds):
            try:
                data = os.read(key.fd, 65_536)
            except BlockingIOError:
                continue
            if key.data is None:
                continue  # a signal: its handler has run
            if data:
                self.console.feed(key.data, data, show=key.data != "redis" or (self.ready and not self._stopping))
            else:
                self._selector.unregister(key.fd)
                os.close(key.fd)
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            role = next((role for role in self.roles if role.pid == pid), None)
            if role is not None:
                self._died(role, os.waitstatus_to_exitcode(status))

    def _died(self, role: Role, code: int) -> None:
        """Note the end of a role's process; end what it left behind, and set the time of its next start."""
        with contextlib.suppress(OSError):
            os.killpg(role.pid, signal.SIGTERM)
        role.pid = 0
        if role.name == "prepare":
            self.roles.remove(role)
            role.failures = int(code != 0)
            return
        if self._stopping:
            return
        now = time.monotonic()
        role.failures = 1 if now - role.started > STEADY_SECONDS else role.failures + 1
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        if not self.ready and role.failures >= START_ATTEMPTS:
            self._fail(f"The {role.name} process does not start: it {how}. Its last lines are above.")
            self._stopping = True
            return
        pause = min(BACK_OFF_MAX, 0.25 * 2**role.failures)
        role.restart_at = now + pause
        if role.name != "redis" or self.ready:
            self.console.say(f"The {role.name} process {how}; starting it again in {pause:g} s.")

    def _stop_all(self) -> None:
        """SIGTERM to all but Redis, SIGKILL to what stays, then the same for Redis."""
        self._stopping = True
        if any(role.pid for role in self.roles) and self.ready:
            self.console.say("Stopping.")
        servers = [role for role in self.roles if role.name == "redis"]
        self._stop([role for role in self.roles if role not in servers], STOP_SECONDS)
        self._stop(servers, 3)

    def _stop(self, roles: list[Role], seconds: float) -> None:
        for role in roles:
            self._signal(role, signal.SIGTERM)
        self._wait(lambda: not any(role.pid for role in roles), seconds)
        for role in roles:
            if role.pid:
                self.console.say(f"The {role.name} process did not stop in {seconds:.0f} s and is killed.")
                self._signal(role, signal.SIGKILL)
        self._wait(lambda: not any(role.pid for role in roles), 1)

    @staticmethod
    def _signal(role: Role, number: int) -> None:
        if role.pid:
            with contextlib.suppress(OSError):
                os.killpg(role.pid, number)

    def _wait(self, done: launch.Condition, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            self._step(TICK_SECONDS)

    def _listen_to_signals(self) -> None:
        read, write = os.pipe()
        for fd in (read, write):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._selector.register(read, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)

    def _told_to_stop(self, *_: object) -> None:
        self._stopping = True


if __name__ == "__main__":
    sys.exit(launch.main(Supervisor))
