from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from apps.workflows.rules import Rule
from pipelit.errors import UserError

from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field
from ._rules import RULES_HELP, blank_rules, holds, in_words, path_faults


class AssertionConfig(StepConfig):
    rules: list[Rule] = field(
        list,
        title="Rules",
        help="All of them must be true. " + RULES_HELP.format(path="calc.output.n, trigger.payload.type"),
        widget="rules",
        expression=True,
        max_length=100,
    )
    on_fail: Literal["fail", "route"] = field(
        "fail",
        title="If one is false",
        help="Fail the execution, or go on and let a switch decide by _route (pass, fail).",
    )


class Assertion(Component):
    """Checks what must be true before the flow goes on.

    If a rule is false, the step fails with `assertion_failed` and says which; or, with *route*, goes on with
    `passed` false, the reasons in `failures`, and `_route` `pass` or `fail` for a switch behind it.
    """

    type = "assertion"
    label = "Assertion"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "shield-check"
    inputs = (Port("input", DataType.ANY, required=True, description="What comes in; rules see all earlier steps."),)
    outputs = (
        Port("passed", DataType.BOOLEAN, description="Whether all rules are true."),
        Port("failures", DataType.ARRAY, description="The rules that are not, in words."),
    )
    Config = AssertionConfig
    quick = True
    example = {
        "config": {"rules": [{"field": "calc.output", "operator": "gt", "value": 50}], "on_fail": "route"},
        "scope": {"calc": {"output": 42}},
        "inputs": {"input": 42},
        "output": {"passed": False, "failures": ["calc.output gt 50: it is 42"], "_route": "fail"},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return path_faults(config.get("rules"))

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return blank_rules(config.get("rules"))

    def route(self, outputs: Mapping[str, Any]) -> str | None:
        return "pass" if outputs.get("passed") else "fail"

    def run(self, ctx: Ctx, config: AssertionConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        failures = [_reason(ctx, rule) for rule in config.rules if not holds(rule, ctx.lookup)]
        if failures and config.on_fail == "fail":
            raise UserError(f'The assertion "{ctx.node_id}" failed: {"; ".join(failures)}.', code="assertion_failed")
        outputs = {"passed": not failures, "failures": failures}
        return {**outputs, "_route": self.route(outputs)}


def _reason(ctx: Ctx, rule: Rule) -> str:
    wanted = rule.label or in_words(rule)
    try:
        found = repr(ctx.lookup(rule.field))
    except LookupError:
        return f"{wanted}: there is no {rule.field}"
    return f"{wanted}: it is {found if len(found) <= 200 else found[:200] + '...'}"
