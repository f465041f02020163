"""Log lines."""

from __future__ import annotations

import json
import logging

import pytest

from pipelit import log


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2hunter2",
        "GET /ws/?token=hunter2hunter2 101",
        'body {"password": "hunter2hunter2"}',
        "api_key='hunter2hunter2'",
        "postgres://me:hunter2hunter2@host/db",
        "sk-hunter2hunter2",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    assert "hunter2" not in log.mask(text)
    assert "***" in log.mask(text)


@pytest.mark.parametrize("text", ["total tokens: 12", "POST /api/v1/auth/token/ 200", "no secret here", "a: b"])
def test_the_rest_is_not(text: str) -> None:
    assert log.mask(text) == text


def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord("apps.x", logging.INFO, "x.py", 1, message, ("hunter2hunter2",), info)


def test_text() -> None:
    line = log.Text().format(record("token=%s"))
    assert line.endswith(" INFO apps.x: token=***")
    assert line[10] == "T"


def test_json() -> None:
    entry = json.loads(log.Json().format(record("token=%s", ValueError("password=hunter2hunter2"))))
    assert entry["message"] == "token=***"
    assert entry["level"] == "INFO"
    assert "ValueError" in entry["exception"]
    assert "hunter2" not in entry["exception"]
