"""The Jinja2 environment: an immutable sandbox in which only listed filters and methods exist, and all of them count.

The optimiser is off and filters ask for the context, so that nothing is computed while a template is compiled.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from types import BuiltinMethodType
from typing import Any, cast

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
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
SIZED = frozenset({"batch", "slice"})
"""What makes as many items as a number says."""
MAX_SIZE = 1_000_000
MAX_PRECISION = 300
SCALARS = (str, int, float, type(None))
TEXT_TO_ITEMS = frozenset("batch groupby join list map reject select slice sort unique".split())
MAX_NODES = 5_000
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
            _scalar(argument)
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
            args = (list(budget.counted(_iterable(args[0]))), *args[1:])
            budget.spend(len(owner) * len(args[0]) // budget.CHARACTERS)
        _measured(args, kwargs)
        if name == "replace" and len(args) > 1:
            _pay_for_replacing(owner, args[0], args[1])
        if isinstance(owner, str):
            budget.spend(len(owner) // 2 if "split" in name else budget.size(owner))
        elif kind is list:
            budget.measure(owner)
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
            _measured(args, kwargs)
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


def _counted_test(function: Any) -> Any:
    """A test that pays for what it compares, and is never run while a template is compiled."""
    wants = getattr(function, "jinja_pass_arg", None)

    @pass_context
    def tested(context: Context, value: Any, *args: Any) -> bool:
        budget.measure(value)
        _measured(args, {})
        given = (context.environment,) if wants is not None else ()
        return bool(function(*given, value, *args))

    return tested


def _measured(args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
    for argument in (*args, *kwargs.values()):
        if isinstance(argument, Undefined):
            str(argument)  # raises, and names it
        budget.measure(argument)


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
        _pay_for_replacing(
            value, kwargs.get("old", args[0] if args else ""), kwargs.get("new", args[-1] if args else "")
        )
    elif name == "join":
        between = str(kwargs.get("d", args[0] if args else ""))
        budget.spend(len(between) * len(value) // budget.CHARACTERS if hasattr(value, "__len__") else 0)


def _pay_for_replacing(text: Any, old: Any, new: Any) -> None:
    text, old, new = str(text), str(old), str(new)
    budget.spend((text.count(old) + 1) * budget.size(new))


def _scalar(value: Any) -> Any:
    """A key; hashing anything deeper is unbounded work."""
    if not isinstance(value, SCALARS) and not isinstance(value, Undefined):
        raise ExpressionError(f"{type(value).__name__} is no key")
    return value


def _sliced(value: Any, *bounds: Any) -> Any:
    if isinstance(value, Undefined):
        return value[0]
    part = slice(*bounds)
    if isinstance(value, (str, list, tuple, range)):
        budget.spend(1 + len(range(*part.indices(len(value)))) // budget.CHARACTERS)
    return value[part]


def _strip_tags(value: Any) -> str:
    """As Jinja2's, in linear time."""
    text, at, parts, comments = str(value), 0, [], True
    while (start := text.find("<", at)) >= 0:
        mark = "-->" if comments and text.startswith("<!--", start) else ">"
        end = text.find(mark, start)
        if end < 0 and mark == "-->":
            comments, end = False, text.find(">", start)
        if end < 0:
            break
        parts.append(text[at:start])
        at = end + (len(mark) if comments or mark == ">" else 1)
    parts.append(text[at:])
    return html.unescape(" ".join("".join(parts).split()))


def _concat(values: Iterable[Any]) -> str:
    parts = [str(value) if not isinstance(value, (dict, list)) else _text(value) for value in values]
    budget.spend(sum(map(budget.size, parts)))
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
    budget.spend(budget.size(text))
    return text


@pass_context
def _finalize(context: Context, value: Any) -> Any:
    """As _text; it asks for the context so that it is never run while a template is compiled."""
    return _text(value)


class _Count(NodeTransformer):
    """Makes loops and concatenations pay."""

    def visit_For(self, node: nodes.For, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        if node.recursive:
            raise ExpressionError("recursive loops are not allowed")
        written = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        cost = nodes.Const(1 + written // budget.CHARACTERS, lineno=node.lineno)
        node.iter = self._filter("_counted", node.iter, cost)
        return node

    def visit_Compare(self, node: nodes.Compare, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        node.expr = self._filter("_measured", node.expr)
        for operand in node.ops:
            operand.expr = self._filter("_among" if operand.op in ("in", "notin") else "_measured", operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = (node.arg.start, node.arg.stop, node.arg.step)
        return self._filter("_sliced", node.node, *(bound or nodes.Const(None, lineno=node.lineno) for bound in bounds))

    def visit_Pair(self, node: nodes.Pair, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        node.key = self._filter("_scalar", node.key)
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        return self._filter("_concat", nodes.List(node.nodes, lineno=node.lineno))

    @staticmethod
    def _filter(name: str, value: nodes.Node, *args: nodes.Expr) -> nodes.Filter:
        return nodes.Filter(cast(nodes.Expr, value), name, list(args), [], None, None, lineno=value.lineno)


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
    if isinstance(value, (list, tuple)):
        budget.spend(1 + len(value))
        return [jsonable(item) for item in value]
    if hasattr(value, "__iter__"):
        return [jsonable(item) for item in budget.counted(value)]
    raise ExpressionError(f"its result, {type(value).__name__}, is no JSON value")


def _environment() -> _Sandbox:
    made = _Sandbox(optimized=False, undefined=Missing, finalize=_finalize, cache_size=0, autoescape=False)
    known = made.filters
    made.filters = {name: _counted_filter(name, known[name]) for name in FILTERS}
    made.filters["striptags"] = _counted_filter("striptags", _strip_tags)
    made.filters |= {name: _late(function) for name, function in _OWN.items()}
    made.tests = {name: _counted_test(function) for name, function in made.tests.items() if name not in PLAIN_TESTS}
    made.tests |= {name: TESTS[name] for name in PLAIN_TESTS}
    made.globals = {"range": budget.bounded_range}
    return made


def _late(function: Callable[..., Any]) -> Any:
    """A filter that is never run while a template is compiled."""
    return pass_context(lambda context, *args: function(*args))


def _compared(value: Any) -> Any:
    budget.measure(value)
    return value


def _among(values: Any) -> Any:
    """The right side of `in`; a key of an object is found without looking at all of it."""
    if not isinstance(values, Mapping):
        if hasattr(values, "__next__"):
            return budget.counted(values)
        budget.measure(values)
    return values


def _iterable(values: Any) -> Any:
    if isinstance(values, Undefined):
        str(values)  # raises, and names it
    return values


_OWN: Mapping[str, Callable[..., Any]] = {
    "_among": _among,
    "_concat": _concat,
    "_counted": lambda values, cost: budget.counted(_iterable(values), cost),
    "_measured": _compared,
    "_scalar": _scalar,
    "_sliced": _sliced,
}
ENVIRONMENT = _environment()
