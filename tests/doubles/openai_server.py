"""A model server that speaks OpenAI's chat-completions interface over real HTTP, streaming included.

    with OpenAIServer() as server:
        server.reply("Hello", tool("calculator", expression="1+1"), Fault(429, retry_after=2), HANG, GARBAGE)
        ... base_url=server.url ...
        server.requests[0].body["messages"]

Replies are taken from the queue in order; when it is empty, the last human message is echoed. Run as a program
(`python -m tests.doubles.openai_server PORT`) it echoes until it is stopped.

Wire format: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Say:
    """An answer. `delay` is the seconds before its first byte, `pace` those between pieces; `finish` overrides the
    finish_reason; `usage` the tokens reported (prompt, completion), None: not reported."""

    text: str = ""
    tool_calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    delay: float = 0.0
    pace: float = 0.0
    finish: str | None = None
    usage: tuple[int, int] | None = (11, 7)
    cached: int = 0


@dataclass(frozen=True)
class Fault:
    """An error answer."""

    status: int
    message: str = "something is wrong"
    retry_after: float | None = None
    type: str = "server_error"


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, then the connection is closed."""

    body: bytes
    content_type: str = "text/event-stream"
    status: int = 200


@dataclass(frozen=True)
class Hang:
    """Sends `first` pieces of a stream, then nothing, until the server stops or the client goes away."""

    first: tuple[str, ...] = ()


HANG = Hang()
GARBAGE = Raw(b'data: {"id": "x", "choices": [{"delta": nonsense\n\ndata: %%%\n\n')
CUT_OFF = Raw(b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
              b'{"role":"assistant","content":"Hal"},"finish_reason":null}]}\n\ndata: {"error":{"message":"overloaded",'
              b'"type":"server_error"}}\n\n')  # fmt: skip
SILENT_END = Raw(CUT_OFF.body.partition(b"\n\n")[0] + b"\n\n")
NO_JSON = Raw(b"<html>hello</html>", "text/html")


def tool(name: str, **args: Any) -> Say:
    """An answer that calls one tool."""
    return Say(tool_calls=((name, args),))


Reply = str | Say | Fault | Raw | Hang


@dataclass
class Recorded:
    method: str
    path: str
    headers: dict[str, str]
    body: Any = None


@dataclass
class State:
    replies: deque[Reply] = field(default_factory=deque)
    requests: list[Recorded] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["test-model", "test-model-mini"])
    api_key: str | None = None
    """The only key that is let in; None: any."""
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    delay: float = 0.0
    """Seconds before each echoed answer."""


class OpenAIServer:
    """The server, in threads of this process."""

    def __init__(self, port: int = 0) -> None:
        self.state = State()
        state = self.state

        class Bound(Handler):
            pass

        Bound.state = state
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Bound)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.state.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """The base URL for clients, with `/v1`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Recorded]:
        return self.state.requests

    @property
    def chats(self) -> list[Recorded]:
        """The calls of chat/completions."""
        return [request for request in self.state.requests if request.path.endswith("/chat/completions")]

    def reply(self, *replies: Reply) -> None:
        self.state.replies.extend(replies)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        self._record(None)
        if self.path.split("?")[0] != "/v1/models":
            return self._error(Fault(404, f"no {self.path} here", type="invalid_request_error"))
        if not self._let_in():
            return None
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "tests"} for name in self.state.models]
        return self._json(200, {"object": "list", "data": data})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self._record(body)
        if self.path != "/v1/chat/completions":
            return self._error(Fault(404, f"no {self.path} here", type="invalid_request_error"))
        if not self._let_in():
            return None
        with self.state.lock:
            reply: Reply = self.state.replies.popleft() if self.state.replies else self._echo(body)
        match reply:
            case Fault():
                return self._error(reply)
            case Raw():
                return self._raw(reply)
            case Hang():
                return self._hang(reply, body)
            case str():
                reply = Say(reply)
        if reply.delay and self.state.stopping.wait(reply.delay):
            return None
        if body.get("stream"):
            return self._stream(reply, body)
        return self._json(200, self._whole(reply, body))

    def _echo(self, body: Any) -> Say:
        users = [message for message in body.get("messages", []) if message.get("role") == "user"]
        said = users[-1].get("content") if users else ""
        return Say(f"You said: {said}", delay=self.state.delay)

    def _record(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.requests.append(Recorded(self.command, self.path, headers, body))

    def _let_in(self) -> bool:
        wanted = self.state.api_key
        if wanted is None or self.headers.get("Authorization") == f"Bearer {wanted}":
            return True
        self._error(Fault(401, "Incorrect API key provided", type="invalid_request_error"))
        return False

    def _whole(self, reply: Say, body: Any) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.tool_calls:
            message["tool_calls"] = _calls(reply)
        answer = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}],
        }  # fmt: skip
        if reply.usage:
            answer["usage"] = _usage(reply)
        return answer

    def _stream(self, reply: Say, body: Any) -> None:
        self._begin_stream()
        for piece in _pieces(reply, body):
            self._send(piece)
            if reply.pace and self.state.stopping.wait(reply.pace):
                return
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _hang(self, reply: Hang, body: Any) -> None:
        if reply.first:
            self._begin_stream()
            for text in reply.first:
                self._send(_chunk_of(body, {"role": "assistant", "content": text}))
        self.state.stopping.wait(60)
        self.close_connection = True

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send(self, event: Mapping[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _raw(self, reply: Raw) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = True

    def _error(self, fault: Fault) -> None:
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        error = {"message": fault.message, "type": fault.type, "param": None, "code": None}
        self._json(fault.status, {"error": error}, headers)

    def _json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _pieces(reply: Say, body: Any) -> Iterator[dict[str, Any]]:
    yield _chunk_of(body, {"role": "assistant", "content": "" if reply.text else None})
    words = reply.text.split(" ") if reply.text else []
    for index, word in enumerate(words):
        yield _chunk_of(body, {"content": word if index == len(words) - 1 else f"{word} "})
    for index, call in enumerate(_calls(reply)):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield _chunk_of(
            body,
            {"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": function}]},
        )
        arguments = call["function"]["arguments"]
        for part in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
            yield _chunk_of(body, {"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield _chunk_of(body, {}, _finish(reply))
    if reply.usage and (body.get("stream_options") or {}).get("include_usage"):
        yield {**_chunk_of(body, {}), "choices": [], "usage": _usage(reply)}


def _chunk_of(body: Any, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": int(time.time()), "model": body.get("model"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
    }  # fmt: skip


def _calls(reply: Say) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for index, (name, args) in enumerate(reply.tool_calls)
    ]


def _finish(reply: Say) -> str:
    return reply.finish or ("tool_calls" if reply.tool_calls else "stop")


def _usage(reply: Say) -> dict[str, Any]:
    prompt, completion = reply.usage or (0, 0)
    return {
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": reply.cached},
    }  # fmt: skip


if __name__ == "__main__":
    with OpenAIServer(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print(running.url, flush=True)
        threading.Event().wait()
