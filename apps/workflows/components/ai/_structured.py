"""Answers that fit a JSON Schema: by a forced tool call where the model can, else by JSON in its text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from pipelit.errors import UserError

from .. import _json_schema
from ._messages import Model, ask, system, words

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NOTHING = object()
"""No value was found (None may be one)."""
CANDIDATES = 20
"""Places in a text where JSON is looked for."""


def instruction(schema: Mapping[str, Any], tool: str = "") -> str:
    """What the system prompt says about the form of the answer."""
    lead = f"Answer by calling the tool `{tool}`. If you cannot, answer" if tool else "Give your final answer"
    return f"{lead} with JSON alone, without any other words, that fits this JSON Schema:\n{json.dumps(schema)}"


def extract(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: Mapping[str, Any],
    *,
    name: str,
    prompt: str | None = None,
) -> tuple[Any, AIMessage]:
    """A value that fits `schema`, and the message that it came in. An answer that does not fit is sent back once with
    the reasons; then UserError `model_error`."""
    bound = bind(model, name, schema)
    talk = [*system(prompt, instruction(schema, name)), *messages]
    for _ in range(2):
        message = ask(bound, talk)
        value = value_in(message, name, schema)
        problems = ["there is no JSON in it"] if value is NOTHING else _json_schema.errors(schema, value)
        if not problems:
            return value, message
        said = words(message) or (json.dumps(value) if value is not NOTHING else "(nothing)")
        reasons = "; ".join(problems)
        talk += [AIMessage(said), HumanMessage(f"Your answer does not fit the schema: {reasons}. Answer again.")]
    raise UserError(f"The model's answer does not fit the schema: {reasons}. It said: {said[:500]}", code="model_error")


def bind(model: BaseChatModel, name: str, schema: Mapping[str, Any]) -> Model:
    """The model made to answer by one tool call; the model as it is where it has no tools."""
    function = {"name": name, "description": "Give the answer.", "parameters": _parameters(schema)}
    try:
        return model.bind_tools([{"type": "function", "function": function}], tool_choice=name)
    except NotImplementedError:
        return model


def value_in(message: AIMessage, name: str, schema: Mapping[str, Any]) -> Any:
    """The value that an answer holds: in its call of the tool, else as JSON in its text, else NOTHING."""
    for call in message.tool_calls:
        if call["name"] == name:
            arguments: Any = call["args"]
            return arguments if _is_object(schema) else arguments.get("value", NOTHING)
    return json_in(words(message))


def json_in(text: str) -> Any:
    """The first JSON object or array in a text (or the whole text, if it is JSON), else NOTHING."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass  # look for it among other words
    decoder = json.JSONDecoder()
    starts = [index for index, letter in enumerate(text) if letter in "{["][:CANDIDATES]
    for start in starts:
        try:
            return decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue
    return NOTHING


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def _parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Tools take objects: any other value travels as the member `value` of one."""
    if _is_object(schema):
        return {"type": "object", "properties": {}, **schema}
    return {"type": "object", "properties": {"value": dict(schema)}, "required": ["value"]}
