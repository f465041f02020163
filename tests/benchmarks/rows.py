"""What is measured: one function a row or a family of rows, each given a running product."""

from __future__ import annotations

import json
import os
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.deliveries import drive
from tests.benchmarks.product import Product, chain, node

Row = dict[str, Any]
RUNS, WARM_UP = 30, 5
MOST_SECONDS = 600
"""How long accepted deliveries may take to run."""


@dataclass(frozen=True)
class Group:
    """Rows that share one start of the product."""

    name: str
    checks: Sequence[Callable[[Product, float], list[Row]]]
    environment: dict[str, str] = field(default_factory=dict)


def cores() -> int:
    return len(os.sched_getaffinity(0))


def row(name: str, value: float, unit: str, target: str, **more: Any) -> Row:
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target, **more}


def _median(product: Product, slug: str, runs: int = RUNS, **body: Any) -> float:
    with product.socket(f"workflow:{slug}") as ws:
        return statistics.median([product.run(slug, ws, **body) for _ in range(runs + WARM_UP)][WARM_UP:])


def start(product: Product, ready: float) -> list[Row]:
    return [row("start to first answer, all processes ready", ready, "s", "<= 4")]


def memory(product: Product, ready: float) -> list[Row]:
    """Resident memory by role, pages shared between processes counted in proportion."""
    sizes: dict[str, float] = {}
    for pid, command in product.processes().items():
        role = next(
            (name for name in ("worker", "scheduler", "redis") if name in command),
            "web" if " web" in command or "daphne" in command else "supervisor",
        )
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                sizes[role] = sizes.get(role, 0) + int(line.split()[1]) / 1024
    return [
        row("memory idle: web", sizes.get("web", 0), "MiB", "<= 160"),
        row("memory idle: worker", sizes.get("worker", 0), "MiB", "<= 170"),
        row("memory idle: all with Redis", sum(sizes.values()), "MiB", "<= 480"),
    ]


def steps(product: Product, ready: float) -> list[Row]:
    found = []
    for count, target in ((1, "<= 15"), (5, "<= 17"), (20, "<= 25"), (100, "<= 60, then 45")):
        product.build(f"chain-{count}", *chain(count, values={"x": "1"}))
        found.append(row(f"{count} steps, p50", _median(product, f"chain-{count}"), "ms", target, floor_steps=count))
    return found


def growth(product: Product, ready: float) -> list[Row]:
    """The cost of one more step in a long workflow beside that in a short one."""
    times = {}
    for count in (20, 220, 500):
        product.build(f"grow-{count}", *chain(count, values={"x": "1"}))
        times[count] = _median(product, f"grow-{count}", 9)
    ratio = ((times[500] - times[220]) / 280) / ((times[220] - times[20]) / 200)
    return [row("cost per step, 220-500 steps beside 20-220", ratio, "x", "0.8-1.2")]


def fan_out(product: Product, ready: float) -> list[Row]:
    names = [f"p{i}" for i in range(20)]
    nodes = [node("start", "trigger_manual"), *(node(name, "set", values={"x": "1"}) for name in names)]
    nodes += [node("m", "merge", mode="append"), node("z", "set", values={"x": "1"})]
    edges = [("start", name) for name in names] + [(name, "m") for name in names] + [("m", "z")]
    product.build("fan", nodes, edges)
    return [row("trigger -> 20 parallel -> merge -> 1", _median(product, "fan"), "ms", "<= 30")]


