"""The product as `make run` starts it, with its data in a directory of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
Answer = tuple[int, dict[str, str], str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**values: str) -> dict[str, str]:
    """What a user's shell has: nothing of Pipelit's but the values."""
    ours = {*settings.ENV.names, "MAKELEVEL", "MAKEFLAGS", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"ENV_FILE": os.devnull, **values}


def run(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment(**values), capture_output=True, text=True, timeout=60
    )


class Product:
    key = ""
    command: tuple[str, ...] = ("make", "run")

    def __init__(self, folder: Path, port: int | None = None, **values: str) -> None:
        self.var, self.log, self.port = folder / "var", folder / f"log-{time.monotonic()}", port or free_port()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment(PORT=str(self.port), VAR_DIR=str(self.var), **values),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.log.read_text()

    def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        """GET, or POST with a body; as the one who signed in."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, None

    def sign_in(self, password: str) -> None:
        """As the first admin; later calls are theirs."""
        status, answer = self.call("/api/v1/auth/token/", {"username": "admin", "password": password})
        assert status == 200, answer
        self.key = answer["key"]

    def wait_ready(self) -> None:
        self.wait(lambda: self.call("/readyz")[0] == 200)

    def wait(self, done: Callable[[], object]) -> None:
        end = time.monotonic() + START_SECONDS
        while not done():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < end, self.output()
            time.sleep(0.02)

    def processes(self) -> dict[int, str]:
        """Descendants of the command: pid -> command line."""
        found: dict[int, str] = {}
        todo = [self.process.pid]
        while todo:
            for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
                with suppress(OSError):  # it has ended just now
                    for pid in map(int, task.read_text().split()):
                        found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
                        todo.append(pid)
        return found

    def of_role(self, word: str) -> list[int]:
        return [pid for pid, command in self.processes().items() if re.search(rf"\b{word}\b", command)]

    def stop(self) -> int:
        if self.process.poll() is not None:
            return self.process.returncode
        os.killpg(self.process.pid, signal.SIGTERM)
        return self.process.wait(35)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def build(product: Product, slug: str, nodes: list[tuple[str, str, dict[str, Any]]], *edges: tuple[str, ...]) -> None:
    """Nodes are (id, type, config as on the wire); edges (source, target[, label])."""
    assert product.call("/api/v1/workflows/", {"name": slug, "slug": slug})[0] == 201
    operations: list[dict[str, Any]] = [
        {"op": "create_node", "node_id": name, "component_type": kind, "config": config} for name, kind, config in nodes
    ]
    operations += [
        {"op": "create_edge", "source_node_id": a, "target_node_id": b, "edge_label": label[0] if label else ""}
        for a, b, *label in edges
    ]
    status, answer = product.call(f"/api/v1/workflows/{slug}/bulk/", {"operations": operations})
    assert status == 200, answer


def send(product: Product, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """Status, headers in lower case, text. A body that is an iterator is sent in chunks, its length not announced."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def extra(**config: Any) -> dict[str, Any]:
    return {"extra_config": config}
