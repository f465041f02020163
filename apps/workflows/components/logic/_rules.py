"""Rules as switch, filter and assertion use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.workflows.rules import Rule, evaluate

RULES_HELP = (
    "Each compares what lies at a dotted path ({path}) with a value. Numbers compare as numbers, times as times; a "
    "path that leads nowhere makes a rule false and its negation true."
)


def holds(rule: Rule, resolve: Callable[[str], Any]) -> bool:
    """Whether a rule is true. `resolve` answers the value at a path or raises LookupError."""
    try:
        left = resolve(rule.field)
    except LookupError:
        return evaluate(rule.operator, None, rule.value, missing=True)
    return evaluate(rule.operator, left, rule.value)


def in_words(rule: Rule) -> str:
    """A rule as a person reads it: `calc.output.n gt 40`."""
    return " ".join(str(part) for part in (rule.field, rule.operator, rule.value) if part is not None)


def path_faults(rules: Any) -> list[tuple[str, str]]:
    """For `Component.check`: rules whose field is an expression where a path is meant."""
    return [
        ("rules", f"{path!r} is an expression; a rule's field is a path, such as calc.output.n.")
        for rule in _drawn(rules)
        if isinstance(path := rule.get("field"), str) and "{{" in path
    ]


def blank_rules(rules: Any, *, of_items: bool = False) -> list[tuple[str, str]]:
    """For `Component.doubts`: rules without a field. `of_items`: that means the item itself, so that only rules count
    that are as they were added."""
    return [
        ("rules", f"Rule {number} is not filled in: choose the field that it looks at.")
        for number, rule in enumerate(_drawn(rules), 1)
        if not rule.get("field")
        and not (of_items and (rule.get("operator", "equals") != "equals" or rule.get("value") not in (None, "")))
    ]


def _drawn(rules: Any) -> list[Mapping[str, Any]]:
    return [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
