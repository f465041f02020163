from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from apps.workflows.rules import Rule

from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field
from ._rules import RULES_HELP, blank_rules, holds, path_faults

OTHER = "__other__"


class SwitchConfig(StepConfig):
    rules: list[Rule] = field(
        list,
        title="Rules",
        help="The first rule that is true decides. " + RULES_HELP.format(path="calc.output.n, trigger.payload.type"),
        widget="rules",
        expression=True,
        max_length=100,
    )
    enable_fallback: bool = field(
        False,
        title="Otherwise",
        help="Have an output 'otherwise' (its id: __other__) for what no rule matches; without it, nothing goes on.",
    )


class Switch(Component):
    """Sends the flow along one of its edges: that of the first rule that is true.

    Each edge that leaves a switch carries the `id` of a rule, or `__other__` (on the canvas: *otherwise*). The other
    edges are dead: what lies only behind them is skipped. Rules look at the values of earlier steps (`calc.output.n`),
    at the event (`trigger.payload.type`), and at the route that an approval, a categorizer or an assertion right before
    the switch has chosen (`_route`).
    """

    type = "switch"
    label = "Switch"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "split"
    forks = True
    inputs = (Port("input", DataType.ANY, required=True, description="What comes in; rules see all earlier steps."),)
    outputs = (Port("route", DataType.STRING, description="The id of the rule that was true, __other__, or nothing."),)
    Config = SwitchConfig
    quick = True
    example = {
        "config": {
            "rules": [{"id": "big", "field": "calc.output.n", "operator": "gt", "value": 40}],
            "enable_fallback": True,
        },
        "scope": {"calc": {"output": {"n": 42}}},
        "inputs": {"input": {"n": 42}},
        "output": {"route": "big", "_route": "big"},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        rules = config.get("rules")
        if not isinstance(rules, list):
            return []
        ids = [str(rule.get("id") or "") for rule in rules if isinstance(rule, Mapping)]
        found = path_faults(rules)
        twice = [name for name, count in Counter(ids).items() if name and count > 1]
        found += [("rules", f"Two rules have the id {name!r}.") for name in twice]
        if not all(ids):
            found.append(("rules", "Every rule needs an id; the edges name it."))
        if OTHER in ids:
            found.append(("rules", f"The id {OTHER} is that of 'otherwise'; choose another."))
        return found

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        if config.get("rules"):
            return blank_rules(config["rules"])
        so = "everything goes to 'otherwise'" if config.get("enable_fallback") else "nothing goes on behind the switch"
        return [("rules", f"There are no rules: {so}.")]

    def route(self, outputs: Mapping[str, Any]) -> str | None:
        return outputs.get("route") or None

    def run(self, ctx: Ctx, config: SwitchConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        other = OTHER if config.enable_fallback else ""
        outputs = {"route": next((rule.id for rule in config.rules if holds(rule, ctx.lookup)), other)}
        return {**outputs, "_route": self.route(outputs)}
