from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import _json_schema
from .._text import Text
from ..base import Attachment, Category, Component, Ctx, DataType, Effect, Family, Port, field
from ._model_fields import AIConfig


class LLMConfig(AIConfig):
    prompt: Text = field(
        "",
        title="Prompt",
        help="What the model is asked. Empty: the text that the edge brings.",
        widget="textarea",
        expression=True,
        max_length=1_000_000,
    )
    output_schema: dict[str, Any] | None = field(
        None,
        title="Output schema",
        help="A JSON Schema that the answer must fit; it is then found in data.",
        widget="json_schema",
    )


class LLM(Component):
    """Asks a model once.

    `output` is the text of the answer. With an output schema the answer is JSON that fits it: `data` holds it as a
    value, `output` as text; an answer that does not fit is sent back once, then the step fails with `model_error`.
    """

    type = "llm"
    label = "Ask a model"
    category = Category.AI
    family = Family.AI
    icon = "message-square-text"
    effect = Effect.IDEMPOTENT
    inputs = (
        Port("prompt", DataType.STRING, required=True, description="What the model is asked.", filled_by=("prompt",)),
    )
    outputs = (
        Port("output", DataType.STRING, description="The text of the answer."),
        Port("data", DataType.OBJECT, description="With an output schema: the answer as a value."),
    )
    attachments = (Attachment("llm", required=True, many=False, description="The model, unless the node names one."),)
    Config = LLMConfig
    example = {
        "config": {"prompt": "Who are you?", "system_prompt": "You are Pip."},
        "inputs": {"prompt": "Who are you?"},
        "llm": ["I am Pip."],
        "output": {"output": "I am Pip.", "data": None},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return _json_schema.field_faults(config, "output_schema")

    def run(self, ctx: Ctx, config: LLMConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        from langchain_core.messages import HumanMessage  # takes long to import; needed in workers only

        from . import _messages, _structured

        question = [HumanMessage(inputs.get("prompt") or "")]
        if config.output_schema:
            data, _ = _structured.extract(
                ctx.llm(), question, config.output_schema, name="answer", prompt=config.system_prompt
            )
            return {"output": json.dumps(data, ensure_ascii=False), "data": data}
        message = _messages.ask(ctx.llm(), [*_messages.system(config.system_prompt), *question])
        return {"output": _messages.words(message), "data": None}
