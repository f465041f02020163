"""The graph as a value: reachability, loop bodies, cycles, borders, and the plan that an execution follows."""

from __future__ import annotations

import itertools
import json

import pytest

from apps.workflows.topology import Edge, Graph, Plan, followers, load, plan


def graph(nodes: str, *edges: str) -> Graph:
    """`graph("a b c", "a>b", "b>c:error")`; an edge is source>target[:label[:condition]]."""
    drawn = []
    for text in edges:
        ends, _, rest = text.partition(":")
        label, _, condition = rest.partition(":")
        source, target = ends.split(">")
        drawn.append({"source": source, "target": target, "label": label, "condition": condition})
    return Graph([{"node_id": name, "component_type": "set", "config": {"of": name}} for name in nodes.split()], drawn)


LOOP = ("start>each", "each>step:loop_body", "step>then", "then>each:loop_return", "each>after")
NESTED = (
    "start>outer", "outer>a:loop_body", "a>inner", "inner>b:loop_body", "b>inner:loop_return", "inner>c",
    "c>outer:loop_return", "outer>after",
)  # fmt: skip


def looped() -> Graph:
    return graph("start each step then after", *LOOP)


def nested() -> Graph:
    return graph("start outer a inner b c after", *NESTED)


def test_what_a_trigger_reaches() -> None:
    drawn = graph("one two a b c model lost", "one>a", "a>b:error", "two>c", "model>b:llm", "lost>c")
    assert drawn.reachable("one") == {"one", "a", "b", "model"}
    assert drawn.reachable("two") == {"two", "c"}
    assert drawn.attached("b", "llm") == ["model"]
    assert drawn.attached("b", "tool") == []
    assert looped().reachable("start") == {"start", "each", "step", "then", "after"}
    assert drawn.reachable("ghost") == set()


def test_scopes_name_the_innermost_loop() -> None:
    assert looped().scopes == {"start": "", "each": "", "step": "each", "then": "each", "after": ""}
    assert nested().scopes == {
        "start": "", "outer": "", "a": "outer", "inner": "outer", "b": "inner", "c": "outer", "after": "",
    }  # fmt: skip
    assert nested().bodies == {"outer": {"a", "inner", "c"}, "inner": {"b"}}


@pytest.mark.parametrize("drawn", [looped(), nested(), graph("a b c d", "a>b", "a>c", "b>d", "c>d"), graph("")])
def test_sound_graphs_have_no_faults(drawn: Graph) -> None:
    assert drawn.faults() == []


@pytest.mark.parametrize(
    ("drawn", "cycle"),
    [
        (graph("a b c", "a>b", "b>c", "c>b"), {"b", "c"}),
        (graph("a", "a>a"), {"a"}),
        (graph("a b", "a>b", "b>a:error"), {"a", "b"}),
        (graph("each step", "each>step:loop_body", "step>each"), {"each", "step"}),
        (graph("x a b", "x>a", "x>b", "a>b", "b>a"), {"a", "b"}),
    ],
)
def test_cycles_are_found_and_named(drawn: Graph, cycle: set[str]) -> None:
    (fault,) = drawn.faults()
    assert fault.code == "cycle"
    assert all(name in fault.message for name in cycle)
    assert fault.node_id in cycle


def test_a_long_chain_needs_no_deep_stack() -> None:
    names = [f"n{number}" for number in range(5000)]
    drawn = graph(" ".join(names), *(f"{a}>{b}" for a, b in itertools.pairwise(names)))
    assert drawn.faults() == []
    assert plan(drawn, "n0").sees(plan(drawn, "n0").nodes["n4999"], "n0")


@pytest.mark.parametrize("edge", ["then>after", "start>step", "step>out:error"])
def test_borders_of_loops_are_kept(edge: str) -> None:
    drawn = graph("start each step then after out", *LOOP, "after>out", edge)
    assert {fault.code for fault in drawn.faults()} == {"loop_border"}


