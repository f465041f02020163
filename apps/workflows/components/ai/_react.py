"""The agent's loop as a LangGraph graph of two nodes, model and tools.

Every model call and every tool call is a sub-step (`model[2]`, `tool[2.0]`): a replay after a crash or a wait walks the
same way again and is given the recorded results.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from pipelit.errors import UserError

from .. import _json_schema
from ..base import Ctx
from . import _messages, _structured
from ._toolbox import Toolbox, calls_of

if TYPE_CHECKING:
    from .agent import AgentConfig


class State(TypedDict):
    turn: Annotated[list[BaseMessage], operator.add]
    """This turn: what came in, then the model's messages and the tools' results."""
    calls: int
    """How often the model was called."""


@dataclass(frozen=True)
class Agent:
    """What one run of an agent works with."""

    ctx: Ctx
    config: AgentConfig
    toolbox: Toolbox
    history: Sequence[BaseMessage]

    def ask(self, index: int, turn: Sequence[BaseMessage]) -> BaseMessage:
        """The model's next message, as sub-step `model[index]`."""

        def call() -> dict[str, Any]:
            model = self.ctx.llm()
            tools = self.toolbox.tools
            bound: _messages.Model = model.bind_tools(tools) if tools else model
            shown = _messages.trimmed(self.history, turn, self.config.context_window)
            message = _messages.ask(bound, [*self._system(), *shown])
            for number, made in enumerate(message.tool_calls):
                made["id"] = made["id"] or f"call_{index}_{number}"  # some servers give none, but want one back
            return {"message": _messages.dump(message)}

        return _messages.load(self.ctx.substep(f"model[{index}]", call)["message"])

    def value(self, index: int, turn: Sequence[BaseMessage], text: str) -> Any:
        """The final answer as a value that fits the output schema; the model is asked again if it does not."""
        schema = self.config.output_schema
        if not schema:
            parse = self.ctx.parser()
            return parse(text) if parse else None
        found = _structured.json_in(text)
        if found is not _structured.NOTHING and not _json_schema.errors(schema, found):
            return found

        def call() -> dict[str, Any]:
            talk = [*_messages.without_tools(turn), HumanMessage("Give this answer in the form of the schema.")]
            prompt = self.config.system_prompt
            value, _ = _structured.extract(self.ctx.llm(), talk, schema, name="answer", prompt=prompt)
            return {"data": value}

        return self.ctx.substep(f"model[{index}]", call)["data"]

    def _system(self) -> list[BaseMessage]:
        schema = self.config.output_schema
        return _messages.system(self.config.system_prompt, _structured.instruction(schema) if schema else None)


def answer(ctx: Ctx, config: AgentConfig, given: Any) -> dict[str, Any]:
    """The outputs of the agent node."""
    incoming = _messages.without_tools(_messages.incoming(ctx, given, from_config=bool(config.input_template)))
    if not incoming:
        raise UserError(f'The agent "{ctx.node_id}" was asked nothing: its input is empty.', code="config_error")
    history = _messages.without_tools(ctx.history()) if config.conversation_memory else []
    agent = Agent(ctx, config, Toolbox(ctx, config.tool_approval, config.tool_call_limit), history)
    limits = {"recursion_limit": 2 * config.max_iterations + 5}
    end = graph().invoke({"turn": incoming, "calls": 0}, limits, context=agent)
    turn: list[BaseMessage] = end["turn"]
    text = _messages.words(turn[-1])
    data = agent.value(end["calls"], turn, text)
    final = AIMessage(text)
    if config.conversation_memory:
        ctx.remember([*(m for m in incoming if isinstance(m, HumanMessage)), final])
    return {"messages": [_messages.dump(m) for m in (*incoming, final)], "output": text, "data": data}


@cache
def graph() -> Any:
    """The compiled graph; one for all agents."""
    builder = StateGraph(State, context_schema=Agent)
    builder.add_node("model", _model)
    builder.add_node("tools", _tools)
    builder.add_edge(START, "model")
    builder.add_conditional_edges("model", _next, {"tools": "tools", END: END})
    builder.add_edge("tools", "model")
    return builder.compile(name="agent")


def _model(state: State, runtime: Runtime[Agent]) -> dict[str, Any]:
    agent, index = runtime.context, state["calls"]
    if index >= agent.config.max_iterations:
        raise UserError(
            f'The agent "{agent.ctx.node_id}" had no answer after {index} model calls, its limit (max_iterations).',
            code="limit_exceeded",
        )
    return {"turn": [agent.ask(index, state["turn"])], "calls": index + 1}


def _next(state: State) -> str:
    return "tools" if calls_of(state["turn"][-1], state["calls"] - 1) else END


def _tools(state: State, runtime: Runtime[Agent]) -> dict[str, Any]:
    toolbox, turn = runtime.context.toolbox, state["turn"]
    calls = calls_of(turn[-1], state["calls"] - 1)
    toolbox.ask_people(calls)
    made = Counter(message.name for message in turn if isinstance(message, ToolMessage))
    results: list[BaseMessage] = []
    for call in calls:
        results.append(_messages.load(toolbox.call(call, made[call.name])))
        made[call.name] += 1
    return {"turn": results}
