"""Messages: what comes in, what a model may see of it, and one call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    message_chunk_to_message,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.runnables import Runnable

from pipelit.errors import ConfigError, UserError

from ..base import Ctx

Model = Runnable[LanguageModelInput, Any]


def incoming(ctx: Ctx, given: Any, *, from_config: bool) -> list[BaseMessage]:
    """The messages of this turn. Of a source that has a conversation or a text among its ports (a chat, a trigger)
    these count, not its JSON. `from_config`: a field of the node has filled the port."""
    if from_config or not ctx.sources:
        return load_all(given)
    return [message for source in ctx.sources for message in _of_source(source.value)]


def _of_source(value: Any) -> list[BaseMessage]:
    if isinstance(value, Mapping):
        if value.get("messages"):
            return load_all(value["messages"])
        if isinstance(value.get("text"), str) and value["text"]:
            return [HumanMessage(value["text"])]
    return load_all(value)


def load_all(value: Any) -> list[BaseMessage]:
    """Messages from their JSON form; any other value is one human message."""
    if value is None or value == "":
        return []
    if isinstance(value, list) and all(isinstance(item, dict) and {"type", "data"} <= item.keys() for item in value):
        try:
            return messages_from_dict(value)
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"The input holds what is no message: {error}") from error
    return [HumanMessage(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))]


def dump(message: BaseMessage) -> dict[str, Any]:
    """A message as plain JSON; what a provider added and JSON cannot hold becomes text."""
    plain: dict[str, Any] = json.loads(json.dumps(message_to_dict(message), default=str))
    return plain


def load(dumped: Any) -> BaseMessage:
    return messages_from_dict([dumped])[0]


def without_tools(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """What may be shown to another agent: no tool calls, no results of them, no foreign system prompts."""
    kept: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, (ToolMessage, SystemMessage)):
            continue
        if isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
            if not str(message.text).strip():
                continue
            message = AIMessage(str(message.text))
        kept.append(message)
    return kept


def trimmed(history: Sequence[BaseMessage], turn: Sequence[BaseMessage], limit: int) -> list[BaseMessage]:
    """The latest whole turns of the history that fit, with this turn, into `limit` tokens (counted roughly). A turn
    begins with a human message; this turn is always whole."""
    left = limit - count_tokens_approximately(turn)
    kept: list[BaseMessage] = []
    for past in reversed(_turns(history)):
        left -= count_tokens_approximately(past)
        if left < 0:
            break
        kept = [*past, *kept]
    return [*kept, *turn]


def _turns(history: Sequence[BaseMessage]) -> list[list[BaseMessage]]:
    """Whole turns; answers before the first question belong to none."""
    turns: list[list[BaseMessage]] = []
    for message in history:
        if isinstance(message, HumanMessage) and not (turns and isinstance(turns[-1][-1], HumanMessage)):
            turns.append([message])
        elif turns:
            turns[-1].append(message)
    return turns


def ask(model: Model, messages: Sequence[BaseMessage]) -> AIMessage:
    """One streamed call; raises UserError `model_error` for an answer that is none."""
    whole: Any = None
    for chunk in model.stream(list(messages)):
        whole = chunk if whole is None else whole + chunk
    if not isinstance(whole, AIMessage):
        raise UserError("The model sent no answer.", code="model_error")
    if isinstance(whole, AIMessageChunk):
        _refuse_cut_calls(whole)
    message = message_chunk_to_message(whole)
    assert isinstance(message, AIMessage)
    return message


def _refuse_cut_calls(whole: AIMessageChunk) -> None:
    """Move tool calls whose arguments are no whole JSON object (an answer cut off at its limit) to the invalid ones;
    LangChain would complete them by guessing."""
    cut = {chunk["id"]: chunk["args"] for chunk in whole.tool_call_chunks if not _is_object(chunk["args"])}
    for call in [call for call in whole.tool_calls if call["id"] in cut]:
        whole.tool_calls.remove(call)
        whole.invalid_tool_calls.append(
            {
                "type": "invalid_tool_call",
                "id": call["id"],
                "name": call["name"],
                "args": cut[call["id"]],
                "error": None,
            }
        )


def _is_object(text: str | None) -> bool:
    try:
        return isinstance(json.loads(text or "{}"), dict)
    except (ValueError, RecursionError):
        return False


def words(message: BaseMessage) -> str:
    """The text of a message, whatever blocks it is made of."""
    return str(message.text)


def system(*parts: str | None) -> list[BaseMessage]:
    """One system message of the parts that are not empty, or none."""
    text = "\n\n".join(part.strip() for part in parts if part and part.strip())
    return [SystemMessage(text)] if text else []
