"""TriggerResolver: which trigger node of a version takes an event. By type, then activity, then the trigger's config;
the highest priority wins, then the oldest node."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.workflows.components import registry
from apps.workflows.models import WorkflowVersion
from apps.workflows.validation import errors_reachable
from pipelit.errors import Invalid

from .chat import ChatHandler
from .error import ErrorHandler
from .form import FormHandler
from .handler import Handler
from .manual import ManualHandler
from .schedule import ScheduleHandler
from .telegram import TelegramHandler
from .webhook import WebhookHandler
from .workflow import WorkflowHandler

HANDLERS: Mapping[str, Handler] = {
    made.type: made
    for made in (
        ManualHandler(),
        ChatHandler(),
        WebhookHandler(),
        FormHandler(),
        WorkflowHandler(),
        ErrorHandler(),
        ScheduleHandler(),
        TelegramHandler(),
    )
}
DEFAULT = Handler()
KEPT = 1024
"""Versions whose triggers are kept per process."""


def handler_of(trigger_type: str) -> Handler:
    return HANDLERS.get(trigger_type, DEFAULT)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger node of a version; `config` is flat."""

    node_id: str
    type: str
    config: Mapping[str, Any]

    @property
    def is_active(self) -> bool:
        return self.config.get("is_active") is not False

    @property
    def priority(self) -> int:
        return int(self.config.get("priority") or 0)


class TriggerResolver:
    """The triggers of one version, and what keeps each from running. Cached by content hash."""

    def __init__(self, version: WorkflowVersion) -> None:
        components = registry.all_components()
        self.triggers = [
            Trigger(node["node_id"], node["component_type"], node.get("config") or {})
            for node in version.snapshot["nodes"]
            if (component := components.get(node["component_type"])) is not None and component.is_trigger()
        ]
        self._errors: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    def of(cls, version: WorkflowVersion) -> TriggerResolver:
        """The resolver of a version. Its snapshot is read only when its content is new to this process."""
        return _resolvers.get(version)

    def get(self, node_id: str) -> Trigger | None:
        return next((trigger for trigger in self.triggers if trigger.node_id == node_id), None)

    def of_type(self, *types: str) -> list[Trigger]:
        """The active triggers of these types (of all, if none is named), in order of resolution."""
        found = [t for t in self.triggers if t.is_active and (not types or t.type in types)]
        return sorted(found, key=lambda trigger: -trigger.priority)

    def resolve(self, trigger_type: str, event: Mapping[str, Any]) -> Trigger | None:
        """The trigger that takes the event."""
        handler = handler_of(trigger_type)
        return next((t for t in self.of_type(trigger_type) if handler.matches(t.config, event)), None)

    def by_hand(self, node_id: str | None) -> Trigger:
        """The trigger that Run starts: the one named, else the first manual one, else the first of any kind. Raises
        Invalid."""
        if node_id is not None:
            found = self.get(node_id)
            if found is None:
                raise Invalid(f'There is no trigger "{node_id}" in this version of the workflow.', code="no_trigger")
            return found
        for trigger in (*self.of_type("trigger_manual"), *self.of_type()):
            return trigger
        raise Invalid("The workflow has no active trigger: add one, such as a manual trigger.", code="no_trigger")

    def check(self, trigger: Trigger, version: WorkflowVersion) -> None:
        """Raises Invalid (422, `validation_errors`) if anything reachable from the trigger is unfinished."""
        errors = self._errors.get(trigger.node_id)
        if errors is None:
            errors = self._errors[trigger.node_id] = list(errors_reachable(version.snapshot, trigger.node_id))
        if errors:
            raise Invalid(_sentence(errors), code="unfinished_workflow", validation_errors=errors)


def _sentence(errors: list[dict[str, Any]]) -> str:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"The workflow cannot run yet: {errors[0]['message']}{more}"


class _Resolvers:
    """A small LRU of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, TriggerResolver] = OrderedDict()

    def get(self, version: WorkflowVersion) -> TriggerResolver:
        key = version.content_hash
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = TriggerResolver(version)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


_resolvers = _Resolvers()


def best(found: Iterable[tuple[Any, Trigger]]) -> tuple[Any, Trigger] | None:
    """Of triggers of several workflows, given as (anything, trigger), the first of highest priority."""
    return max(found, key=lambda pair: pair[1].priority, default=None)
