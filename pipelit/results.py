"""What the guarded client and the sandbox answer: values that components see. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    url: str


@dataclass(frozen=True)
class SandboxResult:
    """How an isolated process ended. `value` is the JSON value that Python code returned."""

    exit_code: int
    stdout: str
    stderr: str
    value: Any = None
    error: str | None = None
    """The traceback of the user's own code, if it raised."""
    killed: Literal["", "timeout", "memory", "output", "signal", "cancelled"] = ""
    truncated: bool = False
