"""JMESPath queries that users write, on the counted budget of expressions: `[@,@]|[@,@]|...` doubles its result at each
turn, and a thread that runs it cannot be stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from apps.workflows.expressions import budget
from pipelit.errors import ExpressionError, UserError

_BUILDERS = frozenset(
    {
        "filter_projection",
        "flatten",
        "function_expression",
        "multi_select_dict",
        "multi_select_list",
        "projection",
        "slice",
        "value_projection",
    }
)
"""What makes a new value. It pays for all of that value, so that none is ever larger than the budget."""
_FAILURES = (ValueError, TypeError, ArithmeticError, RecursionError)
"""JMESPath's own errors are ValueErrors; it lets Python's through where types do not fit."""
SHOWN = 300


def fault(query: str) -> str | None:
    """Why this is no query, in a sentence; None if it is one."""
    try:
        jmespath.compile(query)
    except (JMESPathError, RecursionError) as error:
        return f"This is no JMESPath query: {_short(error)}"
    return None


def search(query: str, value: Any) -> Any:
    """What the query finds, null for nothing. Raises UserError."""
    with budget.limited():
        try:
            return _Counting(Options(custom_functions=_Functions())).visit(jmespath.compile(query).parsed, value)
        except ExpressionError as error:
            raise UserError(f"The JMESPath query failed: {error.detail}.", code="config_error") from None
        except _FAILURES as error:
            raise UserError(f"The JMESPath query failed: {_short(error)}", code="config_error") from error


def _paid(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def counting(left: Any, right: Any) -> Any:
        budget.measure(left)
        budget.measure(right)
        return compare(left, right)

    return counting


class _Counting(TreeInterpreter):  # type: ignore[misc]
    COMPARATOR_FUNC = {name: _paid(compare) for name, compare in TreeInterpreter.COMPARATOR_FUNC.items()}

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        budget.spend(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _BUILDERS:
            budget.measure(found)
        return found


class _Functions(Functions):  # type: ignore[misc]
    def call_function(self, function_name: str, resolved_args: list[Any]) -> Any:
        for argument in resolved_args:
            budget.measure(argument)
        if function_name == "join" and len(resolved_args) == 2:
            separator, parts = resolved_args
            if isinstance(separator, str) and isinstance(parts, list):
                budget.spend(len(separator) * len(parts) // budget.CHARACTERS)
        return super().call_function(function_name, resolved_args)


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
