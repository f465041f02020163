"""StepContext: the world as a running step sees it (`Ctx` in components/world.py)."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.db import close_old_connections
from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict

from apps.executions import addresses
from apps.executions.delivery import results
from apps.executions.models import ConversationMessage, Delivery, PendingTask
from apps.workflows import expressions
from apps.workflows.components.base import (
    Answer,
    Effect,
    HttpClient,
    NodeConfig,
    Sandbox,
    Source,
)
from pipelit import outbound
from pipelit.errors import Cancelled, StepTimeout, UserError
from pipelit.fields import storable
from pipelit.results import HttpResponse, SandboxResult
from pipelit.sandbox import sandbox

from . import children, llm
from .cache import Prepared
from .orchestrator import Step
from .run import Run
from .scope import CallbackUrls, ExpressionScope, Outputs
from .state import main_value
from .usage import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

HISTORY = 200
"""Messages of a conversation that a step may see."""
LOG_LIMIT = 64 * 1024
NO_NETWORK = (
    "Code gets no network here: it would pass by the checks of outgoing requests. Use an HTTP node, or ask the "
    "operator to grant it (SANDBOX_NETWORK)."
)


class StepContext:
    def __init__(self, run: Run, step: Step, prepared: Prepared, *, within: StepContext | None = None) -> None:
        self.run = run
        self.step = step
        self.prepared = prepared
        self.node_id = prepared.node.node_id
        self.step_key = step.key
        self.idempotency_key = f"{run.execution.pk}:{step.key}:{run.execution.attempt_group}"
        self.trigger = run.event
        self.usage: Usage = within.usage if within else Usage()
        self.in_substeps = False
        self.messages: Sequence[BaseMessage] = ()
        self.state: dict[str, Any] = {}
        self.outgoing: list[Delivery] = []
        """What the step sends: stored with its record."""
        self.deadline: float | None = within.deadline if within else None
        """When the attempt's time is up, by the monotonic clock."""
        self._log: list[str] = []
        self._logged = 0
        self.http: HttpClient = _Http(self)
        self.sandbox: Sandbox = _Sandbox(self)
        self.config: NodeConfig | None = None
        scope, node = step.scope, step.scope.plan.nodes[step.node_id]
        nodes = scope.plan.nodes
        self._edges = scope.live_edges(node)
        self.sources: Sequence[Source] = [
            Source(e.source, main_value(nodes[e.source].type, o := scope.outcomes[e.source]), o.ports)
            for e in self._edges
        ]
        if scope.loop is not None and not node.incoming:  # the first step of a body gets the item
            item = scope.loop["item"]
            self.sources = [Source(scope.loop_node, item, {"item": item})]
        outputs = Outputs(scope, node)
        own: dict[str, Any] = {"node_outputs": outputs, "inputs": {s.node_id: s.value for s in self.sources}}
        execution = run.fixed["execution"] | {"idempotency_key": self.idempotency_key}
        # no dict, for dicts are taken to be JSON
        own["execution"] = MappingProxyType(execution | {"callback_urls": CallbackUrls(scope, run.execution.pk)})
        if scope.loop is not None:
            own["loop"] = scope.loop
        for edge in self._edges:
            if "_route" in scope.outcomes[edge.source].state:
                own["_route"] = scope.outcomes[edge.source].route
        self.scope: Mapping[str, Any] = ExpressionScope(run.fixed, outputs, own)

    @property
    def cancelled(self) -> bool:
        return self.run.cancelled

    def remaining(self, most: float) -> float:
        """Seconds that a call may take: `most`, or less if the attempt's time is up before. Raises StepTimeout. The
        thread's database connection goes back, so that waiting holds none."""
        self.run.check_cancelled()
        close_old_connections()
        if self.deadline is None:
            return most
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise StepTimeout("The step's time is up.")
        return min(most, left)

    def lookup(self, path: str) -> Any:
        return expressions.lookup(self.scope, path)

    def log(self, text: str) -> None:
        if text and self._logged < LOG_LIMIT:
            self._log.append(self.run.seals.mask(text[: LOG_LIMIT - self._logged]))
            self._logged += len(text)

    @property
    def logged(self) -> str:
        return "".join(self._log)

    def emit(self, event: str, data: Mapping[str, Any]) -> None:
        channels = None
        if event == "token":
            channels = [f"execution:{self.run.execution.pk}"]
            if self.run.execution.user_id is not None:
                channels.append(f"user:{self.run.execution.user_id}")
        body = self.run.seals.seal({"node_id": self.node_id, "step_key": self.step_key, **data})
        spoken = event in ("reply", "token")  # the author means it for whoever listens
        self.run.journal.tell(event, body if spoken else addresses.hidden_in(body), channels)

    def llm(self) -> BaseChatModel:
        return llm.model_for(self)

    def tools(self) -> list[BaseTool]:
        found: list[BaseTool] = []
        for label in ("tool", "memory"):
            for node_id in self.prepared.node.attached.get(label, ()):
                attached = self.attached(node_id)
                found += attached.prepared.component.tools(attached, attached.config)
        return found

    def parser(self) -> Callable[[str], Any] | None:
        for node_id in self.prepared.node.attached.get("output_parser", ()):
            attached = self.attached(node_id)
            parse: Callable[[str], Any] = attached.prepared.component.parser(attached, attached.config)  # type: ignore[attr-defined]
            return parse
        return None

    def attached(self, node_id: str) -> StepContext:
        """The context of a node that is bound into this one: its config sees what this step sees."""
        context = StepContext(self.run, self.step, self.run.compiled.steps[node_id], within=self)
        context.config = context.prepared.config(self.scope)
        return context

    def credential(self, credential_id: int) -> Mapping[str, Any]:
        return self.run.reveal(credential_id)

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.run.sleep(self.remaining(left))

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
        return self.run.waits.wait(
            self.step.node_id, self.step_key, key, PendingTask.Kind(kind), prompt=prompt, schema=schema,
            assignees=assignees, until=until, on_expiry=on_expiry or "", quorum=quorum, bot=bot,
        )  # fmt: skip

    def spawn(
        self, workflow: str, payload: Mapping[str, Any], *, text: str = "", wait: bool = True, key: str = ""
    ) -> Any:
        return children.spawn(self, workflow, payload, text=text, wait=wait, key=key)

    def substep(
        self,
        key: str,
        run: Callable[[], Mapping[str, Any]],
        *,
        effect: Effect = Effect.IDEMPOTENT,
        inputs: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        from .substeps import run_substep  # the two know each other: a sub-step is recorded as a step is

        return run_substep(self, key, run, effect, inputs or {})

    def history(self) -> list[BaseMessage]:
        conversation = self.run.execution.conversation_id
        if conversation is None:
            return []
        rows = (
            ConversationMessage.objects.filter(conversation_id=conversation)
            .exclude(execution=self.run.execution)
            .order_by("-id")
            .values_list("message", flat=True)[:HISTORY]
        )
        return messages_from_dict(list(reversed(rows)))

    def remember(self, messages: Sequence[BaseMessage]) -> None:
        self.messages = messages

    def message_rows(self) -> list[ConversationMessage]:
        conversation = self.run.execution.conversation_id
        if conversation is None:
            return []
        return [
            ConversationMessage(
                conversation_id=conversation,
                execution=self.run.execution,
                step_key=self.step_key,
                index=index,
                role=message.type,
                content=storable(str(message.text)),
                message=self.run.seals.seal(message_to_dict(message)),
            )
            for index, message in enumerate(self.messages)
        ]

    def reply(self, text: str, *, status: int = 200, content_type: str = "text/plain") -> bool:
        as_response = {"status": status, "content_type": content_type}
        self.state |= {"_reply": text, "_reply_as": as_response}
        self.emit("reply", {"text": text, **as_response})
        run = self.run
        delivery = results.of_reply(run.execution, self.step_key, run.journal.group, run.seals.redact(text))
        if delivery is not None:
            self.outgoing.append(delivery)
        return True


class _Http:
    """The guarded client, within the step's deadline."""

    def __init__(self, context: StepContext) -> None:
        self._context = context

    def request(self, method: str, url: str, *, timeout: float = 30.0, **options: Any) -> HttpResponse:
        return outbound.client().request(method, url, timeout=self._context.remaining(timeout), **options)


class _Sandbox:
    """Isolated processes, within the step's deadline and stopped by cancellation."""

    def __init__(self, context: StepContext) -> None:
        self._context = context

    def python(
        self, code: str, variables: Mapping[str, Any], *, timeout: float = 30.0, **options: Any
    ) -> SandboxResult:
        options.setdefault("cancelled", lambda: self._context.cancelled)
        if options.get("network") and not settings.SANDBOX_NETWORK:
            raise UserError(NO_NETWORK, code="sandbox_unavailable")
        result = sandbox().python(code, variables, timeout=self._context.remaining(timeout), **options)
        return self._checked(result)

    def command(self, argv: Sequence[str], *, timeout: float = 300.0, **options: Any) -> SandboxResult:
        options.setdefault("cancelled", lambda: self._context.cancelled)
        result = sandbox().command(argv, timeout=self._context.remaining(timeout), **options)
        return self._checked(result)

    @staticmethod
    def _checked(result: SandboxResult) -> SandboxResult:
        if result.killed == "cancelled":
            raise Cancelled("The execution was cancelled.")
        return result


def failed_input(name: str, node_id: str, fields: Sequence[str]) -> UserError:
    hint = f", or fill its field {' or '.join(repr(f) for f in fields)}" if fields else ""
    return UserError(
        f'The input "{name}" of node "{node_id}" got no value: connect a node to it{hint}.', code="config_error"
    )
