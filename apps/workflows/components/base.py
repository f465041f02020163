"""The component contract: what one file per node type declares.

Nothing here, and no component, imports Django models: a component reaches the world only through `Ctx`.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .ports import FAMILY_FIELDS, MODEL_FIELDS, Attachment, Category, DataType, Effect, Family, Port
from .world import Answer, Ctx, HttpClient, Sandbox, Source, Waiting

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

__all__ = [
    "FAMILY_FIELDS",
    "MODEL_FIELDS",
    "Answer",
    "Attachment",
    "Category",
    "Component",
    "CredentialId",
    "Ctx",
    "DataType",
    "Effect",
    "Family",
    "HttpClient",
    "NodeConfig",
    "Port",
    "Sandbox",
    "Source",
    "StepConfig",
    "Waiting",
    "field",
]


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
    words: Mapping[str, str] | None = None,
    expression: bool = False,
    location: Literal["extra_config", "trigger_config"] = "extra_config",
    **limits: Any,
) -> Any:
    """A config field: title, help text, widget hint, and whether expressions are allowed in it.

    `words` say what each choice means. `limits` are Pydantic's (`ge`, `le`, `min_length`, ...). Strings of a field with
    `expression=True`, however deep, are rendered before `run` sees them.
    """
    extra: dict[str, Any] = {"expression": expression}
    if widget:
        extra["widget"] = widget
    if words:
        extra["words"] = dict(words)
    if location != "extra_config":
        extra["location"] = location
    if callable(default) and default is not ...:
        limits["default_factory"] = default
        if made := default():
            extra["default"] = made  # Pydantic's schema leaves out what a factory makes
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
        "fail",
        title="If the outcome is unknown",
        help="After a crash, a time-out or a lost connection in a step that may have changed the world.",
    )


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

    def is_called(self, config: Mapping[str, Any]) -> bool:
        """Whether a step with this flat config waits for a call: `execution.callback_urls` has its address then."""
        return False

    def route(self, outputs: Mapping[str, Any]) -> str | None:
        """The `_route` that goes with these outputs, also where somebody else has written them. None: there is none."""
        return None

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        """More faults of a flat, unrendered config than its schema can say: (field, sentence). No I/O."""
        return []

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What may be meant in a flat config, and is likelier unfinished: (field, sentence). Shown as warnings."""
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
