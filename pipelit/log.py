"""Logging: one line per record to stderr, as text or JSON, with secrets masked."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import time
from collections.abc import Mapping
from typing import Any

MASK = "***"
PATTERNS = [
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}"), rf"\1\2{MASK}"),
    (re.compile(r"(?i)([?&](?:token|key|api_key|secret|signature|password)=)[^&\s\"']+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:api[_-]?key|password|passwd|secret|secret[_-]key|token|bot_token|access_token|authorization)"
            r"[\"']?\s*[:=]\s*[\"']?)(?!\*\*\*)(?!bearer\b|basic\b)[^\s\"',;&}]{4,}"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+@"), rf"\1{MASK}@"),
    (re.compile(r"\b(sk-|pk_|plt_|xox[abp]-|ghp_|glpat-)[A-Za-z0-9_-]{12,}"), rf"\1{MASK}"),
    (re.compile(r"\bgAAAAA[A-Za-z0-9_-]{20,}={0,2}"), MASK),
]


def mask(text: str) -> str:
    """The text without what looks like a secret: keys, passwords, bearer tokens, credentials in URLs."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class Text(logging.Formatter):
    """`2026-01-31T12:00:00.123Z INFO pipelit.x: message`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return timestamp(record.created)

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class Json(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and exception, process, thread."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            "process": record.process,
            "thread": record.threadName,
        }
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(entry)


def timestamp(seconds: float) -> str:
    """UTC with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def configure(options: Mapping[str, str]) -> None:
    """Django's LOGGING_CONFIG hook: `level` and `format` (text|json)."""
    level = options["level"]
    quiet = "WARNING" if level in {"DEBUG", "INFO"} else level
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": Json if options["format"] == "json" else Text}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": quiet, "handlers": ["stderr"]},
            "loggers": {
                "pipelit": {"level": level},
                "apps": {"level": level},
                # Django reports each 4xx as a warning: the access log and the answer tell it already
                "django.request": {"level": "ERROR" if quiet == "WARNING" else level},
                "django.server": {"level": quiet},
                "rq.worker": {"level": quiet},
                "rq.job": {"level": quiet},
            },
        }
    )