def test_a_return_comes_from_the_body() -> None:
    (fault,) = graph("each step", "step>each:loop_return").faults()
    assert (fault.code, fault.node_id, fault.edge) == ("loop_return", "step", Edge("step", "each", "loop_return"))


def test_edges_to_nowhere_do_no_harm() -> None:
    drawn = graph("a b", "a>ghost", "ghost>b", "a>b")
    assert drawn.reachable("a") == {"a", "b"}
    assert isinstance(drawn.faults(), list)


# --- plans ---


def sees(of: Plan) -> dict[str, set[str]]:
    return {name: {other for other in of.nodes if of.sees(node, other)} for name, node in of.nodes.items()}


def test_a_plan_is_in_topological_order() -> None:
    made = plan(graph("d c b start lost", "start>b", "start>c", "b>d", "c>d", "lost>d"), "start")
    assert made.members == {"": ["start", "b", "c", "d"]}
    assert [edge.source for edge in made.nodes["d"].incoming] == ["b", "c"]
    assert "lost" not in made.nodes
    assert sees(made) == {"start": set(), "b": {"start"}, "c": {"start"}, "d": {"start", "b", "c"}}


def test_a_body_sees_what_its_loop_sees() -> None:
    made = plan(nested(), "start")
    assert made.members == {"": ["start", "outer", "after"], "outer": ["a", "inner", "c"], "inner": ["b"]}
    assert made.returns == {"outer": ["c"], "inner": ["b"]}
    assert sees(made)["b"] == {"start", "a"}
    assert sees(made)["c"] == {"start", "a", "inner"}
    assert sees(made)["after"] == {"start", "outer"}
    assert not made.sees(made.nodes["after"], "ghost")


def test_what_is_attached_is_planned_but_no_step() -> None:
    made = plan(graph("start ask model calc", "start>ask", "model>ask:llm", "calc>ask:tool"), "start")
    assert made.nodes["ask"].attached == {"llm": ["model"], "tool": ["calc"]}
    assert made.members == {"": ["start", "ask"]}
    assert made.nodes["ask"].incoming == [Edge("start", "ask")]


@pytest.mark.parametrize(
    "drawn",
    [
        looped(),
        nested(),
        graph("start a b c", "start>a", "a>b::yes", "a>c::no", "b>c:error"),
        graph("start ask model calc", "start>ask", "model>ask:llm", "calc>ask:tool"),
        graph("start each one two", "start>each", "each>one:loop_body", "each>two:loop_body", "one>two"),
    ],
)
def test_a_plan_survives_its_dump(drawn: Graph) -> None:
    made = plan(drawn, "start")
    again = load(json.loads(json.dumps(made.dump())))
    assert again.trigger == made.trigger
    assert again.members == made.members
    assert again.returns == made.returns
    assert sees(again) == sees(made)
    for name, node in made.nodes.items():
        other = again.nodes[name]
        assert (other.type, other.config, other.scope, other.attached) == (
            node.type, node.config, node.scope, node.attached,
        )  # fmt: skip
        assert (other.incoming, other.outgoing) == (node.incoming, node.outgoing)


def test_outgoing_edges_keep_their_order_in_a_dump() -> None:
    edges = [
        {"source": "start", "target": "b", "priority": 1},
        {"source": "start", "target": "a", "priority": 2},
    ]
    nodes = [{"node_id": name, "component_type": "set"} for name in ("start", "a", "b")]
    made = plan(Graph(nodes, edges), "start")
    again = load(made.dump())
    assert [e.target for e in made.nodes["start"].outgoing] == ["b", "a"]
    assert [e.target for e in again.nodes["start"].outgoing] == ["b", "a"]


def test_followers() -> None:
    made = plan(nested(), "start")
    assert followers(made, "after") == set()
    assert followers(made, "b") == {"inner", "c", "outer", "after"}
    assert followers(made, "outer") == {"after"}
