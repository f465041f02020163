"""A process that dies at a named point, again and again: every execution comes to its one end, recorded effects happen
once, and the outside sees at most two calls with the same key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.executions.engine import recovery
from tests.doubles.receiver import Receiver, running
from tests.engine import harness
from tests.engine.harness import node
from tests.workers.process import spawn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
POINTS = (
    "lease.acquired:1",
    "step.running:2",
    "step.ran:1",
    "step.ran:3",
    "recorder.before_commit:1",
    "recorder.committed:1",
    "recorder.committed:2",
    "graph.ended:1",
    "parked:1",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running() as server:
        yield server


def process(crash_at: str) -> int:
    """Run a worker process that dies there; its exit code."""
    with spawn(CRASH_AT=crash_at) as worker:
        return worker.wait(60)


def go_on() -> None:
    """What the next worker does: take over what the dead one held, and run on."""
    recovery.free_dead()
    harness.work()


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_changes_nothing(users: Any, receiver: Receiver, point: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    nodes = [
        node("start", "trigger_manual"),
        node("a", "set", values={"n": 1}),
        node("post", "http_request", url=receiver.url, method="POST", body="{}", on_unknown="retry"),
        node("lp", "loop", items=[1, 2]),
        node("b", "set", values={"v": "{{ loop.item + a.output.n }}"}),
        node("ask", "human_confirmation", prompt="Go?"),
        node("z", "set", values={"all": "{{ lp.results }}"}),
    ]
    edges = [("start", "a"), ("a", "post"), ("post", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return")]
    version = harness.store(users.ada, "crash", nodes, [*edges, ("lp", "ask"), ("ask", "z")])
    execution = harness.start(version)

    assert process(point) == 137
    go_on()
    execution.refresh_from_db()
    assert execution.status == "interrupted", execution.error_message
    harness.answering.answer(execution.pending_tasks.get(), decision="confirmed")
    assert process(point) in (137, 0)
    go_on()

    execution.refresh_from_db()
    assert (execution.status, execution.final_output) == ("completed", {"all": [{"v": 2}, {"v": 3}]})
    keys = list(execution.logs.filter(final=True).values_list("step_key", flat=True))
    assert sorted(keys) == sorted(["start", "a", "post", "lp[0]/b", "lp[1]/b", "lp", "ask", "z"])
    assert len(receiver.keys) == 1
    assert max(receiver.keys.values()) <= 2
