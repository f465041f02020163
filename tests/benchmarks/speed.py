"""What one execution takes at a time: one function a row or a family of rows, each given a running product."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from tests.benchmarks.product import Product, chain, node
from tests.benchmarks.row import Row, median, quickest, row, seconds_of


def start(product: Product, ready: float) -> list[Row]:
    return [row("start to first answer, all processes ready", ready, "s", "<= 4")]


def steps(product: Product, ready: float) -> list[Row]:
    found = []
    for count, target in ((1, "<= 15"), (5, "<= 17"), (20, "<= 25"), (100, "<= 60, then 45")):
        product.build(f"chain-{count}", *chain(count, values={"x": "1"}))
        found.append(row(f"{count} steps, p50", median(product, f"chain-{count}"), "ms", target, floor_steps=count))
    return found


def growth(product: Product, ready: float) -> list[Row]:
    """The cost of one more step in a long workflow beside that in a short one."""
    for count in (20, 220, 500):
        product.build(f"grow-{count}", *chain(count, values={"x": "1"}))
    short, middle, long = quickest(product, ["grow-20", "grow-220", "grow-500"], 15)
    ratio = ((long - middle) / 280) / ((middle - short) / 200)
    return [row("cost per step, 220-500 steps beside 20-220", ratio, "x", "0.8-1.2")]


def fan_out(product: Product, ready: float) -> list[Row]:
    names = [f"p{i}" for i in range(20)]
    nodes = [node("start", "trigger_manual"), *(node(name, "set", values={"x": "1"}) for name in names)]
    nodes += [node("m", "merge", mode="append"), node("z", "set", values={"x": "1"})]
    edges = [("start", name) for name in names] + [(name, "m") for name in names] + [("m", "z")]
    product.build("fan", nodes, edges)
    return [row("trigger -> 20 parallel -> merge -> 1", median(product, "fan"), "ms", "<= 30")]


def loop(product: Product, ready: float) -> list[Row]:
    nodes = [
        node("start", "trigger_manual"),
        node("lp", "loop", items="{{ range(100) | list }}"),
        node("b", "set", values={"x": "{{ loop.item }}"}),
    ]
    product.build("loop", nodes, [("start", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return")])
    return [row("loop, 100 items, 1-node body", median(product, "loop"), "ms", "<= 70", floor_steps=100)]


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
            median(product, "payload", payload={"x": "x" * 100_000}),
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
    return [row("agent, instant model", median(product, "agent", text="Hello"), "ms", "<= 40")]


def code(product: Product, ready: float) -> list[Row]:
    product.build("code", *chain(1, "code", code="return 1"))
    return [row("code node (sandboxed), 1 step", median(product, "code"), "ms", "<= 45")]


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
        row(f"{name}, beside its critical path", median(product, slug, 3) / 1100, "x", "<= 1.1")
        for name, slug in (("1 + 0.1 s and 0.1 + 1 s, then merge", "branches"), ("a -> c, a -> d, b -> d", "n-shape"))
    ]


def events(product: Product, ready: float) -> list[Row]:
    """From the timestamp of an event (made when its step was recorded) to its arrival."""
    product.build("events", *chain(100, values={"x": "1"}))
    late = []
    with product.socket("workflow:events") as ws:
        for _ in range(10):
            execution_id = product.start("events")
            while True:
                event = json.loads(ws.recv(30))
                late.append((time.time() - seconds_of(event["timestamp"])) * 1000)
                if event["type"] == "execution_completed" and event["data"]["execution_id"] == execution_id:
                    break
    return [row("event: recorded -> WebSocket client, p95", statistics.quantiles(late, n=20)[-1], "ms", "<= 20")]
