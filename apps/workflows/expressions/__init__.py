"""Expressions: Jinja2 in an immutable sandbox with counted budgets, over JSON values. Pure: no Django, no I/O.

A value that is one whole expression keeps its type; mixed with text it is a string. What is not there is an error that
names it, unless `default` or `is defined` is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from pipelit.errors import ExpressionError

from .budget import limited
from .sandbox import ENVIRONMENT, checked, jsonable
from .tree import TOO_LARGE

__all__ = ["is_expression", "lookup", "names", "paths", "rename", "render", "syntax_error"]

MAX_SOURCE = 100_000
"""Characters of one template."""
MARKS = ("{{", "{%", "{#")
_PATH = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_0-9]\w*)*)\s*\}\}")
_CONSTANTS = frozenset({"true", "false", "none", "True", "False", "None"})
_LEXER = ENVIRONMENT.overlay(keep_trailing_newline=True)
_TOO_DEEP = (RecursionError, MemoryError, SyntaxError)
"""What Python says of a template that is nested too deeply for its own compiler."""
_FAILURES = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, AssertionError)


def is_expression(value: Any) -> bool:
    """Whether there is an expression in a string, or anywhere in an object or list."""
    if isinstance(value, str):
        return any(mark in value for mark in MARKS)
    if isinstance(value, Mapping):
        return any(is_expression(item) for item in value.values())
    return isinstance(value, list) and any(is_expression(item) for item in value)


def render(value: Any, scope: Mapping[str, Any]) -> Any:
    """Render all strings in a value, however deep. Raises ExpressionError that names the expression and the cause."""
    if isinstance(value, str):
        return _render_text(value, scope) if is_expression(value) else value
    if isinstance(value, Mapping):
        return {name: render(item, scope) for name, item in value.items()}
    if isinstance(value, list):
        return [render(item, scope) for item in value]
    return value


def _render_text(source: str, scope: Mapping[str, Any]) -> Any:
    plain = _PATH.fullmatch(source.strip())
    if plain and plain[1] not in _CONSTANTS:
        try:
            return lookup(scope, plain[1])
        except LookupError as error:
            raise _failure(source, error.args[0]) from None
    with limited():
        try:
            compiled = _compile(source)
            context = compiled.template.new_context({name: scope[name] for name in compiled.names if name in scope})
            if compiled.whole:
                for _ in compiled.template.root_render_func(context):
                    pass
                return jsonable(context.vars["result"])
            return "".join(compiled.template.root_render_func(context))
        except ExpressionError as error:
            raise _failure(source, error.detail) from None
        except _FAILURES as error:
            cause = getattr(error, "message", None) or str(error) or type(error).__name__
            raise _failure(source, cause) from None
        except _TOO_DEEP:
            raise _failure(source, "it is nested too deeply, or its result is too large") from None


class _Compiled:
    __slots__ = ("names", "template", "whole")

    def __init__(self, source: str) -> None:
        tree = checked(_tree(source.strip()))
        self.names = frozenset(find_undeclared_variables(tree))
        expression = _whole(tree)
        self.whole = expression is not None
        if expression is not None:
            assign = nodes.Assign(nodes.Name("result", "store", lineno=1), expression, lineno=1)
            tree = nodes.Template([assign], lineno=1)
            tree.set_environment(ENVIRONMENT)
        else:
            tree = checked(_tree(source))
        self.template: Template = ENVIRONMENT.from_string(tree)


@lru_cache(maxsize=2048)
def _compile(source: str) -> _Compiled:
    return _Compiled(source)


def _whole(tree: nodes.Template) -> nodes.Expr | None:
    """The expression, if the template is nothing else."""
    if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) and len(tree.body[0].nodes) == 1:
        found = tree.body[0].nodes[0]
        return None if isinstance(found, nodes.TemplateData) else found
    return None


def _tree(source: str) -> nodes.Template:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"it has {len(source)} characters; the limit is {MAX_SOURCE}")
    try:
        return ENVIRONMENT.parse(source)
    except ValueError:  # of a whole number with more digits than Python reads
        raise ExpressionError(TOO_LARGE) from None


def _failure(source: str, cause: str) -> ExpressionError:
    shown = source if len(source) <= 200 else source[:200] + "..."
    return ExpressionError(f"The expression {shown} cannot be evaluated: {cause}.")


def lookup(scope: Mapping[str, Any], path: str) -> Any:
    """The JSON value at a dotted path; list indexes are allowed, a key comes before anything else. Raises LookupError
    with a sentence that names the missing part."""
    value: Any = scope
    parts = path.strip().split(".")
    for index, part in enumerate(parts):
        try:
            if isinstance(value, Mapping):
                value = value[part]
            elif isinstance(value, (list, tuple)) and re.fullmatch(r"-?\d+", part):
                value = value[int(part)]
            else:
                raise KeyError(part)
        except (KeyError, IndexError):
            raise LookupError(f"{'.'.join(parts[: index + 1])!r} is undefined") from None
    return jsonable(value, deep=False)


def syntax_error(template: str) -> str | None:
    """What is wrong with a template, in a sentence; None if it parses. Evaluates nothing."""
    if not is_expression(template):
        return None
    try:
        _compile(template)
    except TemplateSyntaxError as error:
        return f"Line {error.lineno}: {error.message}"
    except ExpressionError as error:
        return error.detail
    except _TOO_DEEP:
        return "It is nested too deeply."
    return None


def names(template: str) -> set[str]:
    """The top-level names that a template uses; raises ExpressionError if it does not parse."""
    return _free(_parse(template), template)


def paths(template: str) -> set[str]:
    """The dotted paths that a template uses, as far as they are written out: `calc.output.n`."""
    tree = _parse(template)
    free = _free(tree, template)
    found = set()
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        path = _path_of(node)
        if path is not None and id(node) not in inner and path[0] in free:
            found.add(".".join(path))
        if path is not None and isinstance(node, (nodes.Getattr, nodes.Getitem)):
            inner.add(id(node.node))
    return found


def _path_of(node: nodes.Node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        left = _path_of(node.node)
        return None if left is None else [*left, node.attr]
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        left = _path_of(node.node)
        return None if left is None else [*left, str(node.arg.value)]
    return None


def rename(template: str, old: str, new: str) -> str:
    """The template with the node id `old` replaced where it is a name (also below `node_outputs`, `inputs` and
    `execution.callback_urls`)."""
    try:
        if old not in template or syntax_error(template) is not None:
            return template
        tokens = list(_LEXER.lex(template))
    except TemplateError:
        return template
    written: list[str] = []
    recent = ["", "", "", ""]
    """The last four tokens that are not white space."""
    depth = 0
    for index, (_, kind, text) in enumerate(tokens):
        below = recent[2] in ("node_outputs", "inputs") and recent[1] != "."
        below = below or recent[:3] == ["execution", ".", "callback_urls"]
        if kind == "name" and text == old:
            argument = depth > 0 and _next(tokens, index) == "="
            named = recent[3] in ("|", "is") or recent[2:] == ["is", "not"]  # a filter or a test
            if (recent[3] != "." or below) and not argument and not named:
                text = new
        elif kind == "string" and text[1:-1] == old and recent[3] == "[" and below:
            text = f"{text[0]}{new}{text[-1]}"
        elif kind == "operator":
            depth += (text == "(") - (text == ")")
        written.append(text)
        if kind != "whitespace":
            recent = [*recent[1:], text]
    return "".join(written)


def _next(tokens: list[tuple[int, str, str]], index: int) -> str:
    return next((text for _, kind, text in tokens[index + 1 :] if kind != "whitespace"), "")


def _free(tree: nodes.Template, template: str) -> set[str]:
    try:
        return set(find_undeclared_variables(tree))
    except TemplateError as error:
        raise _failure(template, str(error)) from None
    except _TOO_DEEP:
        raise _failure(template, "it is nested too deeply") from None


def _parse(template: str) -> nodes.Template:
    try:
        return _tree(template)
    except TemplateError as error:
        raise _failure(template, str(error)) from None
    except _TOO_DEEP:
        raise _failure(template, "it is nested too deeply") from None
