"""WorkflowExecutor: takes an execution, replays and runs it, and ends or parks it."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections

from apps.executions.delivery.telegram import typing
from apps.executions.models import Status, WorkflowExecution
from apps.executions.telegram import files
from apps.workflows.models import Workflow
from pipelit import events
from pipelit.crash import crash_point
from pipelit.errors import Cancelled, PermanentError, PipelitError

from . import builder, cache, lease, registry, transitions
from .journal import Journal
from .orchestrator import Orchestrator, Step
from .recorder import LeaseLost
from .run import Run
from .runner import record_unrun, run_step
from .secrets import Seals
from .state import Outcome, Scope
from .usage import Usage

log = logging.getLogger(__name__)


class WorkflowExecutor:
    """One per worker process and job; `owner` is the name under which leases are held."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def run(self, execution_id: UUID) -> bool:
        """Run an execution as far as it goes; False if there was nothing to take. Never raises: what goes wrong is
        recorded on the execution."""
        execution = lease.acquire(execution_id, self.owner)
        if execution is None:
            return False
        crash_point("lease.acquired")
        try:
            if lease_is_crash_loop(execution):
                return True
            self._run(execution)
        except LeaseLost:
            log.info("Execution %s went on elsewhere", execution.pk)
        except (OperationalError, InterfaceError) as error:
            log.warning("Execution %s is left to be taken over: %s", execution.pk, error)
        except Exception as error:
            log.exception("Execution %s was broken off", execution.pk)
            _broken_off(execution, error)
        return True

    def _run(self, execution: WorkflowExecution) -> None:
        workflow = execution.workflow
        try:
            run = Run(execution, workflow, cache.compiled(execution.version, execution.trigger_node_id))
        except PipelitError as error:
            _fail_unstarted(execution, error)
            return
        with registry.holding(run), typing(execution.reply_to):
            files.fetch(execution)
            run.load()
            run.journal.tell("execution_started", {"status": "running", "trigger_node_id": execution.trigger_node_id})
            while not self._once(run, execution, workflow):
                run.waits.load()

    def _once(self, run: Run, execution: WorkflowExecution, workflow: Workflow) -> bool:
        """Replay and run the graph; False if an answer came while it was about to park."""
        orchestrator = run.orchestrator = _orchestrator(run)
        if run.cancelled:
            raise LeaseLost
        close_old_connections()  # the graph has threads of its own: this one only waits for it
        builder.run(run.compiled.graph, orchestrator)
        crash_point("graph.ended")
        if orchestrator.crash is not None:
            _stop(run, orchestrator.crash)
        elif orchestrator.failure is not None:
            _fail(run, orchestrator.failure)
        elif orchestrator.is_waiting:
            return _park(run)
        else:
            _end(run, Status.COMPLETED, final_output=run.final_output())
        return True


def _orchestrator(run: Run) -> Orchestrator:
    root = Scope(run.compiled.plan)

    def step(step: Step) -> Outcome | None:
        return run_step(run, step)

    def record(step: Step, outcome: Outcome) -> None:
        record_unrun(run, step, outcome)

    def is_quick(step: Step) -> bool:
        return run.compiled.steps[step.node_id].is_quick

    def abandon(prefix: str) -> None:
        def close() -> list[events.Event]:
            transitions.close_tasks(run.execution, prefix)
            return []

        run.journal.submit(close)

    return Orchestrator(root, step, record, run.waits.has_news, is_quick, abandon)


def lease_is_crash_loop(execution: WorkflowExecution) -> bool:
    """Fail an execution that has been taken over time and again without getting on."""
    if execution.takeovers < lease.MAX_TAKEOVERS:
        return False
    row = execution.logs.filter(final=False, status="running").last() or execution.logs.last()
    node_id = row.node_id if row else execution.trigger_node_id
    error = PermanentError(
        f'The worker died {execution.takeovers} times at or after node "{node_id}". Look at what that step does to its '
        "process, then retry.",
        code="crash_loop",
    )
    _fail_unstarted(execution, error, node_id)
    return True


def _broken_off(execution: WorkflowExecution, error: Exception) -> None:
    """What the run wrote was refused: its lane writes nothing more, so the end goes by one of its own."""
    with suppress(LeaseLost):
        told = PermanentError(f"The engine failed: {type(error).__name__}: {error}")
        _fail_unstarted(execution, error if isinstance(error, PipelitError) else told)


def _fail_unstarted(execution: WorkflowExecution, error: PipelitError, node_id: str = "") -> None:
    """Fail an execution whose graph does not run."""
    seals = Seals(execution.workflow_id)
    journal = Journal(execution, execution.workflow.slug, seals)
    fields: dict[str, Any] = {
        "error_message": seals.mask(error.detail),
        "error_code": error.code,
        "failed_node_id": node_id,
    }
    _finish(journal, execution, Status.FAILED, None, fields)


def _fail(run: Run, failure: Outcome) -> None:
    key = failure.failed_step
    node_id = failure.ports["error"]["node_id"]
    _end(
        run,
        Status.FAILED,
        error_message=failure.error,
        error_code=failure.error_code,
        failed_node_id=node_id,
        failed_step_key=key,
    )


def _stop(run: Run, crash: BaseException) -> None:
    """The execution was stopped as a whole."""
    if isinstance(crash, (LeaseLost, OperationalError, InterfaceError)):
        raise crash
    if isinstance(crash, Cancelled):
        _end(run, Status.CANCELLED, error_code="cancelled", error_message=crash.detail)
        return
    if not isinstance(crash, PipelitError):
        log.error("Execution %s stopped by an error of the engine", run.execution.pk, exc_info=crash)
        crash = PermanentError(f"The engine failed: {type(crash).__name__}: {crash}")
    _end(run, Status.FAILED, error_code=crash.code, error_message=run.seals.mask(crash.detail))


def _end(run: Run, status: Status, **fields: Any) -> None:
    execution, usage = run.execution, run.usage
    if "final_output" in fields:
        fields["final_output"] = run.seals.seal(fields["final_output"])
    _finish(run.journal, execution, status, usage, fields)


def _finish(
    journal: Journal, execution: WorkflowExecution, status: Status, usage: Usage | None, fields: dict[str, Any]
) -> None:
    def finish() -> list[events.Event]:
        transitions.finish(execution, status, usage, **fields)
        return [transitions.ended_event(execution, execution.workflow.slug)]

    journal.transact(finish, last=True)


def _park(run: Run) -> bool:
    execution, usage = run.execution, run.usage
    told: list[events.Event] = []

    def park() -> list[events.Event]:
        parked = transitions.park(execution, usage)
        told[:] = [transitions.ended_event(execution, run.workflow.slug)] if parked else []
        return told

    run.journal.transact(park)
    if told:
        crash_point("parked")
    return bool(told)
