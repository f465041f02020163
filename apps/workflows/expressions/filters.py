"""The filters and tests of expressions: those of Jinja2 that are safe, made to pay, and those that templates are
compiled into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context, Undefined

from pipelit.errors import ExpressionError

from . import budget
from .values import among, compared, concat, iterable, measured, pay_for_replacing, scalar, shown, sliced

FILTERS = (
    "abs batch capitalize count d default dictsort filesizeformat first float groupby int items join last length list "
    "lower map max min reject rejectattr replace reverse round select selectattr slice sort string striptags sum title "
    "tojson trim truncate unique upper urlencode wordcount".split()
)
CHEAP = frozenset({"count", "d", "default", "first", "last", "length"})
SIZED = frozenset({"batch", "slice"})
"""What makes as many items as a number says."""
MAX_SIZE = 1_000_000
MAX_PRECISION = 300
TEXT_TO_ITEMS = frozenset("batch groupby join list map reject select slice sort unique".split())


def counted_filter(name: str, function: Any) -> Any:
    """A filter that pays for what it is given, and is never run while a template is compiled."""
    wants = getattr(function, "jinja_pass_arg", None)
    passed = wants.name if wants is not None else ""

    @pass_context
    def filtered(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        if name not in CHEAP:
            if isinstance(value, Undefined):
                str(value)  # raises, and names it
            if hasattr(value, "__next__"):
                value = list(budget.counted(value))
            budget.measure(value)
            measured(args, kwargs)
            if isinstance(value, str) and name in TEXT_TO_ITEMS:
                budget.spend(len(value))
            _pay(name, value, args, kwargs)
        given: tuple[Any, ...] = {
            "context": (context,),
            "eval_context": (context.eval_ctx,),
            "environment": (context.environment,),
        }.get(passed, ())
        found = function(*given, value, *args, **kwargs)
        if name == "int" and found.bit_length() > budget.MAX_BITS:
            raise ExpressionError("the number is too large")
        return found

    return filtered


def counted_test(function: Any) -> Any:
    """A test that pays for what it compares, and is never run while a template is compiled."""
    wants = getattr(function, "jinja_pass_arg", None)

    @pass_context
    def tested(context: Context, value: Any, *args: Any) -> bool:
        budget.measure(value)
        measured(args, {})
        given = (context.environment,) if wants is not None else ()
        return bool(function(*given, value, *args))

    return tested


def _pay(name: str, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """What a filter costs by its arguments; they have been measured."""
    numbers = [given for given in (*args, *kwargs.values()) if isinstance(given, (int, float))]
    if name in SIZED:
        for number in numbers:
            if not -MAX_SIZE <= number <= MAX_SIZE:
                raise ExpressionError(f"{name} takes no number as large as that")
            budget.spend(int(abs(number)))
    elif name == "round" and any(not -MAX_PRECISION <= number <= MAX_PRECISION for number in numbers):
        raise ExpressionError("it can be rounded to 300 digits at most")
    elif name == "sum":
        start = kwargs.get("start", args[1] if len(args) > 1 else 0)
        if not isinstance(start, (int, float)):
            raise ExpressionError("sum adds numbers")  # lists would be copied at every step
    elif name == "replace":
        pay_for_replacing(
            value, kwargs.get("old", args[0] if args else ""), kwargs.get("new", args[-1] if args else "")
        )
    elif name == "join":
        between = str(kwargs.get("d", args[0] if args else ""))
        budget.spend(len(between) * len(value) // budget.CHARACTERS if hasattr(value, "__len__") else 0)


@pass_context
def finalize(context: Context, value: Any) -> Any:
    """As shown; it asks for the context so that it is never run while a template is compiled."""
    return shown(value)


def late(function: Callable[..., Any]) -> Any:
    """A filter that is never run while a template is compiled."""
    return pass_context(lambda context, *args: function(*args))


OWN: Mapping[str, Callable[..., Any]] = {
    "_among": among,
    "_concat": concat,
    "_counted": lambda values, cost: budget.counted(iterable(values), cost),
    "_measured": compared,
    "_scalar": scalar,
    "_sliced": sliced,
}
