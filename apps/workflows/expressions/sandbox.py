"""The Jinja2 environment: an immutable sandbox in which only listed filters and methods exist, and all of them count.

The optimiser is off and filters ask for the context, so that nothing is computed while a template is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import BuiltinMethodType
from typing import Any

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from pipelit.errors import ExpressionError

from . import budget

FILTERS = (
    "abs batch capitalize count d default dictsort filesizeformat first float groupby int items join last length list "
    "lower map max min reject rejectattr replace reverse round select selectattr slice sort string striptags sum title "
    "tojson trim truncate unique upper urlencode wordcount".split()
)
CHEAP = frozenset({"count", "d", "default", "first", "last", "length"})
METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        "capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
        "istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rpartition rsplit rstrip "
        "split splitlines startswith strip swapcase title upper".split()
    ),
    list: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
}
FORBIDDEN = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
    nodes.Extends,
    nodes.Block,
    nodes.ScopedEvalContextModifier,
    nodes.EvalContextModifier,
)
SIZED = frozenset({"batch", "slice", "truncate"})
MAX_SIZE = 1_000_000
MAX_NODES = 5_000


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
        if isinstance(obj, Mapping):
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
        if function is budget.bounded_range:
            return function(*args, **kwargs)
        if isinstance(function, Undefined):
            str(function)  # raises, and names it
        owner = getattr(function, "__self__", None)
        name = getattr(function, "__name__", "")
        kind: type = dict if isinstance(owner, Mapping) else type(owner)
        if name not in METHODS.get(kind, ()) or not (isinstance(function, BuiltinMethodType) or kind is dict):
            raise ExpressionError(f"{name or 'this'} cannot be called in an expression")
        if name == "replace" and len(args) > 1 and isinstance(owner, str):
            budget.spend((owner.count(str(args[0])) + 1) * len(str(args[1])))
        if name == "join" and args:
            args = (list(budget.counted(args[0])), *args[1:])
            budget.spend(len(str(owner)) * len(args[0]))
        if isinstance(owner, str):
            budget.spend(1 + len(owner) // 16)
        return function(*args, **kwargs)


def _counted_filter(name: str, function: Any) -> Any:
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
            for argument in args:
                if name in SIZED and isinstance(argument, (int, float)) and abs(argument) > MAX_SIZE:
                    raise ExpressionError(f"{name} takes no number as large as {argument}")
            if name == "replace" and len(args) > 1:
                budget.spend((str(value).count(str(args[0])) + 1) * len(str(args[1])))
            if name == "join" and args:
                budget.spend(len(str(args[0])) * len(list(value) if isinstance(value, Mapping) else value))
        given: tuple[Any, ...] = {
            "context": (context,),
            "eval_context": (context.eval_ctx,),
            "environment": (context.environment,),
        }.get(passed, ())
        return function(*given, value, *args, **kwargs)

    return filtered


def _concat(values: Iterable[Any]) -> str:
    parts = [str(value) if not isinstance(value, (dict, list)) else _text(value) for value in values]
    budget.spend(sum(map(len, parts)))
    return "".join(parts)


def _text(value: Any) -> Any:
    """What mixed text shows: Python's `str`, of values of some size only."""
    if isinstance(value, Undefined):
        return value
    if hasattr(value, "__next__"):
        value = list(budget.counted(value))
    if isinstance(value, (Mapping, list, tuple)):
        value = jsonable(value)
    text = str(value)
    budget.spend(1 + len(text) // 8)
    return text


class _Count(NodeTransformer):
    """Makes loops and concatenations pay."""

    def visit_For(self, node: nodes.For, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        if node.recursive:
            raise ExpressionError("recursive loops are not allowed")
        node.iter = nodes.Filter(node.iter, "_counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        return nodes.Filter(
            nodes.List(node.nodes, lineno=node.lineno), "_concat", [], [], None, None, lineno=node.lineno
        )


def checked(tree: nodes.Template) -> nodes.Template:
    """The tree, made to pay for what it does; raises ExpressionError for what is not allowed."""
    for count, node in enumerate(tree.find_all(nodes.Node)):
        if isinstance(node, FORBIDDEN):
            raise ExpressionError(f"{type(node).__name__.lower()} is not allowed in an expression")
        if count > MAX_NODES:
            raise ExpressionError("it is too long")
    found: nodes.Template = _Count().visit(tree)
    found.set_environment(ENVIRONMENT)
    return found


def jsonable(value: Any, deep: bool = True) -> Any:
    """A result as JSON: iterators and ranges become lists, mappings dicts. Raises ExpressionError for anything else."""
    if isinstance(value, Undefined):
        str(value)  # raises, and names it
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if not deep:
        return dict(value) if isinstance(value, Mapping) and not isinstance(value, dict) else value
    if isinstance(value, Mapping):
        budget.spend(1 + len(value))
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, range)) or hasattr(value, "__next__") or hasattr(value, "__iter__"):
        return [jsonable(item) for item in budget.counted(value)]
    raise ExpressionError(f"its result, {type(value).__name__}, is no JSON value")


def _environment() -> _Sandbox:
    made = _Sandbox(optimized=False, undefined=Missing, finalize=_text, cache_size=0, autoescape=False)
    known = made.filters
    made.filters = {name: _counted_filter(name, known[name]) for name in FILTERS}
    made.filters["_counted"] = pass_context(lambda context, values: budget.counted(_iterable(values)))
    made.filters["_concat"] = pass_context(lambda context, values: _concat(values))
    made.globals = {"range": budget.bounded_range}
    return made


def _iterable(values: Any) -> Any:
    if isinstance(values, Undefined):
        str(values)  # raises, and names it
    return values


ENVIRONMENT = _environment()
