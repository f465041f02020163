from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field


class SetConfig(StepConfig):
    values: dict[str, Any] = field(
        dict,
        title="Values",
        help="Names and values. One whole expression keeps its type; mixed with text it becomes a text.",
        widget="key_value",
        expression=True,
    )


class Set(Component):
    """Makes an object of named values.

    `{"total": "{{ calc.output.n }}"}` keeps the number a number; `"n = {{ calc.output.n }}"` is a text. Values may be
    nested lists and objects.
    """

    type = "set"
    label = "Set values"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "pencil-line"
    inputs = (Port("input", DataType.ANY, description="What comes in; expressions may name any earlier step."),)
    outputs = (Port("output", DataType.OBJECT, description="The object."),)
    Config = SetConfig
    quick = True
    example = {
        "config": {"values": {"n": "{{ calc.output }}", "text": "n={{ calc.output }}", "one": 1}},
        "scope": {"calc": {"output": 42}},
        "output": {"output": {"n": 42, "text": "n=42", "one": 1}},
    }

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        values = config.get("values")
        is_nameless = isinstance(values, Mapping) and any(not name.strip() for name in values)
        return [("values", "A value has no name.")] if is_nameless else []

    def run(self, ctx: Ctx, config: SetConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"output": config.values}
