"""The sandbox, with the real bubblewrap: what code gets, and that it reaches nothing else."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipelit.errors import SandboxUnavailable, UserError
from pipelit.results import SandboxResult
from pipelit.sandbox import sandbox, unavailable_reason
from pipelit.sandbox.bubblewrap import Bubblewrap
from pipelit.sandbox.seccomp import MACHINES, program

isolated = pytest.mark.skipif(unavailable_reason() is not None, reason=f"no sandbox: {unavailable_reason()}")


def run(code: str, variables: dict[str, Any] | None = None, **limits: Any) -> SandboxResult:
    return sandbox().python(code, variables or {}, **limits)


def processes_with(mark: str) -> list[int]:
    """Ids of the processes of this host whose command line holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


# What code gets and gives


@isolated
@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("return 40 + 2", 42),
        ("result = {'a': [1, None, True, 1.5]}", {"a": [1, None, True, 1.5]}),
        ("return None", None),
        ("x = 1", None),
        ("", None),
        ("# nothing", None),
        ("return n * 2", 14),
        ("n += 1\nreturn n", 8),
        ("result = [x for x in items if x > 1]", [2, 3]),
        ("def twice(x):\n    return x * 2\nreturn twice(n)", 14),
        ("import json, math\nreturn math.floor(1.5)", 1),
        ("return text", "ünï ☃ 🎉 \x00"),
        ("return 2**200", 2**200),
        ("return __name__", "__main__"),
        ("return (1, 2)", [1, 2]),
        ("raise SystemExit", None),
        ("class A:\n    x = n\nreturn A.x", 7),
    ],
)
def test_code_returns_a_value(code: str, value: Any) -> None:
    got = run(code, {"n": 7, "items": [1, 2, 3], "text": "ünï ☃ 🎉 \x00"})
    assert (got.error, got.killed, got.value) == (None, "", value)


@isolated
def test_output_is_kept_apart_from_the_value() -> None:
    got = run("import sys\nprint('out')\nprint('err', file=sys.stderr)\nreturn 1")
    assert (got.stdout, got.stderr, got.value, got.truncated) == ("out\n", "err\n", 1, False)


@isolated
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1\nraise ValueError('no')", ["line 2", "ValueError: no"]),
        ("def f():\n    1 / 0\nf()", ["line 3", "line 2, in f", "ZeroDivisionError"]),
        ("x = (", ["SyntaxError", "line 1"]),
        ("raise SystemExit('over')", ["SystemExit: over"]),
        ("def f(): f()\nf()", ["RecursionError"]),
        ("return float('nan')", ["no JSON value"]),
        ("return [float('inf')]", ["no JSON value"]),
        ("return {1, 2}", ["no JSON value", "set"]),
        ("return object()", ["no JSON value", "object"]),
        ("x = []\nx.append(x)\nreturn x", ["no JSON value"]),
        ("import nosuchmodule", ["ModuleNotFoundError", "line 1"]),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", ["E"]),
    ],
)
def test_errors_are_those_of_the_code(code: str, said: list[str]) -> None:
    got = run(code)
    assert got.value is None
    assert all(words in (got.error or "") for words in said), got
    assert "runner" not in (got.error or "")


@isolated
def test_a_megabyte_in_and_out() -> None:
    text = "x☃" * 500_000
    assert run("return text", {"text": text}).value == text


