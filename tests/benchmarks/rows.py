"""The rows in groups that share one start of the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks import editor, load, speed
from tests.benchmarks.product import Product
from tests.benchmarks.row import Row


@dataclass(frozen=True)
class Group:
    """Rows that share one start of the product."""

    name: str
    checks: Sequence[Callable[[Product, float], list[Row]]]
    environment: dict[str, str] = field(default_factory=dict)


GROUPS = (
    Group(
        "one worker process",
        (
            speed.start,
            load.memory,
            load.schedule,
            speed.steps,
            speed.fan_out,
            speed.loop,
            speed.payload,
            speed.agent,
            speed.code,
            speed.branches,
            load.burst,
            speed.growth,
            speed.events,
            load.flood,
        ),
    ),
    Group("two worker processes", (load.burst,), {"WORKER_PROCESSES": "2"}),
    Group("concurrency 32", (load.waiting_models,), {"WORKER_CONCURRENCY": "32"}),
    Group("waiting", (load.memory_waiting,)),
    Group("lists", (load.lists,)),
    Group("recovery", (load.kill,)),
    Group("deliveries", (load.deliveries,)),
    Group("editor", (editor.canvas, editor.first_visits)),
)
