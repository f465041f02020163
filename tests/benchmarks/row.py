"""A row of the table, and how its figure is found."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from tests.benchmarks.product import Product

Row = dict[str, Any]
RUNS, WARM_UP = 30, 5


def row(name: str, value: float, unit: str, target: str, **more: Any) -> Row:
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target, **more}


def median(product: Product, slug: str, runs: int = RUNS, **body: Any) -> float:
    with product.socket(f"workflow:{slug}") as ws:
        return statistics.median([product.run(slug, ws, **body) for _ in range(runs + WARM_UP)][WARM_UP:])


def quickest(product: Product, slugs: Sequence[str], runs: int) -> list[float]:
    """The least of so many runs of each, one after the other in turn: what the machine does besides hits all alike."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(product.socket(f"workflow:{slug}")) for slug in slugs]
        rounds = [[product.run(slug, ws) for slug, ws in zip(slugs, sockets, strict=True)] for _ in range(runs)]
    return [min(times) for times in zip(*rounds, strict=True)]


def seconds_of(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
