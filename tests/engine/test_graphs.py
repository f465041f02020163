"""Any graph of switches, loops and joins: every live step runs once, dead ones are skipped, and a replay after a crash
at any point of the journal gives the same result."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.executions.models import WorkflowExecution
from apps.workflows.models import WorkflowVersion
from tests.engine import harness
from tests.engine.harness import finals, node, outcome, work

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
Edges = list[tuple[str, ...]]


class Builder:
    """Grows a random graph inside one scope, and knows what must come out of it."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.nodes = [node("start", "trigger_manual")]
        self.edges: Edges = []
        self.expected: dict[str, str] = {}
        """Status by step key."""
        self._count = 0

    def name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"

    def grow(self, sources: list[tuple[str, bool]], prefix: str, depth: int, size: int) -> list[tuple[str, bool]]:
        """Add up to `size` nodes after `sources` (name, lives); the open ends."""
        ends = list(sources)
        for _ in range(self.draw(st.integers(1, size))):
            kind = self.draw(
                st.sampled_from(["set", "set", "join", "switch", "fails", *(["loop"] if depth < 2 else [])])
            )
            index = self.draw(st.integers(0, len(ends) - 1))
            ends += getattr(self, f"_{kind}")(ends, index, prefix, depth)
        return ends

    def _step(self, name: str, prefix: str, lives: bool) -> tuple[str, bool]:
        self.expected[prefix + name] = "success" if lives else "skipped"
        return name, lives

    def _set(self, ends: list[tuple[str, bool]], index: int, prefix: str, depth: int) -> list[tuple[str, bool]]:
        source, lives = ends[index]
        name = self.name("set")
        self.nodes.append(node(name, "set", values={"from": source, "n": "{{ inputs | length }}"}))
        self.edges.append((source, name))
        return [self._step(name, prefix, lives)]

    def _join(self, ends: list[tuple[str, bool]], index: int, prefix: str, depth: int) -> list[tuple[str, bool]]:
        other = self.draw(st.integers(0, len(ends) - 1))
        name = self.name("merge")
        self.nodes.append(node(name, "merge", mode="by_key"))
        parents = {ends[index], ends[other]}
        self.edges += [(parent, name) for parent, _ in sorted(parents)]
        return [self._step(name, prefix, any(lives for _, lives in parents))]

    def _switch(self, ends: list[tuple[str, bool]], index: int, prefix: str, depth: int) -> list[tuple[str, bool]]:
        source, lives = ends[index]
        name, left, right = self.name("switch"), self.name("left"), self.name("right")
        goes_left = self.draw(st.booleans())
        rule = {"id": "yes", "field": "trigger.payload.one", "operator": "equals", "value": 1 if goes_left else 2}
        self.nodes += [
            node(name, "switch", rules=[rule], enable_fallback=True),
            node(left, "set", values={"side": "left"}),
            node(right, "set", values={"side": "right"}),
        ]
        self.edges += [(source, name), (name, left, "", "yes"), (name, right, "", "__other__")]
        self._step(name, prefix, lives)
        return [self._step(left, prefix, lives and goes_left), self._step(right, prefix, lives and not goes_left)]

    def _fails(self, ends: list[tuple[str, bool]], index: int, prefix: str, depth: int) -> list[tuple[str, bool]]:
        source, lives = ends[index]
        name, plain, handler = self.name("bad"), self.name("plain"), self.name("handler")
        self.nodes += [
            node(name, "set", values={"x": "{{ nothing_there.at_all }}"}, retries=0),
            node(plain, "set", values={"x": 1}),
            node(handler, "set", values={"code": f"{{{{ {name}.error.error_code }}}}"}),
        ]
        self.edges += [(source, name), (name, plain), (name, handler, "error")]
        self.expected[prefix + name] = "failed" if lives else "skipped"
        return [self._step(plain, prefix, False), self._step(handler, prefix, lives)]

    def _loop(self, ends: list[tuple[str, bool]], index: int, prefix: str, depth: int) -> list[tuple[str, bool]]:
        source, lives = ends[index]
        name, first = self.name("loop"), self.name("body")
        count, concurrency = self.draw(st.integers(0, 3)), self.draw(st.integers(1, 3))
        self.nodes += [
            node(name, "loop", items=list(range(count)), concurrency=concurrency),
            node(first, "set", values={"i": "{{ loop.index }}"}),
        ]
        self.edges += [(source, name), (name, first, "loop_body")]
        inner = Builder(self.draw)
        inner.nodes, inner.edges, inner._count = self.nodes, self.edges, self._count
        body_ends = inner.grow([(first, True)], "", depth + 1, 3)
        self._count = inner._count
        inner.expected[first] = "success"
        self.edges.append((self.draw(st.sampled_from(body_ends))[0], name, "loop_return"))
        if lives:
            for i in range(count):
                self.expected |= {f"{prefix}{name}[{i}]/{key}": status for key, status in inner.expected.items()}
        return [self._step(name, prefix, lives)]


@st.composite
def graphs(draw: Any) -> Builder:
    made = Builder(draw)
    made.grow([("start", True)], "", 0, 6)
    made.expected["start"] = "success"
    return made


def stored(user: Any, graph: Builder) -> WorkflowVersion:
    return harness.store(user, f"graph-{uuid4().hex}", graph.nodes, graph.edges)


@SETTINGS
@given(graph=graphs())
def test_every_live_step_runs_once_and_every_dead_one_is_skipped(users: Any, graph: Builder) -> None:
    execution = harness.run(stored(users.ada, graph), {"one": 1})
    assert execution.status == "completed", execution.error_message
    rows = execution.logs.all()
    assert len(rows) == len({row.step_key for row in rows})
    assert {row.step_key: row.status for row in rows} == graph.expected


@SETTINGS
@given(graph=graphs(), data=st.data())
def test_a_replay_from_any_point_of_the_journal_gives_the_same(users: Any, graph: Builder, data: Any) -> None:
    version = stored(users.ada, graph)
    whole = harness.run(version, {"one": 1})
    rows = list(whole.logs.order_by("id"))
    kept = data.draw(st.sets(st.sampled_from([row.pk for row in rows])))
    torn = harness.start(version, {"one": 1})
    for row in rows:
        if row.pk in kept and all(_sources_kept(rows, kept, row, graph)):
            row.pk, row.execution = None, torn
            row.save(force_insert=True)
    WorkflowExecution.objects.filter(pk=torn.pk).update(epoch=3)
    work()
    torn.refresh_from_db()
    assert outcome(torn) == outcome(whole)
    assert len(finals(torn)) == torn.logs.count()


def _sources_kept(rows: list[Any], kept: set[int], row: Any, graph: Builder) -> list[bool]:
    """A row is only ever there if those of its sources are, and that of a loop if those of its body are."""
    prefix = row.step_key[: len(row.step_key) - len(row.node_id)]
    by_key = {other.step_key: other for other in rows}
    sources = [parts[0] for parts in graph.edges if parts[1] == row.node_id and parts[2:3] in ((), ("",), ("error",))]
    body = [other for other in rows if other.step_key.startswith(f"{row.step_key}[")]
    return [other.pk in kept for other in (*(by_key[prefix + source] for source in sources), *body)]
