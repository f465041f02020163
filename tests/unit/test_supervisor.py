"""The supervisor over processes that only sleep, die or refuse to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, sys
from pipelit import env, launch, preparation, supervisor

roles = {roles!r}
supervisor.STOP_SECONDS = 1
launch.roles = lambda _: [supervisor.Role(name, [sys.executable, "-c", code]) for name, code in roles.items()]
launch.ask_ready = lambda _: (int(os.environ.get("STATUS", "200")), "")
launch.check_port = lambda _: None
preparation.is_current = lambda _: True
sys.exit(launch.main(supervisor.Supervisor))
"""
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {SLEEP}"

Start = Callable[..., "Running"]


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, text: str, times: int = 1) -> str:
        """Read on until so many of all lines hold the text; the last of these."""
        found = [line for line in self.lines if text in line]
        while len(found) < times:
            assert self.process.stdout
            line = self.process.stdout.readline()
            assert line, f"{text!r} was not said: {self.lines}"
            self.lines.append(line)
            if text in line:
                found.append(line)
        return found[times - 1]

    def children(self) -> dict[int, str]:
        return children(self.process.pid)


def children(pid: int) -> dict[int, str]:
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in pids}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_gone(*pids: int) -> None:
    end = time.monotonic() + 10
    while any(map(is_alive, pids)):
        assert time.monotonic() < end, "still alive"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def run(roles: dict[str, str], **environ: str) -> Running:
        env = {**os.environ, "VAR_DIR": str(tmp_path / "var"), "PORT": "1", "REDIS_URL": "redis://nowhere"}
        env |= {"ENV_FILE": os.devnull, "MAKELEVEL": "1", **environ}
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(roles=roles)],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        watchdog = threading.Timer(20, process.kill)
        watchdog.daemon = True
        watchdog.start()
        started.append(Running(process))
        return started[-1]

    yield run
    for running in started:
        running.process.kill()
        running.process.communicate()


def test_lines_carry_their_role_and_a_dead_process_is_started_again(start: Start) -> None:
    running = start({"web": SLEEP, "scheduler": SLEEP})
    running.until("| up", times=2)
    running.until("Ready after")
    first = running.children()
    victim = next(iter(first))
    os.kill(victim, signal.SIGKILL)
    said = running.until("was killed by SIGKILL")
    running.until("| up", times=3)
    assert len(running.children()) == 2
    assert "starting it again in 0.5 s" in said
    assert {line.split("|")[0].strip() for line in running.lines} == {"web", "scheduler", "pipelit"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_at_a_signal_with_code_0(start: Start, number: int) -> None:
    running = start({"web": SLEEP})
    running.until("Ready after")
    pids = list(running.children())
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    wait_gone(*pids)


def test_what_ignores_sigterm_is_killed_with_its_descendants(start: Start) -> None:
    running = start({"web": STUBBORN})
    running.until("| up")
    running.until("Ready after")
    pids = list(running.children())
    running.process.terminate()
    running.until("did not stop in 1 s and is killed")
    assert running.process.wait(10) == 0
    wait_gone(*pids)


def test_nothing_is_left_when_the_supervisor_is_killed(start: Start) -> None:
    running = start({"web": SLEEP, "worker": SLEEP})
    running.until("Ready after")
    running.until("| up", times=2)
    pids = list(running.children())
    running.process.kill()
    wait_gone(*pids)


def test_orphans_of_a_killed_process_are_ended(start: Start) -> None:
    running = start({"worker": PARENT})
    running.until("| up", times=2)
    parent = next(iter(running.children()))
    orphans = list(children(parent))
    os.kill(parent, signal.SIGKILL)
    wait_gone(parent, *orphans)


def test_a_process_that_never_starts_stops_everything(start: Start) -> None:
    running = start({"web": "import sys; sys.exit(3)"}, STATUS="503")
    running.until("does not start: it ended with code 3")
    assert running.process.wait(10) == 1


def test_json_logs_stay_json(start: Start) -> None:
    running = start(
        {"web": """import time; print('{"message": "hello"}', flush=True); time.sleep(60)"""}, LOG_FORMAT="json"
    )
    line = running.until("hello")
    running.until("Ready after")
    assert json.loads(line) == {"message": "hello"}
    assert all(json.loads(line) for line in running.lines)


def test_the_same_directory_is_refused_twice(start: Start) -> None:
    running = start({"web": SLEEP})
    running.until("Ready after")
    second = start({"web": SLEEP})
    assert f"process {running.process.pid}: stop it, or set VAR_DIR" in second.until("already runs on VAR_DIR")
    assert second.process.wait(10) == 1


def test_embedded_redis_is_started_and_a_stale_socket_does_not_matter(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "redis"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folder / "redis.sock"))
    running = start({"web": SLEEP}, REDIS_URL="")
    running.until("Ready after")
    assert any("redis-server" in command for command in running.children().values())
    running.process.terminate()
    assert running.process.wait(10) == 0
    assert (folder / "appendonlydir").is_dir()
