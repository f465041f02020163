"""An HTTP server that counts calls by idempotency key, keeps what they bring, and holds them back while its gate is
closed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_SECONDS = 30.0


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: Counter[str] = Counter()
        self.calls: list[tuple[dict[str, str], bytes]] = []
        """Headers (names in lower case) and bodies."""
        self.answers: list[tuple[int, dict[str, str]]] = []
        """What the next calls are answered instead of 200: status and headers."""
        self.gate = threading.Event()
        self.gate.set()
        self._called = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def count(self, key: str) -> None:
        with self._called:
            self.keys[key] += 1
            self._called.notify_all()

    def wait_for(self, calls: int) -> bool:
        """Until so many different keys have called; False if they do not come."""
        with self._called:
            return self._called.wait_for(lambda: len(self.keys) >= calls, WAIT_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.calls.append(({name.lower(): value for name, value in self.headers.items()}, content))
        self.server.count(str(self.headers["Idempotency-Key"]))
        self.server.gate.wait(WAIT_SECONDS)
        body = b'{"ok": true}'
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            """The caller has died."""

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.gate.set()
        server.shutdown()
