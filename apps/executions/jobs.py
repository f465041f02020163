"""RQ entry points. Thin: a job names an execution or a delivery, all else is in the database."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from .delivery import outbox
from .engine import lease
from .engine.executor import WorkflowExecutor


def execute_workflow_job(execution_id: str) -> None:
    """Run an execution as far as it goes."""
    WorkflowExecutor(owner()).run(UUID(execution_id))


def deliver_job(delivery_id: str) -> None:
    """Try to send a delivery."""
    outbox.attempt(UUID(delivery_id))


@cache
def owner() -> str:
    """The name under which this process holds leases."""
    return lease.owner_name()
