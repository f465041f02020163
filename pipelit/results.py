"""What the guarded client and the sandbox answer: values that components see. No Django."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    url: str

    def header(self, name: str) -> str:
        """Its value, by its name in small letters; empty if there is none."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")

    @property
    def retry_after(self) -> float | None:
        """Seconds, from either form of the Retry-After header (RFC 9110, 10.2.3)."""
        said = self.header("retry-after").strip()
        try:
            seconds = float(said)
        except ValueError:
            try:
                moment = parsedate_to_datetime(said)
            except (ValueError, OverflowError):
                return None
            seconds = (moment - dt.datetime.now(dt.UTC)).total_seconds() if moment.tzinfo else 0.0
        return max(seconds, 0.0) if math.isfinite(seconds) else None


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
