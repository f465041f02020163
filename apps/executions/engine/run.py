"""Run: one execution while it runs in this process, shared by its steps."""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps.accounts.audit import audit
from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow
from pipelit.errors import Cancelled, UserError

from .cache import Compiled
from .journal import Journal
from .orchestrator import Orchestrator
from .recorder import LeaseLost
from .secrets import Seals
from .usage import Usage, total
from .waits import Waits


class Exhausted(UserError):
    """The time or the budget of the whole execution is used up: nothing goes on after this failure."""


class Run:
    def __init__(self, execution: WorkflowExecution, workflow: Workflow, compiled: Compiled) -> None:
        self.execution = execution
        self.workflow = workflow
        self.compiled = compiled
        self.seals = Seals(execution.workflow_id)
        self.journal = Journal(execution, workflow.slug, self.seals)
        self.waits = Waits(execution, self.journal)
        self.event: Mapping[str, Any] = execution.trigger_payload
        self.orchestrator: Orchestrator | None = None
        self.opened: dict[str, dt.datetime] = {}
        """When each open loop began, by step key."""
        self._cancelled = threading.Event()
        self._usage = Usage()
        self._lock = threading.Lock()
        self._revealed: set[int] = set()
        self._ends = self._deadline()
        self.fixed: Mapping[str, Any] = {
            "trigger": self.event,
            "execution": {"id": str(execution.pk), "started_at": _iso(execution.started_at)},
            "workflow": {"slug": workflow.slug, "name": workflow.name},
            "user_context": self.event.get("user_context", {}),
            "vars": {},
        }

    def load(self) -> None:
        """Read what is recorded: the journal and the pending tasks."""
        if self.execution.epoch > 1:
            self.journal.load()
            self.waits.load()
            self._usage = total(self.journal.usage_rows)

    @property
    def usage(self) -> Usage:
        return self._usage

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop as soon as may be; what it records from now on is refused anyway."""
        self._cancelled.set()
        if self.orchestrator is not None:
            self.orchestrator.halt(Cancelled("The execution was cancelled."))

    def hand_over(self) -> None:
        """Stop as soon as may be, for another worker to go on: nothing of it is recorded as cancelled."""
        if self.orchestrator is not None:
            self.orchestrator.halt(LeaseLost())
        self._cancelled.set()

    def sleep(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise Cancelled("The execution was cancelled.")

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled("The execution was cancelled.")

    def wake(self) -> None:
        """An answer has come: read it and let the steps that wait for it go on."""
        self.waits.load()
        if self.orchestrator is not None:
            self.orchestrator.wake()

    def used(self, usage: Usage) -> None:
        with self._lock:
            self._usage.add(usage)

    def reveal(self, credential_id: int) -> Mapping[str, Any]:
        """A credential in clear, for a step to use. The first use while a worker holds the execution is audited: by
        itself, since the audit log's lock must not be held with the lease's."""
        found = self.seals.reveal(credential_id)
        with self._lock:
            is_first = credential_id not in self._revealed
            self._revealed.add(credential_id)
        if is_first:
            about = {"execution": str(self.execution.pk), "workflow": self.workflow.slug}
            audit(self.execution.user, "credential.used", f"credential:{credential_id}", **about)
        return found

    def check(self) -> None:
        """Raise if no further step may start: cancelled, over time or over budget."""
        self.check_cancelled()
        self.check_time()
        workflow, usage = self.workflow, self._usage
        tokens = usage.input_tokens + usage.output_tokens
        if workflow.budget_tokens is not None and tokens >= workflow.budget_tokens:
            raise Exhausted(
                f"The execution has used {tokens} tokens; its budget is {workflow.budget_tokens}.",
                code="budget_exceeded",
            )
        if workflow.budget_usd is not None and usage.cost_usd >= workflow.budget_usd:
            raise Exhausted(
                f"The execution has cost {usage.cost_usd} USD; its budget is {workflow.budget_usd}.",
                code="budget_exceeded",
            )

    def check_time(self) -> None:
        if self.remaining() <= 0:
            raise Exhausted(
                f"The execution ran longer than the {self.workflow.max_execution_seconds} s that its workflow allows.",
                code="timeout",
            )

    def remaining(self) -> float:
        """Seconds that the workflow allows from now on."""
        return self._ends - time.monotonic()

    def final_output(self) -> Any:
        """What the last reply sent if one ran, else the main value of the ends of the graph."""
        assert self.orchestrator is not None
        reply = self.journal.last_reply()
        return self.orchestrator.final_output() if reply is None else reply

    def _deadline(self) -> float:
        """By the monotonic clock: a clock that is set while it runs expires nothing."""
        limit = self.workflow.max_execution_seconds
        if limit is None:
            return math.inf
        now = timezone.now()
        began = self.execution.retried_at or self.execution.started_at or now
        return time.monotonic() + limit - (now - began).total_seconds()


def _iso(moment: Any) -> str:
    return moment.isoformat() if moment else ""
