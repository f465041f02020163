"""The Jinja2 environment: an immutable sandbox in which only listed filters and methods exist, and all of them count.

The optimiser is off and filters ask for the context, so that nothing is computed while a template is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import BuiltinMethodType
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from pipelit.errors import ExpressionError

from . import budget, tree
from .filters import FILTERS, OWN, counted_filter, counted_test, finalize, late
from .values import iterable, jsonable, measured, pay_for_replacing, scalar, strip_tags

__all__ = ["ENVIRONMENT", "Missing", "checked", "jsonable"]

METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        "capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
        "istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rpartition rsplit rstrip "
        "split splitlines startswith strip swapcase title upper".split()
    ),
    list: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
}
PLAIN_TESTS = ("defined", "undefined")
"""They take what is missing."""


class Missing(StrictUndefined):
    """What is not there: it may be asked further (`b.output.v | default(1)`), and fails when it is used."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(name=f"{self._undefined_name}.{name}")

    def __getitem__(self, name: Any) -> Any:
        return Missing(name=f"{self._undefined_name}.{name}")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"**", "*", "%", "+"})
    operations: Mapping[str, Callable[[Any, Any], Any]] = {
        "**": budget.power,
        "*": budget.product,
        "%": budget.remainder,
        "+": budget.total,
    }

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)  # raises, and names it
        return self.operations[operator](left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._member(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str):
            return self._member(obj, argument)
        if isinstance(argument, Undefined):
            str(argument)  # raises, and names it
        if isinstance(obj, Mapping):
            scalar(argument)
            return obj[argument] if argument in obj else self.undefined(name=str(argument))
        try:
            return obj[argument]
        except (IndexError, TypeError, KeyError):
            return self.undefined(name=f"[{argument}]")

    def _member(self, obj: Any, name: str) -> Any:
        if isinstance(obj, Missing):
            return obj[name]
        if isinstance(obj, Mapping):
            if name in obj:
                return obj[name]
            kind: type = dict
        else:
            kind = type(obj)
        if name in METHODS.get(kind, ()):
            return getattr(obj, name)
        if type(obj).__name__ == "LoopContext" and not name.startswith("_"):
            return getattr(obj, name)
        if isinstance(obj, tuple) and name in getattr(obj, "_fields", ()):
            return getattr(obj, name)  # what `groupby` gives: grouper and list
        return self.undefined(name=name)

    def call(self, context: Context, function: Any, *args: Any, **kwargs: Any) -> Any:
        for name in ("_loop_vars", "_block_vars"):  # for functions that ask for the context: none here does
            kwargs.pop(name, None)
        if function is budget.bounded_range:
            return function(*args, **kwargs)
        if isinstance(function, Undefined):
            str(function)  # raises, and names it
        owner: Any = getattr(function, "__self__", None)
        name = getattr(function, "__name__", "")
        kind: type = dict if isinstance(owner, Mapping) else type(owner)
        if name not in METHODS.get(kind, ()) or not (isinstance(function, BuiltinMethodType) or kind is dict):
            raise ExpressionError(f"{name or 'this'} cannot be called in an expression")
        if name == "join" and args:
            args = (list(budget.counted(iterable(args[0]))), *args[1:])
            budget.spend(len(owner) * len(args[0]) // budget.CHARACTERS)
        measured(args, kwargs)
        if name == "replace" and len(args) > 1:
            pay_for_replacing(owner, args[0], args[1])
        if isinstance(owner, str):
            budget.spend(len(owner) // 2 if "split" in name else budget.size(owner))
        elif kind is list:
            budget.measure(owner)
        return function(*args, **kwargs)


def checked(template: nodes.Template) -> nodes.Template:
    """As tree.checked, for this environment."""
    found = tree.checked(template)
    found.set_environment(ENVIRONMENT)
    return found


def _environment() -> _Sandbox:
    made = _Sandbox(optimized=False, undefined=Missing, finalize=finalize, cache_size=0, autoescape=False)
    known = made.filters
    made.filters = {name: counted_filter(name, known[name]) for name in FILTERS}
    made.filters["striptags"] = counted_filter("striptags", strip_tags)
    made.filters |= {name: late(function) for name, function in OWN.items()}
    made.tests = {name: counted_test(function) for name, function in made.tests.items() if name not in PLAIN_TESTS}
    made.tests |= {name: TESTS[name] for name in PLAIN_TESTS}
    made.globals = {"range": budget.bounded_range}
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": jsonable}
    return made


ENVIRONMENT = _environment()
