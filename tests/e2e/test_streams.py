"""A client that listens while the web process is killed."""

from __future__ import annotations

import os
import re
import signal
import urllib.request
from collections.abc import Iterator

import pytest

from tests.e2e.launcher import Product, build, extra

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def heard(product: Product, path: str, since: str) -> Iterator[str]:
    """The ids of an execution's events after that one, as they come."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {product.key}", "Last-Event-ID": since}
    request = urllib.request.Request(f"http://127.0.0.1:{product.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        for line in answer:
            if found := re.match(r"id: (\S+)", line.decode()):
                yield found[1]


def test_a_killed_web_process_costs_listeners_nothing(product: Product) -> None:
    """They go on where they were, without gap or repeat; and the execution has not noticed."""
    nodes = [
        ("start", "trigger_manual", {}),
        ("each", "loop", extra(items=list(range(40)))),
        ("rest", "wait", extra(duration=0.05)),
    ]
    build(product, "long", nodes, ("start", "each"), ("each", "rest", "loop_body"), ("rest", "each", "loop_return"))
    key = product.call("/api/v1/workflows/long/execute/", {})[1]["execution_id"]
    path = f"/api/v1/executions/{key}/events/"
    stream = heard(product, path, "0")
    before = [next(stream) for _ in range(10)]
    (victim,) = product.of_role("web")
    os.kill(victim, signal.SIGKILL)
    before += list(stream)
    product.wait(lambda: product.of_role("web") not in ([], [victim]))
    product.wait_ready()
    after = list(heard(product, path, before[-1]))
    assert before + after == list(heard(product, path, "0"))
    assert len(after) > 0
    found = product.call(f"/api/v1/executions/{key}/")[1]
    assert (found["status"], found["logs"][-1]["attempt"]) == ("completed", 1)
