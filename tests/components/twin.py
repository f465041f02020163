"""A twin of the world: `Ctx` without a database, a queue or a network, for tests of components."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

from apps.workflows import expressions
from apps.workflows.components import registry
from apps.workflows.components.base import Answer, Component, Effect, Source, Waiting
from pipelit import sandbox as isolation
from pipelit.errors import ConfigError
from pipelit.results import HttpResponse

Reply = str | Mapping[str, Any] | Exception
"""What the scripted model answers: a text, `{"content"?, "tool_calls"?: [{"name", "args"}]}`, or an error."""


class ScriptedModel(BaseChatModel):
    """Answers from a list, streamed word by word; keeps what it was asked and which tools it was given."""

    replies: list[Any]
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    tools: list[Any] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any) -> Runnable[Any, Any]:
        self.tools[:] = tools
        return self.bind(tool_choice=tool_choice)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.asked.append(list(messages))
        self.options.append(kwargs)
        assert self.replies, "the model was asked more often than the script knows"
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        said = {"content": reply} if isinstance(reply, str) else reply
        for number, word in enumerate(said.get("content", "").split(" ")):
            yield ChatGenerationChunk(message=AIMessageChunk(f" {word}" if number else word))
        chunks = [
            ToolCallChunk(
                name=c["name"], args=_arguments(c["args"]), id=c.get("id", f"c{n}"), index=n, type="tool_call_chunk"
            )
            for n, c in enumerate(said.get("tool_calls", []))
        ]
        yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=chunks, chunk_position="last"))

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        whole: Any = None
        for chunk in self._stream(messages, **kwargs):
            whole = chunk.message if whole is None else whole + chunk.message
        return ChatResult(generations=[ChatGeneration(message=AIMessage(whole.content, tool_calls=whole.tool_calls))])


def _arguments(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


class CannedHttp:
    """Answers from a list of `{"status", "headers", "body"}`; keeps the requests."""

    def __init__(self, responses: Sequence[Any]) -> None:
        self.responses = list(responses)
        self.requests: list[dict[str, Any]] = []

    def request(self, method: str, url: str, **options: Any) -> HttpResponse:
        self.requests.append({"method": method, "url": url, **options})
        canned = self.responses.pop(0)
        if isinstance(canned, Exception):
            raise canned
        body = canned.get("body", b"")
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return HttpResponse(
            canned.get("status", 200), canned.get("headers", {}), body, canned.get("truncated", False), url
        )


class FakeCtx:
    """`Ctx` on lists and dicts. `journal` and `answers` outlive a run: `replay()` is the world after a restart."""

    node_id = "node"
    step_key = "node"
    idempotency_key = "run:node:1"
    cancelled = False

    def __init__(
        self,
        *,
        scope: Mapping[str, Any] | None = None,
        sources: Sequence[tuple[str, Any]] = (),
        llm: Sequence[Reply] = (),
        http: Sequence[Any] = (),
        answers: Mapping[str, Answer] | None = None,
        children: Mapping[str, Any] | None = None,
        tools: Sequence[BaseTool] = (),
        credentials: Mapping[int, Mapping[str, Any]] | None = None,
        history: Sequence[BaseMessage] = (),
        parser: Callable[[str], Any] | None = None,
    ) -> None:
        self.scope = {"trigger": {"text": "", "payload": {}}, "node_outputs": {}, "vars": {}, **(scope or {})}
        self.trigger = self.scope["trigger"]
        self.sources = [Source(name, value, {"output": value}) for name, value in sources]
        self.model = ScriptedModel(replies=list(llm))
        self.http = CannedHttp(http)
        self.answers = dict(answers or {})
        self.children = dict(children or {})
        self.attached = list(tools)
        self.credentials = dict(credentials or {})
        self.past = list(history)
        self.output_parser = parser
        self.journal: dict[str, Mapping[str, Any]] = {}
        self.effects: dict[str, Effect] = {}
        self.waits: dict[str, dict[str, Any]] = {}
        self.spawned: list[tuple[str, Mapping[str, Any], str, bool]] = []
        self.logged: list[str] = []
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.slept: list[float] = []
        self.remembered: list[BaseMessage] = []
        self.replies: list[str] = []

    @property
    def sandbox(self) -> Any:
        """The real one: components are tested with what isolates them."""
        reason = isolation.unavailable_reason()
        if reason:
            pytest.skip(f"this host cannot isolate code: {reason}")
        return isolation.sandbox()

    def lookup(self, path: str) -> Any:
        return expressions.lookup(self.scope, path)

    def log(self, text: str) -> None:
        self.logged.append(text)

    def emit(self, event: str, data: Mapping[str, Any]) -> None:
        json.dumps(data)
        self.events.append((event, data))

    def llm(self) -> BaseChatModel:
        return self.model

    def tools(self) -> list[BaseTool]:
        return self.attached

    def parser(self) -> Callable[[str], Any] | None:
        return self.output_parser

    def credential(self, credential_id: int) -> Mapping[str, Any]:
        if credential_id not in self.credentials:
            raise ConfigError(f"There is no credential {credential_id}.")
        return self.credentials[credential_id]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def wait_for(
        self,
        kind: str,
        *,
        prompt: str = "",
        schema: Mapping[str, Any] | None = None,
        assignees: Sequence[str] = (),
        until: dt.datetime | None = None,
        on_expiry: str | None = None,
        quorum: int = 1,
        bot: int | None = None,
        key: str = "",
    ) -> Answer:
        wait = {
            "kind": kind,
            "prompt": prompt,
            "schema": schema,
            "assignees": list(assignees),
            "until": until,
            "on_expiry": on_expiry,
            "quorum": quorum,
            "bot": bot,
        }
        self.waits.setdefault(key, wait)
        if key in self.answers:
            return self.answers[key]
        raise Waiting

    def spawn(
        self, workflow: str, payload: Mapping[str, Any], *, text: str = "", wait: bool = True, key: str = ""
    ) -> Any:
        json.dumps(payload)
        self.spawned.append((workflow, payload, text, wait))
        if not wait:
            return f"execution-of-{workflow}"
        if workflow not in self.children:
            raise Waiting
        return self.children[workflow]

    def substep(
        self,
        key: str,
        run: Callable[[], Mapping[str, Any]],
        *,
        effect: Effect = Effect.IDEMPOTENT,
        inputs: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        if key not in self.journal:
            self.effects[key] = effect
            self.journal[key] = json.loads(json.dumps(run(), allow_nan=False))
        return self.journal[key]

    def history(self) -> list[BaseMessage]:
        return self.past

    def remember(self, messages: Sequence[BaseMessage]) -> None:
        self.remembered = list(messages)

    def reply(self, text: str, *, status: int = 200, content_type: str = "text/plain") -> bool:
        self.replies.append(text)
        return True

    def replay(self) -> FakeCtx:
        """The same step in another process: what was journalled and answered is there, nothing else."""
        again = FakeCtx(scope=self.scope, tools=self.attached, history=self.past, answers=self.answers)
        again.sources, again.model, again.journal, again.waits = self.sources, self.model, self.journal, self.waits
        return again


def component(component_type: str) -> Component:
    return registry.get(component_type)


def config_of(kind: Component, flat: Mapping[str, Any], scope: Mapping[str, Any]) -> Any:
    """The config as the engine makes it: strings of expression fields rendered, then validated."""
    rendered = dict(flat)
    for name, info in kind.Config.model_fields.items():
        wire = info.alias or name
        extra = info.json_schema_extra
        if wire in rendered and isinstance(extra, dict) and extra.get("expression"):
            rendered[wire] = expressions.render(rendered[wire], scope)
    return kind.Config.model_validate(rendered)


def run(
    component_type: str, config: Mapping[str, Any] | None = None, ctx: FakeCtx | None = None, **inputs: Any
) -> dict[str, Any]:
    """Run a component once; config fields fill ports as in the engine."""
    kind, world = component(component_type), ctx or FakeCtx()
    parsed = config_of(kind, config or {}, world.scope)
    values: dict[str, Any] = {port.name: None for port in kind.inputs} | inputs
    for port in kind.inputs:
        given = getattr(parsed, port.filled_by[0], None) if port.filled_by else None
        if given not in (None, ""):
            values[port.name] = given
    answered = kind.run(world, parsed, values)
    json.dumps(answered, allow_nan=False)
    return answered


def tool_of(component_type: str, config: Mapping[str, Any] | None = None, ctx: FakeCtx | None = None) -> BaseTool:
    """The one tool that a component offers an agent."""
    kind, world = component(component_type), ctx or FakeCtx()
    (tool,) = kind.tools(world, config_of(kind, config or {}, world.scope))
    return tool


def human(text: str) -> dict[str, Any]:
    return {"type": "human", "data": {"content": text}}
