"""The component contract: what one file per node type declares, and the world it sees through `ctx`.

Nothing here, and no component, imports Django models: a component reaches the world only through `Ctx`.
"""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipelit.results import HttpResponse, SandboxResult

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool


class DataType(StrEnum):
    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    OBJECT = "OBJECT"
    ARRAY = "ARRAY"
    MESSAGES = "MESSAGES"
    FILE = "FILE"
    ANY = "ANY"


class Effect(StrEnum):
    """What running a step again may do to the world."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    UNSAFE = "unsafe"


class Category(StrEnum):
    """Where the palette shows a component; the colour of its node follows."""

    TRIGGER = "trigger"
    AI = "ai"
    MODEL = "model"
    LOGIC = "logic"
    TOOL = "tool"
    MEMORY = "memory"
    PLATFORM = "platform"


class Family(StrEnum):
    """The closed set of ComponentConfig proxies; decides which wire fields lie outside `extra_config`."""

    MODEL = "model"
    AI = "ai"
    TRIGGER = "trigger"
    CODE = "code"
    TOOL = "tool"
    LOGIC = "logic"
    MEMORY = "memory"
    PLATFORM = "platform"


MODEL_FIELDS = (
    "llm_credential_id",
    "model_name",
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "timeout",
    "max_retries",
    "response_format",
)
FAMILY_FIELDS: Mapping[Family, tuple[str, ...]] = {
    Family.MODEL: MODEL_FIELDS,
    Family.AI: ("system_prompt", *MODEL_FIELDS),
    Family.TRIGGER: ("credential_id", "is_active", "priority"),
}
"""Config fields that are columns of their own, by family; every other field lives in `extra_config`."""


@dataclass(frozen=True)
class Port:
    """One input or output. `filled_by` names the config fields that can fill an input instead of an edge; when the
    first of them is set, its rendered value wins over the edge."""

    name: str
    data_type: DataType = DataType.ANY
    required: bool = False
    description: str = ""
    filled_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A kind of attachment edge that a component takes; `label` is the edge's label."""

    label: Literal["llm", "tool", "memory", "output_parser"]
    required: bool = False
    many: bool = True
    description: str = ""


def _as_id(value: int) -> int:
    if not 1 <= value < 2**53:
        raise ValueError("There is no such id.")
    return value


CredentialId = Annotated[int, Field(strict=True), AfterValidator(_as_id)]
"""Id of a credential, in the range that every client and every database can express."""


def field(
    default: Any = ...,
    *,
    title: str,
    help: str,
    widget: str | None = None,
    expression: bool = False,
    location: Literal["extra_config", "trigger_config"] = "extra_config",
    **limits: Any,
) -> Any:
    """A config field: title, help text, widget hint, and whether expressions are allowed in it.

    `limits` are Pydantic's (`ge`, `le`, `min_length`, ...). Strings of a field with `expression=True`, however deep,
    are rendered before `run` sees them.
    """
    extra: dict[str, Any] = {"expression": expression}
    if widget:
        extra["widget"] = widget
    if location != "extra_config":
        extra["location"] = location
    if callable(default) and default is not ...:
        limits["default_factory"] = default
    else:
        limits["default"] = default
    return Field(title=title, description=help, json_schema_extra=extra, **limits)


