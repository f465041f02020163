"""The tools of an agent: their calls, the people who are asked first, the limits, and what is shown of it all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import ToolException

from pipelit.errors import Cancelled, PipelitError

from .._calls import current_call
from ..base import Answer, Ctx, Effect, Waiting
from ._messages import dump

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

RESULT_LIMIT = 100_000
"""Characters of a result that the model is shown."""
EVENT_LIMIT = 2048
"""Characters of a result or an argument in a live event."""
SECRET = re.compile(r"pass(word|wd|phrase)?$|secret|token|api_?key|authorization|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """A tool call that a model asks for. `key` names its sub-step; `problem` is why its arguments cannot be read."""

    key: str
    id: str
    name: str
    arguments: Mapping[str, Any]
    problem: str = ""


def calls_of(message: BaseMessage, index: int) -> list[Call]:
    """The calls in the model's message number `index`, those with unreadable arguments last."""
    if not isinstance(message, AIMessage):
        return []
    good: list[tuple[str | None, str, Mapping[str, Any], str]] = [
        (call["id"], call["name"], call["args"], "") for call in message.tool_calls
    ]
    bad: list[tuple[str | None, str, Mapping[str, Any], str]] = [
        (call["id"], call["name"] or "", {}, f"The arguments are no JSON object: {(call['args'] or '')[:500]}")
        for call in message.invalid_tool_calls
    ]
    return [
        Call(f"tool[{index}.{number}]", call_id or f"call_{index}_{number}", name, arguments, problem)
        for number, (call_id, name, arguments, problem) in enumerate([*good, *bad])
    ]


class Toolbox:
    def __init__(self, ctx: Ctx, approval: Sequence[str], limit: int | None) -> None:
        self._ctx = ctx
        self._approval = frozenset(approval)
        self._limit = limit
        self._answers: dict[str, Answer] = {}

    @cached_property
    def tools(self) -> list[BaseTool]:
        """What is attached; a name that two tools share gets the second one's node id."""
        found: dict[str, BaseTool] = {}
        for tool in self._ctx.tools():
            if tool.name in found:
                tool.name = f"{tool.name}_{(tool.metadata or {}).get('node_id', len(found))}"[:64]
            found[tool.name] = tool
        return list(found.values())

    def ask_people(self, calls: Sequence[Call]) -> None:
        """Have people confirm the calls that need it: all questions of a round at once. Raises Waiting."""
        waiting: Waiting | None = None
        for call in calls:
            if call.problem or not ({call.name, "*"} & self._approval):
                continue
            shown = json.dumps(masked(call.arguments), ensure_ascii=False, default=str)
            try:
                self._answers[call.key] = self._ctx.wait_for(
                    "approval", prompt=f"May the agent call {call.name} with {shown}?", key=call.key
                )
            except Waiting as wait:
                waiting = wait
        if waiting is not None:
            raise waiting

    def call(self, call: Call, made: int) -> Any:
        """The result as a dumped tool message. `made` is how often the tool was called before in this turn."""
        tool = next((tool for tool in self.tools if tool.name == call.name), None)
        refusal = self._refusal(call, tool, made)
        effect = Effect.PURE if refusal or tool is None else Effect((tool.metadata or {}).get("effect", Effect.UNSAFE))

        def work() -> dict[str, Any]:
            self._tell(call, tool, "running")
            result, failed = (refusal, True) if refusal or tool is None else self._run(call, tool)
            self._tell(call, tool, "failed" if failed else "success", result)
            message = ToolMessage(result, tool_call_id=call.id, name=call.name, status="error" if failed else "success")
            return {"message": dump(message)}

        inputs = {"name": call.name, "arguments": call.arguments}
        return self._ctx.substep(call.key, work, effect=effect, inputs=inputs)["message"]

    def _refusal(self, call: Call, tool: BaseTool | None, made: int) -> str:
        """Why the call is not made; "" if it is."""
        if tool is None:
            names = ", ".join(tool.name for tool in self.tools) or "none"
            return f"There is no tool {call.name!r}. There are: {names}."
        if call.problem:
            return call.problem
        if self._limit is not None and made >= self._limit:
            return f"The tool {call.name} may be called {self._limit} times at most. Answer with what you have."
        answer = self._answers.get(call.key)
        if answer is not None and answer.decision != "confirmed":
            return f"A person refused this call{': ' + answer.comment if answer.comment else '.'}"
        return ""

    def _run(self, call: Call, tool: BaseTool) -> tuple[str, bool]:
        """The result as text, and whether the tool failed. What the agent can react to becomes a result."""
        token = current_call.set(call.key)
        try:
            result = tool.invoke(dict(call.arguments))
        except Cancelled:
            raise
        except PipelitError as error:
            return f"Error: {error.detail}", True
        except (ToolException, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
            return f"Error: {type(error).__name__}: {error}"[:RESULT_LIMIT], True
        finally:
            current_call.reset(token)
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
        if len(text) > RESULT_LIMIT:
            text = f"{text[:RESULT_LIMIT]}\n[cut off: {len(text)} characters in all]"
        return text, False

    def _tell(self, call: Call, tool: BaseTool | None, status: str, result: str | None = None) -> None:
        data: dict[str, Any] = {
            "agent_node_id": self._ctx.node_id,
            "tool_node_id": (tool.metadata or {}).get("node_id") if tool else None,
            "call": call.key,
            "name": call.name,
            "arguments": masked(call.arguments),
            "status": status,
        }
        if result is not None:
            data["result"] = result[:EVENT_LIMIT]
            data["truncated"] = len(result) > EVENT_LIMIT
        self._ctx.emit("tool_status", data)


def masked(value: Any) -> Any:
    """Arguments fit to be shown: what is named like a secret is hidden, long texts are cut."""
    if isinstance(value, Mapping):
        return {name: "***" if SECRET.search(str(name)) else masked(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    if isinstance(value, str) and len(value) > EVENT_LIMIT:
        return value[:EVENT_LIMIT] + "..."
    return value
