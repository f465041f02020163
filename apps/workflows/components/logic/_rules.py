"""Rules as switch, filter and assertion use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    found = []
    for rule in rules if isinstance(rules, Sequence) and not isinstance(rules, str) else ():
        path = rule.get("field") if isinstance(rule, Mapping) else None
        if isinstance(path, str) and "{{" in path:
            found.append(("rules", f"{path!r} is an expression; a rule's field is a path, such as calc.output.n."))
    return found
