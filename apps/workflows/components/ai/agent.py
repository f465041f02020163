from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _json_schema
from .._text import Text
from ..base import Attachment, Category, Component, Ctx, DataType, Effect, Family, Port, field
from ._model_fields import AIConfig


class AgentConfig(AIConfig):
    input_template: Text = field(
        "",
        title="Input",
        help="What the agent is asked, such as {{ trigger.text }}. Empty: the messages that the edge brings.",
        widget="textarea",
        expression=True,
        max_length=1_000_000,
    )
    conversation_memory: bool = field(
        True, title="Conversation memory", help="In a chat: know what was said before, and add this turn to it."
    )
    max_iterations: int = field(
        15, title="Most model calls", help="An agent that still wants tools after so many calls fails.", ge=1, le=100
    )
    tool_call_limit: int | None = field(
        None, title="Most calls per tool", help="Further calls of a tool are refused. Empty: no limit.", ge=1, le=1000
    )
    tool_approval: list[str] = field(
        list,
        title="Ask before",
        help="Names of tools whose calls a person must confirm first; * means all.",
        widget="tools",
        max_length=100,
    )
    output_schema: dict[str, Any] | None = field(
        None,
        title="Output schema",
        help="A JSON Schema that the final answer must fit; it is then found in data.",
        widget="json_schema",
    )
    context_window: int = field(
        32_000,
        title="Context window",
        help="Tokens of conversation that the model is shown; older turns are left out whole.",
        ge=500,
        le=10_000_000,
    )


class Agent(Component):
    """A model that works with tools until it has an answer.

    Attach a model (`llm` edge) and tools (`tool` edges). In each round the model either calls tools, whose results it
    then sees, or gives its answer: `output`. Each model call and each tool call is recorded for itself, so a crash
    repeats none that has ended. A tool that fails tells the model so; it may try something else.

    With *Ask before*, a person confirms calls of the named tools first; the execution parks meanwhile. With
    *Conversation memory*, the agent knows what was said before in the same chat. Only the final answer enters the
    conversation, tool calls do not.
    """

    type = "agent"
    label = "Agent"
    category = Category.AI
    family = Family.AI
    icon = "bot"
    effect = Effect.IDEMPOTENT
    default_timeout = 900.0
    inputs = (
        Port(
            "messages",
            DataType.MESSAGES,
            required=True,
            description="What the agent is asked.",
            filled_by=("input_template",),
        ),
    )
    outputs = (
        Port("messages", DataType.MESSAGES, description="This turn: what came in, and the final answer."),
        Port("output", DataType.STRING, description="The final answer."),
        Port("data", DataType.OBJECT, description="The answer as a value, with an output schema."),
    )
    attachments = (
        Attachment("llm", required=True, many=False, description="The model, unless the node itself names one."),
        Attachment("tool", description="What the agent can do."),
        Attachment("memory", description="What the agent remembers."),
        Attachment("output_parser", many=False, description="Makes a value of the final answer."),
    )
    Config = AgentConfig
    example = {
        "config": {"system_prompt": "You are terse.", "conversation_memory": False},
        "inputs": {"messages": [{"type": "human", "data": {"content": "What is 6 * 7?"}}]},
        "llm": [{"tool_calls": [{"name": "calculator", "args": {"expression": "6 * 7"}}]}, "42"],
        "tools": [{"type": "calculator", "config": {}}],
        "output": {"output": "42", "data": None},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return _json_schema.field_faults(config, "output_schema")

    def run(self, ctx: Ctx, config: AgentConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        from . import _react  # takes long to import; needed in workers only

        return _react.answer(ctx, config, inputs.get("messages"))
