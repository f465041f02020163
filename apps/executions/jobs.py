"""RQ entry points. Thin: a job names an execution, all else is in the database."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from .engine import lease
from .engine.executor import WorkflowExecutor

ALLOWED = frozenset({"apps.executions.jobs.execute_workflow_job"})
"""What a worker runs; a job that names anything else is refused."""


def execute_workflow_job(execution_id: str) -> None:
    """Run an execution as far as it goes."""
    WorkflowExecutor(owner()).run(UUID(execution_id))


@cache
def owner() -> str:
    """The name under which this process holds leases."""
    return lease.owner_name()
