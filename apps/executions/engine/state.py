"""What has settled and what may run next: values and rules, no I/O.

A *scope* is the top level of a plan or one iteration of a loop's body. Its steps settle one after another; a step is
ready when all its sources are settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from apps.workflows.components import registry
from apps.workflows.topology import Edge, Plan, PlanNode

from .convert import convert, to_messages

StepStatus = Literal["success", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended. `ports` is what successors see: port values, or `{"error": {...}}` after a failure."""

    status: StepStatus
    ports: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    """The reserved keys of its output: `_route`, `_items`, ..."""
    error: str = ""
    error_code: str = ""
    failed_step: str = ""
    """Key of the step that failed first: for a loop, that of the body node."""

    @property
    def route(self) -> Any:
        return self.state.get("_route")

    @property
    def ends_all(self) -> bool:
        """A failure that nothing handles: the execution may not go on."""
        return "_ends_all" in self.state


SKIPPED = Outcome("skipped")


def main_value(component_type: str, outcome: Outcome) -> Any:
    """The value of the `output` port, else of the only port, else all ports."""
    if outcome.status == "failed":
        return dict(outcome.ports)
    port = registry.get(component_type).main_port()
    return outcome.ports.get(port) if port else dict(outcome.ports)


def is_handled(node: PlanNode, outcome: Outcome) -> bool:
    """Whether the graph goes on after this outcome: an error edge, or `on_error: continue` (a loop's `on_error`
    speaks of its iterations)."""
    if outcome.status != "failed":
        return True
    if outcome.ends_all:
        return False
    if any(edge.label == "error" for edge in node.outgoing):
        return True
    return node.config.get("on_error") == "continue" and not registry.get(node.type).loops


def is_live(node: PlanNode, outcome: Outcome, edge: Edge) -> bool:
    """Whether an outgoing flow edge of a settled step carries on."""
    if outcome.status == "skipped":
        return False
    if outcome.status == "failed":
        if edge.label == "error":
            return not outcome.ends_all
        is_plain = not edge.condition  # what failed has chosen no route
        return is_plain and is_handled(node, outcome) and not any(e.label == "error" for e in node.outgoing)
    if edge.label == "error":
        return False
    if registry.get(node.type).forks:
        return outcome.route is not None and edge.condition == str(outcome.route)
    return True


@dataclass(slots=True)
class LoopState:
    """An open loop: the iterations that run, and the results so far, in the order of the items."""

    items: Sequence[Any]
    concurrency: int
    goes_on: bool
    """`on_error: continue`."""
    results: list[Any] = field(default_factory=list)
    next_index: int = 0
    active: int = 0
    failure: Outcome | None = None

    def take(self) -> int | None:
        """The index of the next iteration, if one may start now."""
        if self.failure or self.next_index >= len(self.items) or self.active >= self.concurrency:
            return None
        self.active += 1
        self.next_index += 1
        return self.next_index - 1

    @property
    def is_done(self) -> bool:
        return not self.active and (self.failure is not None or self.next_index >= len(self.items))


class Scope:
    """The top level of an execution, or one iteration of a loop's body."""

    __slots__ = (
        "ended",
        "failure",
        "index",
        "loop",
        "loop_node",
        "outcomes",
        "parent",
        "plan",
        "prefix",
        "unsettled",
        "waiting_for",
    )

    def __init__(
        self,
        plan: Plan,
        loop_node: str = "",
        prefix: str = "",
        parent: Scope | None = None,
        index: int = 0,
        loop: Mapping[str, Any] | None = None,
    ) -> None:
        self.plan = plan
        self.loop_node = loop_node
        self.prefix = prefix
        self.parent = parent
        self.index = index
        self.loop = loop
        self.outcomes: dict[str, Outcome] = {}
        self.waiting_for = {name: len(plan.nodes[name].incoming) for name in plan.members.get(loop_node, ())}
        self.unsettled = len(self.waiting_for)
        self.failure: Outcome | None = None
        self.ended = False
        """Set on an iteration once its result is taken."""

    @property
    def loop_key(self) -> str:
        """The key of the loop step that this iteration belongs to."""
        return self.prefix[: self.prefix.rindex("[")]

    def starts(self) -> list[str]:
        return [name for name, count in self.waiting_for.items() if not count]

    def settle(self, node: PlanNode, outcome: Outcome) -> list[str]:
        """Record an outcome; the nodes that have become ready, in edge order."""
        self.outcomes[node.node_id] = outcome
        self.unsettled -= 1
        if not is_handled(node, outcome) and self.failure is None:
            self.failure = outcome
        ready = []
        for edge in node.outgoing:
            self.waiting_for[edge.target] -= 1
            if not self.waiting_for[edge.target]:
                ready.append(edge.target)
        return ready

    def live_edges(self, node: PlanNode) -> list[Edge]:
        """The live edges among the incoming ones of a ready node, in edge order."""
        nodes = self.plan.nodes
        return [e for e in node.incoming if is_live(nodes[e.source], self.outcomes[e.source], e)]

    def outcome_of(self, node_id: str) -> Outcome | None:
        """What a step of this scope or of one around it came to."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.outcomes.get(node_id)
            if found is not None:
                return found
            scope = scope.parent
        return None


def iteration_result(scope: Scope) -> Any:
    """What one iteration adds to the results of its loop."""
    plan, returns = scope.plan, scope.plan.returns.get(scope.loop_node)
    if not returns:
        return final_value(scope)
    for source in returns:
        outcome = scope.outcomes[source]
        if outcome.status == "success" or (outcome.status == "failed" and is_handled(plan.nodes[source], outcome)):
            return main_value(plan.nodes[source].type, outcome)
    return None


def final_value(scope: Scope, leave_out: Iterable[str] = ()) -> Any:
    """Of the steps that ran and have no successor that ran, the main value of the only one, or an object by node id."""
    plan = scope.plan
    ran = {n for n, outcome in scope.outcomes.items() if outcome.status != "skipped"} - set(leave_out)
    ends = [
        n
        for n in plan.members.get(scope.loop_node, ())
        if n in ran and not any(e.target in ran for e in plan.nodes[n].outgoing)
    ]
    values = {n: main_value(plan.nodes[n].type, scope.outcomes[n]) for n in ends}
    return next(iter(values.values())) if len(values) == 1 else values or None


def port_value(data_type: str, values: Sequence[tuple[str, Any]]) -> Any:
    """Several live sources at one port: a list for ARRAY, an object by node id for ANY/OBJECT, the messages in edge
    order for MESSAGES, texts joined by a blank line for STRING. `values` are (node id, main value) in edge order."""
    if len(values) == 1:
        return convert(values[0][1], data_type)
    if data_type == "ARRAY":
        return [value for _, value in values]
    if data_type == "MESSAGES":
        return [message for _, value in values for message in to_messages(value)]
    if data_type == "STRING":
        return "\n\n".join(convert(value, "STRING") for _, value in values)
    return dict(values)
