"""The world that a component sees: `ctx`, and what it hands out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pipelit.results import HttpResponse, SandboxResult

from .ports import Effect

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool


class Waiting(BaseException):
    """Raised by `ctx` inside `run`: the step waits; `run` is called again, from its start, when the answer is there.

    A BaseException so that no component swallows it.
    """


@dataclass(frozen=True)
class Answer:
    """What ended a wait: `decision` is `confirmed`, `cancelled`, `expired`, `fired` (timer) or `done` (child)."""

    decision: str
    data: Any = None
    comment: str = ""
    by: str = ""


@dataclass(frozen=True)
class Source:
    """A live incoming edge, settled: the node it leaves and that step's main value and ports."""

    node_id: str
    value: Any
    ports: Mapping[str, Any]


class HttpClient(Protocol):
    """The guarded client (`pipelit.outbound`): public addresses only, unless the operator allows more."""

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = 30.0,
        max_bytes: int = 10_000_000,
        follow_redirects: bool = True,
    ) -> HttpResponse: ...


class Sandbox(Protocol):
    """Isolated processes (`pipelit.sandbox`). Raises SandboxUnavailable where this host cannot isolate."""

    def python(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        timeout: float = 30.0,
        memory_mb: int = 256,
        network: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> SandboxResult: ...

    def command(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout: float = 300.0,
        memory_mb: int = 512,
        network: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> SandboxResult: ...


class Ctx(Protocol):
    """All that a running step sees of the world. Implemented by `executions.engine.context`."""

    node_id: str
    step_key: str
    idempotency_key: str
    """Stable over retries and crashes: `execution:step:attempt-group`."""
    trigger: Mapping[str, Any]
    """The trigger's event as the expression context shows it (`text`, `payload`, and the trigger's own keys)."""
    scope: Mapping[str, Any]
    """The expression context: ancestors by node id, `trigger`, `loop`, `execution`, `workflow`, `node_outputs`, ..."""
    sources: Sequence[Source]
    """The live sources in edge order (priority, then age)."""
    http: HttpClient
    sandbox: Sandbox

    @property
    def cancelled(self) -> bool: ...

    def lookup(self, path: str) -> Any:
        """The value at a dotted path into `scope`; raises LookupError that names the missing part."""

    def log(self, text: str) -> None:
        """Add to the step's log (its `metadata.log`)."""

    def emit(self, event: str, data: Mapping[str, Any]) -> None:
        """Publish a live event (`token`, `tool_status`) under this step's name."""

    def llm(self) -> BaseChatModel:
        """The chat model: the attached `ai_model`, else the node's own model fields. Streams tokens as live events
        and counts usage by itself. Raises UserError `config_error` if there is none."""

    def tools(self) -> list[BaseTool]:
        """What the attached tool and memory nodes offer, each call already bound to its node."""

    def parser(self) -> Callable[[str], Any] | None:
        """The attached output parser."""

    def credential(self, credential_id: int) -> Mapping[str, Any]:
        """A credential's fields, secrets in clear; `id`, `name`, `credential_type` besides. Masked in all that is
        recorded."""

    def sleep(self, seconds: float) -> None:
        """Wait in the process, cut short by cancellation (raises Cancelled)."""

    def wait_for(
        self,
        kind: Literal["approval", "timer", "callback"],
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
        """The answer of this step's pending task; creates the task and raises Waiting while there is none.

        An approval is confirmed once `quorum` people have confirmed it; `bot` is the credential of the Telegram bot
        that asks them.

        `until` is when a timer fires, or when an approval or callback expires (with decision `on_expiry`, default
        `expired`). `key` tells several waits of one step apart.
        """

    def spawn(
        self, workflow: str, payload: Mapping[str, Any], *, text: str = "", wait: bool = True, key: str = ""
    ) -> Any:
        """Start a child execution of the workflow with that slug; its final output, or its execution id when
        `wait` is false. Raises Waiting until the child has ended, UserError `child_failed` if it failed."""

    def substep(
        self,
        key: str,
        run: Callable[[], Mapping[str, Any]],
        *,
        effect: Effect = Effect.IDEMPOTENT,
        inputs: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Run a journalled sub-step (`model[2]`, `tool[2.0]`) once: after a crash its record is returned instead.
        `run` answers a flat dict of JSON values; `inputs` are recorded for people to read."""

    def history(self) -> list[BaseMessage]:
        """The conversation so far (empty outside a conversation), oldest first, without this turn."""

    def remember(self, messages: Sequence[BaseMessage]) -> None:
        """Append this turn's messages to the conversation when the step is recorded."""

    def reply(self, text: str, *, status: int = 200, content_type: str = "text/plain") -> bool:
        """Send to the caller at once; whether a channel took it. `status` and `content_type` are those of the response
        of a webhook that waits for a reply."""
