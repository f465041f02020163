from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelit.errors import ConfigError

from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field
from . import _jmespath


class TransformConfig(StepConfig):
    template: Any = field(
        None,
        title="Template",
        help="A Jinja2 template. One whole expression keeps its type; anything else gives a text.",
        widget="template",
        expression=True,
    )
    jmespath: str = field(
        "",
        title="JMESPath",
        help="Instead of a template: a JMESPath query over what comes in, such as items[?price > `10`].name.",
        widget="code",
        max_length=10_000,
    )


class Transform(Component):
    """Turns what comes in into something else: by one Jinja2 template, or by a JMESPath query.

    A template sees all earlier steps: `{% for r in rows.output %}{{ r.name }}, {% endfor %}`. A query sees the value
    that the edge brings and answers null where it finds nothing.
    """

    type = "transform"
    label = "Transform"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "wand-sparkles"
    inputs = (Port("input", DataType.ANY, description="What a JMESPath query looks into."),)
    outputs = (Port("output", DataType.ANY, description="The result."),)
    Config = TransformConfig
    quick = True
    example = {
        "config": {"jmespath": "items[?price > `10`].name"},
        "inputs": {"input": {"items": [{"name": "a", "price": 5}, {"name": "b", "price": 15}]}},
        "output": {"output": ["b"]},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        query = config.get("jmespath")
        if not query or not isinstance(query, str):
            return [] if config.get("template") is not None else [("template", "Give a template or a JMESPath query.")]
        if config.get("template"):
            return [("jmespath", "Give a template or a JMESPath query, not both.")]
        found = _jmespath.fault(query)
        return [("jmespath", found)] if found else []

    def run(self, ctx: Ctx, config: TransformConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if not config.jmespath:
            if "template" not in config.model_fields_set:
                raise ConfigError(f'The node "{ctx.node_id}" has neither a template nor a JMESPath query.')
            return {"output": config.template}
        return {"output": _jmespath.search(config.jmespath, inputs.get("input"))}
