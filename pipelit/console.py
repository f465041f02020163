"""What the supervisor shows: the lines of its processes, each with the role that wrote it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict, deque

LINE_MAX = 65_536
WIDTH = len("scheduler")
COLOURS = {"web": 36, "worker": 32, "scheduler": 35, "redis": 33, "pipelit": 34}
"""ANSI colours."""


class Console:
    """Writes whole lines to stdout. With LOG_FORMAT=json each line is a JSON object and gets no prefix."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._parts: dict[str, bytes] = defaultdict(bytes)
        self.last: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=20))
        """The latest lines of each role, shown or not."""

    def feed(self, role: str, data: bytes, *, show: bool = True) -> None:
        """Output of a process: what completes a line is written, the rest kept until the next time."""
        *lines, rest = (self._parts[role] + data).split(b"\n")
        if len(rest) > LINE_MAX:
            lines, rest = [*lines, rest], b""
        self._parts[role] = rest
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            self.last[role].append(text)
            if show:
                self._write(text if self._json else f"{self._prefix(role)}{text}")

    def say(self, sentence: str) -> None:
        """A line of the supervisor itself."""
        if self._json:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            entry = {"time": now, "level": "INFO", "logger": "pipelit.supervisor", "message": sentence}
            self._write(json.dumps(entry))
        else:
            self._write(f"{self._prefix('pipelit')}{sentence}")

    def _prefix(self, role: str) -> str:
        name = f"{role:<{WIDTH}} |"
        return f"\033[{COLOURS.get(role, 37)}m{name}\033[0m " if self._colour else f"{name} "

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError:  # the terminal is gone: the processes go on until they are told to stop
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
