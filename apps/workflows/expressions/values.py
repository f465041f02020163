"""What expressions do to values beyond Jinja2: every function pays for what it looks at."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2.runtime import Undefined

from pipelit.errors import ExpressionError

from . import budget

SCALARS = (str, int, float, type(None))


def measured(args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
    for argument in (*args, *kwargs.values()):
        if isinstance(argument, Undefined):
            str(argument)  # raises, and names it
        budget.measure(argument)


def pay_for_replacing(text: Any, old: Any, new: Any) -> None:
    text, old, new = str(text), str(old), str(new)
    budget.spend((text.count(old) + 1) * budget.size(new))


def scalar(value: Any) -> Any:
    """A key; hashing anything deeper is unbounded work."""
    if not isinstance(value, SCALARS) and not isinstance(value, Undefined):
        raise ExpressionError(f"{type(value).__name__} is no key")
    return value


def sliced(value: Any, *bounds: Any) -> Any:
    if isinstance(value, Undefined):
        return value[0]
    part = slice(*bounds)
    if isinstance(value, (str, list, tuple, range)):
        budget.spend(1 + len(range(*part.indices(len(value)))) // budget.CHARACTERS)
    return value[part]


def strip_tags(value: Any) -> str:
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


def concat(values: Iterable[Any]) -> str:
    parts = [str(value) if not isinstance(value, (dict, list)) else shown(value) for value in values]
    budget.spend(sum(map(budget.size, parts)))
    return "".join(parts)


def shown(value: Any) -> Any:
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


def jsonable(value: Any, deep: bool = True) -> Any:
    """A result as JSON: iterators and ranges become lists, mappings dicts. Raises ExpressionError for anything else.
    Without `deep` a dict or list is taken to be JSON already."""
    if isinstance(value, Undefined):
        str(value)  # raises, and names it
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        budget.spend(value.bit_length() // budget.BITS)
        return value
    if isinstance(value, str):
        budget.spend(len(value) // budget.CHARACTERS)
        return str(value)
    if not deep:
        return jsonable(value) if isinstance(value, Mapping) and not isinstance(value, dict) else value
    if isinstance(value, Mapping):
        budget.spend(1 + len(value))
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        budget.spend(1 + len(value))
        return [jsonable(item) for item in value]
    if hasattr(value, "__iter__"):
        return [jsonable(item) for item in budget.counted(value)]
    raise ExpressionError(f"its result, {type(value).__name__}, is no JSON value")


def compared(value: Any) -> Any:
    budget.measure(value)
    return value


def among(values: Any) -> Any:
    """The right side of `in`; a key of an object is found without looking at all of it."""
    if not isinstance(values, Mapping):
        if hasattr(values, "__next__"):
            return budget.counted(values)
        budget.measure(values)
    return values


def iterable(values: Any) -> Any:
    if isinstance(values, Undefined):
        str(values)  # raises, and names it
    return values
