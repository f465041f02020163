from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from pipelit.errors import ConfigError

from .._text import Text
from ..base import Category, Component, Ctx, DataType, Effect, Family, Port, StepConfig, field
from . import _arithmetic
from ._tool import tool

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


class CalculatorConfig(StepConfig):
    expression: Text = field(
        "",
        title="Calculation",
        help="Such as (3 + 4) * 2 ** 8 or round(sqrt(2), 3). Empty: the text that the edge brings.",
        expression=True,
        max_length=_arithmetic.MAX_LENGTH,
    )


class CalculatorArguments(BaseModel):
    expression: str = Field(description="Arithmetic, such as (3 + 4) * 2 ** 8 or round(sqrt(2), 3).")


class Calculator(Component):
    """Arithmetic: `+ - * / // % **`, brackets, comparisons, `pi`, `e`, and the functions `abs round min max sum sqrt
    floor ceil log log2 log10 exp sin cos tan radians degrees`.

    Numbers only, no code: powers and sizes are bounded. Attached to an agent, the agent gives the calculation.
    """

    type = "calculator"
    label = "Calculator"
    category = Category.TOOL
    family = Family.TOOL
    icon = "calculator"
    attaches_as = "tool"
    inputs = (Port("input", DataType.ANY, description="The calculation as text.", filled_by=("expression",)),)
    outputs = (Port("output", DataType.ANY, description="The result, a number."),)
    Config = CalculatorConfig
    quick = True
    example = {
        "config": {"expression": "(3 + 4) * 2 ** 3"},
        "inputs": {"input": "(3 + 4) * 2 ** 3"},
        "output": {"output": 56},
    }

    def run(self, ctx: Ctx, config: CalculatorConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        given = inputs.get("input")
        if isinstance(given, (int, float)):
            return {"output": given}
        if not isinstance(given, str) or not given.strip():
            raise ConfigError(f'The calculator "{ctx.node_id}" was given no calculation but {given!r}.')
        return {"output": _arithmetic.evaluate(given)}

    def tools(self, ctx: Ctx, config: CalculatorConfig) -> list[BaseTool]:
        def call(expression: str) -> Any:
            return _arithmetic.evaluate(expression)

        return [tool(ctx, "calculator", "Work out arithmetic exactly.", CalculatorArguments, call, Effect.PURE)]
