"""Facts of upper apps that a workflow shows: they register a provider in `ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

LastExecutions = Callable[[Sequence[int]], Mapping[int, Any]]
_providers: list[LastExecutions] = []


def register_last_execution(provider: LastExecutions) -> None:
    """`provider` answers the newest execution, as shown, by workflow id."""
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


def last_executions(workflow_ids: Sequence[int]) -> Mapping[int, Any]:
    return _providers[0](workflow_ids) if _providers and workflow_ids else {}
