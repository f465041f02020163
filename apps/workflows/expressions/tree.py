"""What a template may hold, and how it is made to pay before it is compiled."""

from __future__ import annotations

import sys
from typing import Any, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from pipelit.errors import ExpressionError

from . import budget

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
MAX_NODES = 5_000
LARGEST = sys.float_info.max
TOO_LARGE = "a number in it is too large"


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
        if isinstance(node, nodes.Const) and isinstance(node.value, (int, float)) and abs(node.value) > LARGEST:
            raise ExpressionError(TOO_LARGE)
    found: nodes.Template = _Count().visit(tree)
    return found
