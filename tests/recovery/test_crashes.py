"""A process that dies at a named point, again and again: every execution comes to its one end, recorded effects happen
once, and the outside sees at most two calls with the same key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.engine import harness
from tests.engine.harness import node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
POINTS = (
    "lease.acquired:1",
    "step.running:2",
    "step.ran:1",
    "step.ran:3",
    "recorder.before_commit:1",
    "recorder.committed:1",
    "recorder.committed:2",
    "graph.ended:1",
    "parked:1",
)


class Receiver(ThreadingHTTPServer):
    """Counts calls by idempotency key."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.keys[self.headers["Idempotency-Key"]] += 1  # type: ignore[attr-defined]
        body = b'{"ok": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def process(crash_at: str = "") -> int:
    """Run a worker process; its exit code."""
    database = {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    command = [sys.executable, "-m", "tests.recovery.process", json.dumps(database), settings.REDIS_URL]
    environment = {**os.environ, "CRASH_AT": crash_at}
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_changes_nothing(users: Any, receiver: Receiver, point: str) -> None:
    url = f"http://127.0.0.1:{receiver.server_port}/"
    nodes = [
        node("start", "trigger_manual"),
        node("a", "set", values={"n": 1}),
        node("post", "http_request", url=url, method="POST", body="{}", on_unknown="retry"),
        node("lp", "loop", items=[1, 2]),
        node("b", "set", values={"v": "{{ loop.item + a.output.n }}"}),
        node("ask", "human_confirmation", prompt="Go?"),
        node("z", "set", values={"all": "{{ lp.results }}"}),
    ]
    edges = [("start", "a"), ("a", "post"), ("post", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return")]
    version = harness.store(users.ada, "crash", nodes, [*edges, ("lp", "ask"), ("ask", "z")])
    execution = harness.start(version)

    assert process(point) == 137
    assert process() == 0
    execution.refresh_from_db()
    assert execution.status == "interrupted", execution.error_message
    harness.actions.respond(execution.pending_tasks.get(), decision="confirmed")
    assert process(point) in (137, 0)
    assert process() == 0

    execution.refresh_from_db()
    assert (execution.status, execution.final_output) == ("completed", {"all": [{"v": 2}, {"v": 3}]})
    keys = list(execution.logs.filter(final=True).values_list("step_key", flat=True))
    assert sorted(keys) == sorted(["start", "a", "post", "lp[0]/b", "lp[1]/b", "lp", "ask", "z"])
    assert len(receiver.keys) == 1
    assert max(receiver.keys.values()) <= 2