@isolated
def test_two_at_once_do_not_meet() -> None:
    code = (
        "import os\nopen('/tmp/mark', 'w').write(me)\nreturn [me, open('/tmp/mark').read(), sorted(os.listdir('/tmp'))]"
    )
    got: dict[str, Any] = {}
    threads = [threading.Thread(target=lambda me=me: got.update({me: run(code, {"me": me}).value})) for me in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == {me: [me, me, ["mark", "work"]] for me in "ab"}


# Limits


@isolated
def test_a_timeout_kills_the_whole_tree() -> None:
    mark = f"7{os.getpid()}.25"
    code = f"import subprocess\nfor _ in range(3): subprocess.Popen(['/usr/bin/sleep', '{mark}'])\nwhile True: pass"
    assert run(code, timeout=1.5).killed == "timeout"
    assert gone(mark)


def gone(mark: str) -> bool:
    """The kernel takes a namespace's processes down with its first one, though not before it says so."""
    ends = time.monotonic() + 10
    while left := processes_with(mark):
        if time.monotonic() > ends:
            return False
        try:
            os.close(fd) if (fd := os.pidfd_open(left[0])) else None
        except OSError:
            continue
    return True


@isolated
def test_a_signal_handler_does_not_put_it_off() -> None:
    got = run("import signal\nfor n in (2, 15, 24): signal.signal(n, signal.SIG_IGN)\nwhile True: pass", timeout=1)
    assert got.killed == "timeout"


@isolated
def test_cancelling_stops_it() -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert run("while True: pass", timeout=60, cancelled=cancelled).killed == "cancelled"


@isolated
def test_an_exception_while_waiting_leaves_nothing_behind() -> None:
    mark = f"8{os.getpid()}.25"

    def cancelled() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox().command(["sleep", mark], cancelled=cancelled)
    assert gone(mark)


@isolated
@pytest.mark.parametrize("code", ["x = 'x' * 10**9", "x = []\nwhile True: x.append('y' * 10**6)"])
def test_memory_is_limited(code: str) -> None:
    got = run(code, memory_mb=128)
    assert got.killed == "memory"
    assert got.value is None


@isolated
def test_a_fork_bomb_is_contained() -> None:
    code = """
import os
made = 0
for _ in range(1000):
    try:
        if os.fork() == 0:
            import time
            time.sleep(60)
            os._exit(0)
        made += 1
    except OSError as error:
        return [made, type(error).__name__]
return made
"""
    got = run(code, timeout=20)
    assert got.error is None
    made, why = got.value
    assert made <= 64
    assert why == "BlockingIOError"


@isolated
def test_output_is_capped() -> None:
    got = run("print('x' * 200_000)\nreturn 1")
    assert len(got.stdout) == 64 * 1024
    assert got.truncated
    assert got.value == 1


@isolated
def test_endless_output_ends() -> None:
    got = run("while True: print('x' * 100_000)", timeout=20)
    assert got.value is None
    assert got.killed == "output" or "OSError" in (got.error or "")
    assert len(got.stdout) == 64 * 1024


@isolated
def test_a_huge_result_is_refused() -> None:
    got = run("return 'x' * (20 * 1024 * 1024)", memory_mb=512)
    assert got.value is None
    assert got.killed == "output" or got.error


@isolated
def test_the_disk_is_limited() -> None:
    code = """
try:
    for n in range(100):
        with open(f'/tmp/{n}', 'wb') as file: file.write(b'x' * 10**7)
except OSError as error:
    return [n, error.errno]
"""
    assert run(code, memory_mb=512).value == [6, 28]


# Walls


@isolated
@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/usr/bin/python3", "/etc/x", "/proc/sys/kernel/hostname", "/dev/x", "/bin/x", "/home/x"]
)
def test_nothing_outside_is_written(path: str) -> None:
    got = run(f"open({path!r}, 'w')")
    assert got.error
    assert any(name in got.error for name in ("OSError", "PermissionError", "FileNotFoundError")), got.error


@isolated
@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/etc/passwd", "/root", "/home", "/var", "/proc/1/environ/x", "/sys", "/run", __file__]
)
def test_nothing_outside_is_read(path: str) -> None:
    got = run(f"import os\nreturn os.path.exists({path!r})")
    assert got.value is False, got


@isolated
def test_there_is_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_SECRET", "canary")
    got = run(
        "import os, glob\nseen = str(dict(os.environ))\n"
        "for f in glob.glob('/proc/*/environ'):\n"
        "    try: seen += open(f).read()\n"
        "    except OSError: pass\n"
        "return [seen, sorted(os.environ)]"
    )
    assert "canary" not in got.value[0]
    assert set(got.value[1]) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "PWD"}


@isolated
def test_it_is_nobody_and_alone() -> None:
    got = run(
        "import os\nreturn [os.getuid(), os.getgid(), sorted(int(p) for p in os.listdir('/proc') if p.isdigit()),"
        " os.uname().nodename, [l for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs'))]]"
    )
    uid, gid, seen, host, status = got.value
    assert (uid, gid, host) == (65534, 65534, "sandbox")
    assert len(seen) <= 3
    assert [line.split()[1] for line in status] == ["0000000000000000", "1"]


