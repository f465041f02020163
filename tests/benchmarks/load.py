"""What many executions, events, rows and deliveries take at once, and the memory of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.deliveries import drive
from tests.benchmarks.product import Product, chain, node
from tests.benchmarks.row import Row, median, row, seconds_of

MOST_SECONDS = 600
"""How long accepted deliveries may take to run."""


def memory(product: Product, ready: float) -> list[Row]:
    sizes = _memory(product)
    return [
        row("memory idle: web", sizes.get("web", 0), "MiB", "<= 160"),
        row("memory idle: worker", sizes.get("worker", 0), "MiB", "<= 170"),
        row("memory idle: all with Redis", sum(sizes.values()), "MiB", "<= 480"),
    ]


def _memory(product: Product) -> dict[str, float]:
    """Resident MiB by role, pages shared between processes counted in proportion."""
    sizes: dict[str, float] = {}
    for pid, command in product.processes().items():
        role = next(
            (name for name in ("worker", "scheduler", "redis") if name in command),
            "web" if " web" in command or "daphne" in command else "supervisor",
        )
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                sizes[role] = sizes.get(role, 0) + int(line.split()[1]) / 1024
    return sizes


def burst(product: Product, ready: float) -> list[Row]:
    product.build("burst", *chain(5, values={"x": "1"}))
    median(product, "burst", 3)
    rates = []
    with product.socket("workflow:burst") as ws:
        for _ in range(3):
            begun = time.perf_counter()
            product.wait_ended(ws, {product.start("burst") for _ in range(100)})
            rates.append(100 / (time.perf_counter() - begun))
    count = sum("worker" in command for command in product.processes().values())
    target = ">= 60" if count <= 1 else ">= 80, then 100"
    return [
        row(
            f"100 executions of 5 steps at once, {'1 worker process' if count <= 1 else '2 worker processes'}",
            statistics.median(rates),
            "/s",
            target,
        )
    ]


def waiting_models(product: Product, ready: float) -> list[Row]:
    """100 executions that each wait 2 s for a model server."""
    with _slow_model(product, 2.0), product.socket("workflow:slow-model") as ws:
        begun = time.perf_counter()
        product.wait_ended(ws, {product.start("slow-model") for _ in range(100)})
        took = time.perf_counter() - begun
    return [row("100 executions that wait 2 s for a model, concurrency 32", took, "s", "<= 10")]


@contextlib.contextmanager
def _slow_model(product: Product, seconds: float) -> Iterator[None]:
    """The workflow slow-model, whose one step waits so long for a model server."""
    from tests.doubles.openai_server import OpenAIServer

    with OpenAIServer() as server:
        server.state.delay = seconds
        detail = {"provider_type": "openai_compatible", "base_url": server.url, "api_key": "sk-bench-000000"}
        credential = product.call(
            "POST", "/api/v1/credentials/", {"name": "bench slow", "credential_type": "llm", "detail": detail}
        )
        nodes = [node("start", "trigger_manual"), node("llm", "llm", prompt="Hello")]
        nodes[1]["config"] |= {"llm_credential_id": credential["id"], "model_name": "slow"}
        product.build("slow-model", nodes, [("start", "llm")])
        yield


def memory_waiting(product: Product, ready: float) -> list[Row]:
    """A worker whose 20 places are all taken by executions that wait for a model."""
    with _slow_model(product, 10.0), product.socket("workflow:slow-model") as ws:
        started = {product.start("slow-model") for _ in range(20)}
        while product.call("GET", "/api/v1/executions/?workflow_slug=slow-model&status=running&limit=1")["total"] < 20:
            time.sleep(0.1)
        size = _memory(product)["worker"]
        product.wait_ended(ws, started)
    return [row("memory: worker with 20 executions waiting", size, "MiB", "<= 250")]


def flood(product: Product, ready: float) -> list[Row]:
    """1,000 events a second, published for 10 s by a process of their own: how far behind the client ever is."""
    product.build("flood", [node("start", "trigger_manual")], [])
    late, number = [], -1
    with product.socket("workflow:flood") as ws:
        process = product.beside("tests.benchmarks.flood", "workflow:flood", "1000", "10")
        while number < 9_999:
            event = json.loads(ws.recv(60))
            late.append((time.time() - seconds_of(event["timestamp"])) * 1000)
            if event["data"]["number"] != number + 1:
                raise RuntimeError(f"After event {number} came {event['data']['number']}")
            number += 1
        process.wait()
    return [
        row("1,000 events/s for 10 s: behind, at most", max(late), "ms", "<= 100"),
        row("1,000 events/s for 10 s: behind, p95", statistics.quantiles(late, n=20)[-1], "ms", "-"),
    ]


def kill(product: Product, ready: float) -> list[Row]:
    product.build("kill", *chain(50, "code", code="import time; time.sleep(0.2); return 1"))
    execution_id = product.start("kill")
    while sum(entry["status"] == "success" for entry in product.execution(execution_id)["logs"]) < 17:
        time.sleep(0.1)
    for pid, command in product.processes().items():
        if "worker" in command:
            os.kill(pid, signal.SIGKILL)
    begun = time.perf_counter()
    while (found := product.execution(execution_id))["status"] not in ("completed", "failed", "cancelled"):
        time.sleep(0.1)
    if found["status"] != "completed":
        raise RuntimeError(f"ended {found['status']}: {found['error_message']}")
    return [row("kill -9 of the worker at step 16 of 50: finishes after", time.perf_counter() - begun, "s", "<= 60")]


def schedule(product: Product, ready: float) -> list[Row]:
    """Ten times that are due a second apart, on an otherwise idle system."""
    product.build("ticking", [node("tick", "trigger_schedule")], [])
    key = product.call("GET", "/api/v1/workflows/ticking/")["id"]
    given = {"name": "tick", "workflow_id": key, "trigger_node_id": "tick", "interval_seconds": 1, "total_repeats": 10}
    made = f"/api/v1/schedules/{product.call('POST', '/api/v1/schedules/', given | {'overlap': 'allow'})['id']}/"
    while product.call("GET", made)["status"] == "active":
        time.sleep(0.5)
    executions = product.call("GET", "/api/v1/executions/?workflow_slug=ticking")["items"]
    created = {found["execution_id"]: found["created_at"] for found in executions}
    runs = product.call("GET", f"{made}runs/")["items"]
    late = max(seconds_of(created[run["execution_id"]]) - seconds_of(run["due_at"]) for run in runs)
    return [row("schedule: due -> execution created, max", late, "s", "<= 1")]


def lists(product: Product, ready: float) -> list[Row]:
    """p95 of lists of 50 out of 10,000, which are stored straight into the database."""
    if product.beside("tests.benchmarks.fill", "10000").wait():
        raise RuntimeError("The database could not be filled.")
    found = []
    for path in ("workflows", "executions"):
        times = []
        for _ in range(60):
            begun = time.perf_counter()
            total = product.call("GET", f"/api/v1/{path}/?limit=50")["total"]
            times.append((time.perf_counter() - begun) * 1000)
        found.append(
            row(f"API: list 50 of {total} {path}, p95", statistics.quantiles(times[10:], n=20)[-1], "ms", "<= 30")
        )
    return found


def deliveries(product: Product, ready: float) -> list[Row]:
    """200 deliveries a second to a public webhook for 30 s; then until every accepted one has run."""
    nodes = [node("hook", "trigger_webhook", path="in", auth="none"), node("seen", "set", values={"x": "1"})]
    product.build("deliveries", nodes, [("hook", "seen")])
    driven = drive(product.port, "/webhooks/deliveries/in", 200, 30)
    accepted, begun = driven.answers.pop(202, 0), time.perf_counter()
    product.hang_up()  # the connection has been idle
    if set(driven.answers) - {429, 503}:
        raise RuntimeError(f"Beside {accepted} accepted deliveries there were answers {dict(driven.answers)}")
    while (done := _completed(product, "deliveries")) < accepted and time.perf_counter() - begun < MOST_SECONDS:
        time.sleep(1)
    return [
        row("webhook: 200 deliveries/s offered for 30 s, accepted", accepted / driven.seconds, "/s", ">= 200"),
        row("webhook: turned away, to come again later", sum(driven.answers.values()), "", "-"),
        row("webhook: due -> accepted, p95", statistics.quantiles(driven.waits, n=20)[-1], "ms", "-"),
        row("webhook: of the accepted ones, run to the end", 100 * done / max(accepted, 1), "%", "100"),
        row("webhook: the last of them, after the last delivery", time.perf_counter() - begun, "s", "-"),
    ]


def _completed(product: Product, slug: str) -> int:
    found = product.call("GET", f"/api/v1/executions/?workflow_slug={slug}&status=completed&limit=1")
    return int(found["total"])
