"""A server that speaks the Bot API's HTTP format: people write to its bot, and it keeps what the bot sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "123456:AAAA-test-token-of-a-bot-that-is-none_000"
WAIT_SECONDS = 20.0


class Telegram(ThreadingHTTPServer):
    """`said(...)` and `press(...)` are what people do; `sent` what the bot did: (method, parameters);
    `typed` when it said that it types."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.typed: list[tuple[str, dict[str, Any]]] = []
        self.updates: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.refuse: list[tuple[int, dict[str, Any]]] = []
        """What the next calls (but getUpdates) are answered instead: (status, body)."""
        self.token = TOKEN
        self.webhook: dict[str, Any] = {}
        self.polls = 0
        self._numbers = iter(range(1, 1_000_000))
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def said(self, text: str = "", *, chat: int = 42, sender: int = 42, **more: Any) -> dict[str, Any]:
        """Somebody writes to the bot."""
        message = {
            "message_id": next(self._numbers), "date": 0, "text": text,
            "chat": {"id": chat, "type": "private", "first_name": "Ada"},
            "from": {"id": sender, "is_bot": False, "first_name": "Ada"}, **more,
        }  # fmt: skip
        return self.update(message=message)

    def press(self, data: str, *, chat: int = 42, sender: int = 42) -> dict[str, Any]:
        """Somebody presses a button."""
        query = {
            "id": str(next(self._numbers)), "data": data, "from": {"id": sender, "is_bot": False, "first_name": "Ada"},
            "message": {"message_id": 1, "chat": {"id": chat, "type": "private"}},
        }  # fmt: skip
        return self.update(callback_query=query)

    def update(self, **content: Any) -> dict[str, Any]:
        with self._changed:
            made = {"update_id": next(self._numbers), **content}
            self.updates.append(made)
            self._changed.notify_all()
        return made

    def texts(self, method: str = "sendMessage") -> list[str]:
        return [params["text"] for name, params in self.sent if name == method]

    def wait_for(self, text: str) -> bool:
        """Until the bot has sent a text that holds this one; False if it does not come."""
        return self._wait(lambda: any(text in one for one in self.texts()))

    def wait_for_call(self, method: str) -> bool:
        """Until the bot has called a method; False if it does not."""
        return self._wait(lambda: any(method == name for name, _ in self.sent))

    def _wait(self, done: Callable[[], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(done, WAIT_SECONDS)

    def forget(self) -> None:
        """Become another bot, whose updates are numbered anew."""
        self.updates, self._numbers = [], iter(range(1, 1_000_000))

    def call(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self._changed:
            if method == "getUpdates":
                self.polls += 1
                self.updates = [one for one in self.updates if one["update_id"] >= params.get("offset", 0)]
                self._changed.wait_for(lambda: self.updates, min(params.get("timeout", 0), 2))
                return 200, {"ok": True, "result": list(self.updates)}
            if self.refuse and method != "sendChatAction":
                return self.refuse.pop(0)
            (self.typed if method == "sendChatAction" else self.sent).append((method, params))
            self._changed.notify_all()
            return 200, {"ok": True, "result": self._result(method, params)}

    def _result(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getMe":
            return {"id": 1, "is_bot": True, "username": "pipelit_test_bot"}
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = params
            return True
        if method == "getFile":
            return {"file_path": params["file_id"]}
        return {"message_id": next(self._numbers)} if method == "sendMessage" else True


class _Handler(BaseHTTPRequestHandler):
    server: Telegram

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, token, method = self.path.split("/", 2)
        if token != f"bot{self.server.token}":
            self._answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        else:
            self._answer(*self.server.call(method, json.loads(raw or b"{}")))

    def do_GET(self) -> None:
        data = self.server.files.get(self.path.removeprefix(f"/file/bot{self.server.token}/"))
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running() -> Iterator[Telegram]:
    with Telegram() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
