from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipelit.errors import ConfigError, UserError

from ..base import Attachment, Category, Component, Ctx, DataType, Effect, Family, Port, field
from ._model_fields import AIConfig

TOOL = "categorize"


class CategoryOption(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        title="Name", description="The category; a switch compares _route with it.", min_length=1, max_length=100
    )
    description: str = Field("", title="Description", description="What belongs to it.", max_length=2000)


class CategorizerConfig(AIConfig):
    categories: list[CategoryOption] = field(
        list, title="Categories", help="What the input may be.", widget="categories", expression=True, max_length=100
    )
    fallback: str = field(
        "",
        title="Fallback",
        help="The category to take if the model names none. Empty: the step fails.",
        max_length=100,
    )


class Categorizer(Component):
    """Has a model sort the input into one of your categories.

    A switch behind it decides by the field `_route`, which is the category. If the model's answer names no category, or
    several, the fallback is taken; without one the step fails with `model_error`. It never guesses.
    """

    type = "categorizer"
    label = "Categorizer"
    category = Category.AI
    family = Family.AI
    icon = "tags"
    effect = Effect.IDEMPOTENT
    inputs = (Port("messages", DataType.MESSAGES, required=True, description="What is sorted."),)
    outputs = (
        Port("category", DataType.STRING, description="The name of the category."),
        Port("confidence", DataType.NUMBER, description="0 to 1, as the model says; null if it does not say."),
        Port("raw", DataType.STRING, description="What the model answered."),
    )
    attachments = (Attachment("llm", required=True, many=False, description="The model, unless the node names one."),)
    Config = CategorizerConfig
    example = {
        "config": {"categories": [{"name": "billing", "description": "Money"}, {"name": "support"}]},
        "inputs": {"messages": [{"type": "human", "data": {"content": "Where is my invoice?"}}]},
        "llm": ['{"category": "billing", "confidence": 0.9}'],
        "output": {
            "category": "billing",
            "confidence": 0.9,
            "raw": '{"category": "billing", "confidence": 0.9}',
            "_route": "billing",
        },
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        categories = config.get("categories")
        if not categories:
            return [("categories", "Give at least one category.")]
        if not isinstance(categories, list):
            return []
        names = Counter(item.get("name") for item in categories if isinstance(item, Mapping))
        return [("categories", f"The category {name!r} is there twice.") for name, count in names.items() if count > 1]

    def route(self, outputs: Mapping[str, Any]) -> str | None:
        return outputs.get("category")

    def run(self, ctx: Ctx, config: CategorizerConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        from . import _messages, _structured  # they take long to import; needed in workers only

        if not config.categories:
            raise ConfigError(f'The categorizer "{ctx.node_id}" has no categories.')
        names = [option.name for option in config.categories]
        schema = _schema(names)
        model = _structured.bind(ctx.llm(), TOOL, schema)
        form = _structured.instruction(schema, TOOL)
        prompt = _messages.system(config.system_prompt, _instruction(config.categories), form)
        messages = _messages.without_tools(_messages.incoming(ctx, inputs.get("messages"), from_config=False))
        message = _messages.ask(model, [*prompt, *messages])
        value = _structured.value_in(message, TOOL, schema)
        raw = _messages.words(message) or (json.dumps(value) if isinstance(value, dict) else "")
        category, confidence = _read(value, raw, names)
        if category is None:
            if not config.fallback:
                raise UserError(
                    f'The model put the input of "{ctx.node_id}" into none of {", ".join(names)}. It said: '
                    f"{raw[:500]!r}. Describe the categories better, or set a fallback.",
                    code="model_error",
                )
            category, confidence = config.fallback, 0.0
        outputs = {"category": category, "confidence": confidence, "raw": raw}
        return {**outputs, "_route": self.route(outputs)}


def _schema(names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "category": {"type": "string", "enum": list(names)},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["category", "confidence"],
    }


def _instruction(options: Sequence[CategoryOption]) -> str:
    lines = [f"- {option.name}{': ' + option.description if option.description else ''}" for option in options]
    return "Sort the conversation into exactly one of these categories:\n" + "\n".join(lines)


def _read(value: Any, text: str, names: Sequence[str]) -> tuple[str | None, float | None]:
    """The category that an answer names, by JSON or in words, and the confidence it states."""
    if isinstance(value, dict) and "category" in value:
        return _known(value["category"], names), _confidence(value.get("confidence"))
    if isinstance(value, str):
        text = value
    found = _known(text, names)
    if found is None:
        named = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
        found = named[0] if len(named) == 1 else None
    return found, None


def _known(said: Any, names: Sequence[str]) -> str | None:
    if not isinstance(said, str):
        return None
    plain = said.strip().strip("\"'`*.").casefold()
    return next((name for name in names if name.casefold() == plain), None)


def _confidence(said: Any) -> float | None:
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        return None
    return min(max(float(said), 0.0), 1.0)