@isolated
def test_no_descriptor_leads_out() -> None:
    got = run(
        "import os\nfound = []\n"
        "for fd in os.listdir('/proc/self/fd'):\n"
        "    try: found.append(os.readlink('/proc/self/fd/' + fd))\n"
        "    except OSError: pass\n"
        "return found"
    )
    assert not [where for where in got.value if where.startswith(("socket:", "pipe:", "/var", "/root", "/home"))]
    assert not [where for where in got.value if "seccomp" in where]


@isolated
def test_there_is_no_network() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        got = run(
            f"import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 2)\n"
            "except OSError as error:\n    return type(error).__name__"
        )
        assert got.value == "ConnectionRefusedError"
        got = run("import socket\nreturn [name for _, name in socket.if_nameindex()]")
        assert got.value == ["lo"]
        opened = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)\nreturn 'in'", network=True)
        assert opened.value == "in"


@isolated
@pytest.mark.parametrize(
    "call",
    [
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0)",
        "libc.unshare(0x10000000)",
        "libc.ptrace(0, 0, 0, 0)",
        "libc.setns(0, 0)",
        "libc.chroot(b'/tmp')",
        "libc.syscall(425, 1, 0)",
        "libc.syscall(250, 0, 0, 0)",
        "libc.syscall(321, 0, 0, 0)",
    ],
)
def test_system_calls_that_reach_out_are_refused(call: str) -> None:
    got = run(f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nreturn [{call}, ctypes.get_errno()]")
    if got.error and "ctypes" in got.error:
        pytest.skip("this host's Python has no ctypes")
    assert got.value == [-1, 1]


@isolated
def test_forging_the_result_fools_nobody_else() -> None:
    code = """
import os
for fd in range(3, 50):
    try: os.write(fd, b'{"value": 1}')
    except OSError: pass
return 2
"""
    got = run(code)
    assert got.killed == "output" or got.value in (1, 2, None)
    assert run("return 3").value == 3


# Commands


@isolated
def test_a_command() -> None:
    got = sandbox().command(["sh", "-c", "echo out; echo err >&2; pwd; exit 3"])
    assert (got.exit_code, got.stdout, got.stderr) == (3, "out\n/tmp/work\n", "err\n")
    assert (got.killed, got.error, got.value) == ("", None, None)


@isolated
def test_a_command_that_is_not_there() -> None:
    got = sandbox().command(["no-such-program"])
    assert got.exit_code != 0
    assert "no-such-program: No such file" in got.stderr


@isolated
def test_a_command_has_the_same_walls() -> None:
    got = sandbox().command(["cat", "/etc/shadow"])
    assert got.exit_code != 0
    assert got.stdout == ""
    assert sandbox().command(["sleep", "60"], timeout=1).killed == "timeout"


@isolated
def test_arguments_are_no_options_of_the_wall() -> None:
    got = sandbox().command(["echo", "--bind", "/", "/host", "$(id)", ";", "id"])
    assert got.stdout == "--bind / /host $(id) ; id\n"


@isolated
def test_a_command_takes_no_standard_input() -> None:
    with pytest.raises(UserError):
        sandbox().command(["cat"], stdin=b"x")


# Hosts that cannot isolate


def test_without_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    bare = Bubblewrap()
    assert "Install the package bubblewrap" in (bare.unavailable_reason() or "")
    with pytest.raises(SandboxUnavailable, match="not installed"):
        bare.python("return 1", {})
    with pytest.raises(SandboxUnavailable):
        bare.command(["true"])


def test_on_an_unknown_machine_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "pdp11")
    with pytest.raises(SandboxUnavailable):
        Bubblewrap().python("return 1", {})


@pytest.mark.parametrize("machine", MACHINES)
def test_filters_are_whole_instructions(machine: str) -> None:
    filtered = program(machine)
    assert filtered
    assert len(filtered) % 8 == 0
    assert program("pdp11") is None


def test_memory_is_counted_over_all_processes() -> None:
    code = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        held = bytearray(os.urandom(1024)) * (40 * 1024)
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""
    assert run(code, timeout=15, memory_mb=64).killed == "memory"


def test_memory_without_a_file_is_no_way_round() -> None:
    result = run("import os\nos.memfd_create('x')")
    assert "PermissionError" in (result.error or "")
