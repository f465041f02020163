"""A running Pipelit to measure: started by the launcher on a free port, with its data in a temporary folder."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "bench-Pass-123"
MOST_OPERATIONS = 1000
ENDED = ("execution_completed", "execution_failed", "execution_cancelled")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    def __init__(self, port: int, process: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
        self.port = port
        self.process = process
        self.environment = environment
        self.key = ""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method: str, path: str, body: Any = None, *, expect: tuple[int, ...] = (200, 201, 202)) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        if answer.status not in expect:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:500]!r}")
        return json.loads(text) if text else None

    def beside(self, *command: str) -> subprocess.Popen[bytes]:
        """A Python module run with the product's settings."""
        return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=self.environment)

    def hang_up(self) -> None:
        """The next call opens a connection of its own."""
        self._connection.close()

    def build(self, slug: str, nodes: list[dict[str, Any]], edges: list[tuple[str, ...]]) -> None:
        """Create a workflow; edges are (source, target[, label[, condition]])."""
        self.call("POST", "/api/v1/workflows/", {"name": slug, "slug": slug})
        operations: list[dict[str, Any]] = [{"op": "create_node", **node} for node in nodes]
        for source, target, *rest in edges:
            label, condition = (*rest, "", "")[:2]
            operations.append({
                "op": "create_edge", "source_node_id": source, "target_node_id": target, "edge_label": label,
                "edge_type": "conditional" if condition else "direct", "condition_value": condition,
            })  # fmt: skip
        for at in range(0, len(operations), MOST_OPERATIONS):
            body = {"operations": operations[at : at + MOST_OPERATIONS]}
            self.call("POST", f"/api/v1/workflows/{slug}/bulk/", body)

    def start(self, slug: str, **body: Any) -> str:
        return str(self.call("POST", f"/api/v1/workflows/{slug}/execute/", body)["execution_id"])

    def execution(self, execution_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/api/v1/executions/{execution_id}/")
        return found

    @contextlib.contextmanager
    def socket(self, *channels: str) -> Iterator[ClientConnection]:
        """A WebSocket that is subscribed to the channels."""
        ticket = self.call("POST", "/api/v1/auth/ws-ticket/", {})["ticket"]
        with connect(f"ws://127.0.0.1:{self.port}/ws/?token={ticket}", max_size=None) as ws:
            for channel in channels:
                ws.send(json.dumps({"type": "subscribe", "channel": channel}))
                while json.loads(ws.recv(10))["type"] != "subscribed":
                    pass
            yield ws

    def run(self, slug: str, ws: ClientConnection, **body: Any) -> float:
        """Milliseconds from the POST to the event that the execution has ended."""
        begun = time.perf_counter()
        execution_id = self.start(slug, **body)
        self.wait_ended(ws, {execution_id})
        return (time.perf_counter() - begun) * 1000

    @staticmethod
    def wait_ended(ws: ClientConnection, ids: set[str], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        left = set(ids)
        while left:
            event = json.loads(ws.recv(max(0.01, end - time.monotonic())))
            if event["type"] == "ping":
                ws.send('{"type": "pong"}')
            elif event["type"] in ENDED:
                if event["type"] != "execution_completed" and event["data"]["execution_id"] in left:
                    raise RuntimeError(f"An execution did not complete: {event['data']}")
                left.discard(event["data"]["execution_id"])

    def processes(self) -> dict[int, str]:
        """All processes of the product: pid -> command line."""
        found, todo = {}, [self.process.pid]
        while todo:
            pid = todo.pop()
            with contextlib.suppress(OSError):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
                for task in os.listdir(f"/proc/{pid}/task"):
                    todo += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        return found


@contextlib.contextmanager
def product(**environment: str) -> Iterator[tuple[Product, float]]:
    """Set up, start, wait until ready, stop; also the seconds that the start took."""
    work = Path(tempfile.mkdtemp(prefix="pipelit-bench-"))
    try:
        with _started(work, environment):
            pass  # the first start sets up
        begun = time.perf_counter()
        with _started(work, environment) as made:
            yield made, time.perf_counter() - begun
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def _started(work: Path, environment: dict[str, str]) -> Iterator[Product]:
    port = free_port()
    env = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "VAR_DIR": f"{work}/var",
        "ADMIN_USERNAME": "admin",
        "ADMIN_PASSWORD": PASSWORD,
        "OUTBOUND_ALLOW": "127.0.0.1",
        **environment,
    }
    with (work / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelit.supervisor"],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield _ready(Product(port, process, env), work / "log")
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(40)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _ready(made: Product, log: Path) -> Product:
    end = time.monotonic() + 120
    while True:
        try:
            made.call("GET", "/readyz")
            break
        except (OSError, RuntimeError, http.client.HTTPException):
            if made.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Pipelit did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.02)
    made.key = made.call("POST", "/api/v1/auth/token/", {"username": "admin", "password": PASSWORD})["key"]
    return made


def node(node_id: str, component_type: str, **extra: Any) -> dict[str, Any]:
    config = {"extra_config": extra} if extra else {}
    return {"node_id": node_id, "component_type": component_type, "config": config}


def chain(count: int, component_type: str = "set", **extra: Any) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    """A trigger and `count` nodes in a row."""
    names = ["start", *(f"n{i}" for i in range(count))]
    nodes = [node("start", "trigger_manual"), *(node(name, component_type, **extra) for name in names[1:])]
    return nodes, list(itertools.pairwise(names))
