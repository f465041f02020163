"""Facts of upper apps that a workflow shows: they register a provider in `ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Executions = Callable[[Sequence[int]], Mapping[int, Mapping[str, Any]]]
_providers: list[Executions] = []
NONE: Mapping[str, Any] = {"last_execution": None, "execution_count": 0}


def register_executions(provider: Executions) -> None:
    """`provider` answers `last_execution`, as shown, and `execution_count` by workflow id, for those that ever ran."""
    if provider not in _providers:
        _providers.append(provider)


Schedule = Callable[[int], Any]
_schedules: list[Schedule] = []


def register_schedule(provider: Schedule) -> None:
    """`provider` answers what a schedule trigger shows of its own schedule, by the node's row id."""
    if provider not in _schedules:
        _schedules.append(provider)


def schedule_of(node_pk: int) -> Any:
    return _schedules[0](node_pk) if _schedules else None


def executions(workflow_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    return _providers[0](workflow_ids) if _providers and workflow_ids else {}
