"""Arithmetic on numbers by walking the syntax tree: nothing is executed, and nothing can grow without bound."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from pipelit.errors import UserError

MAX_LENGTH = 1000
MAX_DEPTH = 100
MAX_BITS = 4096
"""Size of the largest whole number."""

Number = int | float

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": lambda *numbers: sum(numbers),
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "radians": math.radians,
    "degrees": math.degrees,
}


def evaluate(text: str) -> Number | bool:
    """The value of a calculation. Raises UserError `config_error` that names the text and the cause."""
    if len(text) > MAX_LENGTH:
        raise _refused(text[:50] + "...", f"it is longer than {MAX_LENGTH} characters")
    try:
        value = _value(ast.parse(text.strip().replace("^", "**"), mode="eval").body, 0)
    except SyntaxError:
        raise _refused(text, "it is no arithmetic") from None
    except ZeroDivisionError:
        raise _refused(text, "it divides by zero") from None
    except (OverflowError, RecursionError, MemoryError):
        raise _refused(text, "it is too large") from None
    except (TypeError, ValueError) as error:
        raise _refused(text, str(error)) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(text, "the result is not finite")
    return value


def _value(node: ast.expr, depth: int) -> Number | bool:
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return _bounded(node.value)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, depth + 1), _value(node.right, depth + 1)
        return _power(left, right) if isinstance(node.op, ast.Pow) else _bounded(_of(_BINARY, node.op)(left, right))
    if isinstance(node, ast.UnaryOp):
        return _bounded(_of(_UNARY, node.op)(_value(node.operand, depth + 1)))
    if isinstance(node, ast.Compare):
        return _comparison(node, depth)
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.Call):
        return _call(node, depth)
    raise ValueError(f"{ast.unparse(node)[:50]!r} is no number")


def _comparison(node: ast.Compare, depth: int) -> bool:
    values = [_value(part, depth + 1) for part in (node.left, *node.comparators)]
    pairs = pairwise(values)
    return all(_of(_COMPARE, op)(left, right) for op, (left, right) in zip(node.ops, pairs, strict=True))


def _call(node: ast.Call, depth: int) -> Number:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS or node.keywords:
        known = ", ".join(sorted(_FUNCTIONS))
        raise ValueError(f"there is no function {ast.unparse(node.func)[:50]!r}; there are {known}")
    arguments = [_value(argument, depth + 1) for argument in node.args]
    if name == "round" and len(arguments) == 2 and abs(arguments[1]) > 1000:
        raise OverflowError
    return _bounded(_FUNCTIONS[name](*arguments))


def _power(base: Number, exponent: Number) -> Number:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and exponent > 0 and int(base).bit_length() * exponent > MAX_BITS:
        raise OverflowError
    return _bounded(base**exponent)


def _bounded(number: Any) -> Number:
    if isinstance(number, complex):
        raise ValueError("the result is no real number")
    if isinstance(number, int) and number.bit_length() > MAX_BITS:
        raise OverflowError
    return number  # type: ignore[no-any-return]


def _of(table: Mapping[Any, Callable[..., Any]], op: ast.AST) -> Callable[..., Any]:
    if type(op) not in table:
        raise ValueError(f"the operator {type(op).__name__} is not arithmetic")
    return table[type(op)]


def _refused(text: str, cause: str) -> UserError:
    return UserError(f"Cannot work out {text.strip()!r}: {cause}.", code="config_error")