def loop(product: Product, ready: float) -> list[Row]:
    nodes = [
        node("start", "trigger_manual"),
        node("lp", "loop", items="{{ range(100) | list }}"),
        node("b", "set", values={"x": "{{ loop.item }}"}),
    ]
    product.build("loop", nodes, [("start", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return")])
    return [row("loop, 100 items, 1-node body", _median(product, "loop"), "ms", "<= 70", floor_steps=100)]


def payload(product: Product, ready: float) -> list[Row]:
    names = [f"n{i}" for i in range(20)]
    sources = ["trigger.payload.x", *(f"{name}.output.v" for name in names)]
    nodes = [node("start", "trigger_manual")]
    nodes += [
        node(name, "set", values={"v": f"{{{{ {source} }}}}"}) for name, source in zip(names, sources, strict=False)
    ]
    product.build("payload", nodes, list(zip(["start", *names], names, strict=False)))
    return [
        row(
            "20 steps passing 100 KB each",
            _median(product, "payload", payload={"x": "x" * 100_000}),
            "ms",
            "<= 43",
            floor_steps=20,
        )
    ]


def agent(product: Product, ready: float) -> list[Row]:
    credential = product.call(
        "POST",
        "/api/v1/credentials/",
        {"name": "bench demo", "credential_type": "llm", "detail": {"provider_type": "demo"}},
    )
    nodes = [node("start", "trigger_manual"), node("agent", "agent")]
    nodes[1]["config"] = {"llm_credential_id": credential["id"], "model_name": "demo"}
    product.build("agent", nodes, [("start", "agent")])
    return [row("agent, instant model", _median(product, "agent", text="Hello"), "ms", "<= 40")]


def code(product: Product, ready: float) -> list[Row]:
    product.build("code", *chain(1, "code", code="return 1"))
    return [row("code node (sandboxed), 1 step", _median(product, "code"), "ms", "<= 45")]


def branches(product: Product, ready: float) -> list[Row]:
    def pause(name: str, seconds: float) -> dict[str, Any]:
        return node(name, "wait", duration=seconds, unit="seconds")

    nodes = [
        node("start", "trigger_manual"),
        pause("a1", 1),
        pause("a2", 0.1),
        pause("b1", 0.1),
        pause("b2", 1),
        node("m", "merge", mode="append"),
    ]
    product.build(
        "branches", nodes, [("start", "a1"), ("a1", "a2"), ("start", "b1"), ("b1", "b2"), ("a2", "m"), ("b2", "m")]
    )
    shape = [node("start", "trigger_manual"), pause("a", 0.1), pause("b", 1), pause("c", 1), pause("d", 0.1)]
    product.build("n-shape", shape, [("start", "a"), ("start", "b"), ("a", "c"), ("a", "d"), ("b", "d")])
    return [
        row(f"{name}, beside its critical path", _median(product, slug, 3) / 1100, "x", "<= 1.1")
        for name, slug in (("1 + 0.1 s and 0.1 + 1 s, then merge", "branches"), ("a -> c, a -> d, b -> d", "n-shape"))
    ]


def burst(product: Product, ready: float) -> list[Row]:
    product.build("burst", *chain(5, values={"x": "1"}))
    _median(product, "burst", 3)
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
    from tests.doubles.openai_server import OpenAIServer

    with OpenAIServer() as server:
        server.state.delay = 2.0
        detail = {"provider_type": "openai_compatible", "base_url": server.url, "api_key": "sk-bench-000000"}
        credential = product.call(
            "POST", "/api/v1/credentials/", {"name": "bench slow", "credential_type": "llm", "detail": detail}
        )
        nodes = [node("start", "trigger_manual"), node("llm", "llm", prompt="Hello")]
        nodes[1]["config"] |= {"llm_credential_id": credential["id"], "model_name": "slow"}
        product.build("slow-model", nodes, [("start", "llm")])
        with product.socket("workflow:slow-model") as ws:
            begun = time.perf_counter()
            product.wait_ended(ws, {product.start("slow-model") for _ in range(100)})
            took = time.perf_counter() - begun
    return [row("100 executions that wait 2 s for a model, concurrency 32", took, "s", "<= 10")]


def events(product: Product, ready: float) -> list[Row]:
    """From the timestamp of an event (made when its step was recorded) to its arrival."""
    product.build("events", *chain(100, values={"x": "1"}))
    late = []
    with product.socket("workflow:events") as ws:
        for _ in range(10):
            execution_id = product.start("events")
            while True:
                event = json.loads(ws.recv(30))
                late.append((time.time() - _seconds(event["timestamp"])) * 1000)
                if event["type"] == "execution_completed" and event["data"]["execution_id"] == execution_id:
                    break
    return [row("event: recorded -> WebSocket client, p95", statistics.quantiles(late, n=20)[-1], "ms", "<= 20")]


def _seconds(timestamp: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(timestamp).timestamp()


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


def lists(product: Product, ready: float) -> list[Row]:
    """p95 of lists of 50 out of 10,000; the rows are stored straight into the database by the seeding command."""
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
    counts, seconds = drive(product.port, "/webhooks/deliveries/in", 200, 30)
    accepted, begun = counts.pop(202, 0), time.perf_counter()
    if counts:
        raise RuntimeError(f"Beside {accepted} accepted deliveries there were answers {dict(counts)}")
    while (done := _completed(product, "deliveries")) < accepted and time.perf_counter() - begun < MOST_SECONDS:
        time.sleep(1)
    return [
        row("webhook: 200 deliveries/s offered for 30 s, accepted", accepted / seconds, "/s", ">= 200"),
        row("webhook: of the accepted ones, run to the end", 100 * done / max(accepted, 1), "%", "100"),
        row("webhook: the last of them, after the last delivery", time.perf_counter() - begun, "s", "-"),
    ]


def _completed(product: Product, slug: str) -> int:
    found = product.call("GET", f"/api/v1/executions/?workflow_slug={slug}&status=completed&limit=1")
    return int(found["total"])


def canvas(product: Product, ready: float) -> list[Row]:
    """The editor with 500 nodes."""
    from tests.benchmarks.editor import measure

    painted, panned = measure(product)
    return [
        row("editor: 500 nodes, from their arrival to painted", painted, "ms", "<= 1000"),
        row("editor: 500 nodes, panning", panned, "frames/s", ">= 50"),
    ]


GROUPS = (
    Group(
        "one worker process",
        (start, memory, steps, fan_out, loop, payload, agent, code, branches, burst, growth, events),
    ),
    Group("two worker processes", (burst,), {"WORKER_PROCESSES": "2"}),
    Group("concurrency 32", (waiting_models,), {"WORKER_CONCURRENCY": "32"}),
    Group("recovery", (kill,)),
    Group("deliveries", (deliveries,)),
    Group("editor", (canvas,)),
)