class NodeConfig(BaseModel):
    """What every node's config obeys: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class StepConfig(NodeConfig):
    """The fields that every executable node takes besides its own."""

    retries: int = field(3, title="Retries", help="Further attempts after a transient failure.", ge=0, le=20)
    retry_backoff_seconds: float = field(
        1.0, title="Back-off", help="Seconds before the first retry; doubled each time.", ge=0, le=3600
    )
    retry_on: Literal["transient", "all"] = field(
        "transient", title="Retry on", help="Only failures that may pass by themselves, or all of them."
    )
    timeout_seconds: float | None = field(
        None, title="Time-out", help="Seconds that one attempt may take. Empty: the component's own.", gt=0, le=86_400
    )
    on_error: Literal["stop", "continue"] = field(
        "stop", title="On error", help="Fail the execution, or go on with the error as output. An error edge wins."
    )
    on_unknown: Literal["fail", "retry", "ask"] = field(
        "fail", title="If the outcome is unknown", help="After a crash during a step that may have changed the world."
    )


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
        self, key: str, run: Callable[[], Mapping[str, Any]], *, effect: Effect = Effect.IDEMPOTENT
    ) -> Mapping[str, Any]:
        """Run a journalled sub-step (`model[2]`, `tool[2.0]`) once: after a crash its record is returned instead.
        `run` answers a flat dict of JSON values."""

    def history(self) -> list[BaseMessage]:
        """The conversation so far (empty outside a conversation), oldest first, without this turn."""

    def remember(self, messages: Sequence[BaseMessage]) -> None:
        """Append this turn's messages to the conversation when the step is recorded."""

    def reply(self, text: str, *, status: int = 200, content_type: str = "text/plain") -> bool:
        """Send to the caller at once; whether a channel took it. `status` and `content_type` are those of the response
        of a webhook that waits for a reply."""


class Component:
    """Base of all node types. The docstring of the subclass is its documentation page (Markdown)."""

    type: ClassVar[str]
    label: ClassVar[str]
    category: ClassVar[Category]
    family: ClassVar[Family]
    icon: ClassVar[str]
    """Name of a Lucide icon."""
    version: ClassVar[int] = 1
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = ()
    attachments: ClassVar[tuple[Attachment, ...]] = ()
    attaches_as: ClassVar[str | None] = None
    """The label of the attachment edge that this component may be the source of."""
    executable: ClassVar[bool] = True
    """False for what is only ever bound into another node (a model, a parser)."""
    effect: ClassVar[Effect] = Effect.PURE
    forks: ClassVar[bool] = False
    """Its outgoing edges are conditional, chosen by `_route` (only the switch)."""
    loops: ClassVar[bool] = False
    """It has a body: `run` answers `{"_items": [...]}`; the engine runs the body and fills port `results`."""
    quick: ClassVar[bool] = False
    """It only computes: it waits for nothing, so the engine runs several of them in one thread."""
    default_timeout: ClassVar[float] = 300.0
    """Seconds for one attempt when the node sets none."""
    example: ClassVar[Mapping[str, Any]] = {}
    """Executed by the conformance test: `config`, `inputs`, `output` (expected; subset of ports), and optionally
    `scope` (expression context), `llm` (scripted replies), `http` (canned responses), `sources`, `answer`."""

    Config: ClassVar[builtins.type[NodeConfig]] = StepConfig

    def upgrade(self, config: dict[str, Any], version: int) -> dict[str, Any]:
        """Bring a flat config that was written for an older `version` up to this one."""
        return config

    def effect_of(self, config: Any) -> Effect:
        """The effect under this (validated) config, where it depends on it."""
        return self.effect

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        """More faults of a flat, unrendered config than its schema can say: (field, sentence). No I/O."""
        return []

    def run(self, ctx: Ctx, config: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Do the work: a flat dict of port values. Reserved: `_route`, `_messages`, `_state_patch`,
        `_token_usage`, `_items`."""
        raise TypeError(f"{self.type} is not executable")

    def tools(self, ctx: Ctx, config: Any) -> list[BaseTool]:
        """What an agent gets when this node is attached to it."""
        raise TypeError(f"{self.type} is no tool")

    @classmethod
    def is_trigger(cls) -> bool:
        return cls.category is Category.TRIGGER

    @classmethod
    def main_port(cls) -> str | None:
        """The port whose value is the step's main value; None: the object of all ports."""
        names = [port.name for port in cls.outputs]
        return "output" if "output" in names else names[0] if len(names) == 1 else None
