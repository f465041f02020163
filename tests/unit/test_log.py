"""Log lines."""

from __future__ import annotations

import json
import logging

import pytest

from pipelit import log
from pipelit.management.commands.web import log_request


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


def test_the_access_log_has_no_queries(caplog: pytest.LogCaptureFixture) -> None:
    details = {
        "client": "192.0.2.1:1",
        "method": "GET",
        "path": "/forms/a/b?key=hunter2",
        "status": 200,
        "time_taken": 0.1,
    }
    with caplog.at_level(logging.DEBUG, "pipelit.access"):
        log_request("http", "complete", details)
        log_request("websocket", "connected", {"client": "192.0.2.1:1", "path": "/ws/?token=hunter2"})
    assert [record.getMessage() for record in caplog.records] == [
        "192.0.2.1:1 GET /forms/a/b 200 in 0.100 s",
        "192.0.2.1:1 connected /ws/",
    ]
