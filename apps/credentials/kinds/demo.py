"""The demo model: built in, offline, deterministic. It streams, calls tools, reports usage, and can be scripted.

A script is a list of replies; the n-th call of a conversation (counted by the answers that it holds already) gets the
n-th reply, and after the last one it begins anew. So a replay gets what the first run got.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

ARITHMETIC = re.compile(r"\(*-?\d+(?:\.\d+)?(?:\s*[-+*/%^]\s*\(*-?\d+(?:\.\d+)?\)*)+")
PIECES = re.compile(r"\s*\S+\s*")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class DemoChatModel(BaseChatModel):
    """Answers from its `script`; without one, sums by a bound calculator, fills in schemas, else echoes."""

    model_name: str = "demo"
    script: Sequence[Any] = ()
    response_format: Any = None
    streaming: bool = True

    def model_post_init(self, context: Any, /) -> None:
        """`invoke` streams only if this was set, not by a default."""
        super().model_post_init(context)
        self.__pydantic_fields_set__.add("streaming")

    @property
    def _llm_type(self) -> str:
        return "demo"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | dict[str, Any] | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        specs = [convert_to_openai_tool(tool)["function"] for tool in tools]
        return self.bind(tools=specs, tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, calls = self.reply(messages, kwargs.get("tools") or [], kwargs.get("tool_choice"))
        message = AIMessage(
            text,
            tool_calls=[
                {"name": call["name"], "args": call["args"], "id": call["id"], "type": "tool_call"} for call in calls
            ],
            usage_metadata=usage(messages, text, calls),
            response_metadata={"model_name": self.model_name},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text, calls = self.reply(messages, kwargs.get("tools") or [], kwargs.get("tool_choice"))
        chunks = [AIMessageChunk(content=piece) for piece in PIECES.findall(text) or ([text] if text else [])]
        chunks += [
            AIMessageChunk(
                content="",
                tool_call_chunks=[
                    tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
                ],
            )
            for index, call in enumerate(calls)
        ]
        last = AIMessageChunk(
            content="",
            usage_metadata=usage(messages, text, calls),
            response_metadata={"model_name": self.model_name},
            chunk_position="last",
        )
        for chunk in [*chunks, last]:
            piece = ChatGenerationChunk(message=chunk)
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.content), chunk=piece)
            yield piece

    def reply(
        self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], choice: Any
    ) -> tuple[str, list[dict[str, Any]]]:
        """The text and the tool calls of the next answer."""
        number = sum(isinstance(message, AIMessage) for message in messages)
        if self.script:
            said = self.script[number % len(self.script)]
            if isinstance(said, str):
                return said, []
            return said.get("text", ""), [
                {"name": call["name"], "args": call.get("args", {}), "id": f"call_{number}_{index}"}
                for index, call in enumerate(said.get("tool_calls", []))
            ]
        asked = next((m.text for m in reversed(messages) if isinstance(m, HumanMessage)), "")
        forced = _forced(tools, choice)
        if forced is not None:
            args = fill(forced.get("parameters", {}), asked)
            return "", [{"name": forced["name"], "args": args, "id": f"call_{number}_0"}]
        if messages and isinstance(messages[-1], ToolMessage):
            return f"The result is {messages[-1].text}.", []
        calculator = next((tool for tool in tools if tool["name"] == "calculator"), None)
        sum_ = ARITHMETIC.search(asked)
        if calculator is not None and sum_ is not None:
            name = next(iter(calculator.get("parameters", {}).get("properties", {})), "expression")
            return "", [{"name": "calculator", "args": {name: sum_[0].strip()}, "id": f"call_{number}_0"}]
        if isinstance(self.response_format, Mapping) and self.response_format.get("type") == "json_schema":
            schema = self.response_format.get("json_schema", {}).get("schema", {})
            return json.dumps(fill(schema, asked), ensure_ascii=False), []
        if self.response_format == "json_object" or self.response_format == {"type": "json_object"}:
            return json.dumps({"text": asked}, ensure_ascii=False), []
        return f"You said: {asked}" if asked else "Hello! I am the demo model.", []


def fill(schema: Mapping[str, Any], text: str, root: Mapping[str, Any] | None = None) -> Any:
    """A value of this JSON Schema made from what the text holds: the name of an enum that it contains, a number."""
    root = schema if root is None else root
    if "$ref" in schema:
        return fill(reduce(lambda part, name: part[name], schema["$ref"].split("/")[1:], root), text, root)
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return fill(schema[union][0], text, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _named(schema["enum"], text)
    match schema.get("type"):
        case "object":
            return {name: fill(part, text, root) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [fill(schema.get("items", {}), text, root)] if schema.get("minItems") else []
        case "number" | "integer" as kind:
            found_number = NUMBER.search(text)
            number = float(found_number[0]) if found_number else float(schema.get("maximum", 1))
            number = max(number, schema.get("minimum", number))
            number = min(number, schema.get("maximum", number))
            return int(number) if kind == "integer" else number
        case "boolean":
            return bool(re.search(r"\b(yes|true|ok|sure)\b", text, re.IGNORECASE))
        case "null":
            return None
    return text


def usage(messages: Sequence[BaseMessage], text: str, calls: Sequence[Mapping[str, Any]]) -> UsageMetadata:
    """About four characters a token, as a rule of thumb has it."""
    given = sum(len(message.text) // 4 + 1 for message in messages)
    made = (len(text) + sum(len(json.dumps(call["args"])) + len(call["name"]) for call in calls)) // 4 + 1
    return UsageMetadata(input_tokens=given, output_tokens=made, total_tokens=given + made)


def _named(names: Sequence[Any], text: str) -> Any:
    """The name that the text mentions first, else the last one (where "other" usually is)."""
    lowered = text.casefold()
    places = [(lowered.find(str(name).casefold()), index) for index, name in enumerate(names)]
    mentioned = [place for place in places if place[0] >= 0]
    return names[min(mentioned)[1]] if mentioned else names[-1]


def _forced(tools: Sequence[Mapping[str, Any]], choice: Any) -> Mapping[str, Any] | None:
    """The tool that the caller insists on."""
    if not tools or choice in (None, False, "auto", "none"):
        return None
    name = choice.get("function", {}).get("name", choice.get("name")) if isinstance(choice, Mapping) else choice
    return next((tool for tool in tools if tool["name"] == name), tools[0])
