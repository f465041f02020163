"""run_step: what happens to every step alike.

Look in the journal, and return what is recorded. Else resolve the config, run with retries and time-out, record,
publish. The same path serves the first run, the replay after a crash and the resumption after a wait.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from pydantic import BaseModel

from apps.credentials.errors import translate
from apps.executions.models import ExecutionLog, PendingTask
from apps.workflows.components.base import Answer, Component, Effect, Waiting
from pipelit import outbound
from pipelit.crash import crash_point
from pipelit.errors import Cancelled, PipelitError, StepTimeout, TransientError, UserError
from pipelit.failures import outage
from pipelit.fields import dumps, excess

from . import queue
from .context import StepContext, failed_input
from .convert import convert
from .deadline import DeadlineExceeded, watchdog
from .journal import Attempt
from .orchestrator import Step
from .recorder import LeaseLost
from .run import Exhausted, Run
from .state import Outcome, port_value
from .usage import Usage

log = logging.getLogger(__name__)
SHORT_WAIT = 5.0
"""Seconds: a longer pause before a retry parks the execution."""
BROKEN_OFF = "What this step did before its worker died is not known."
UNKNOWN = "outcome_unknown"
LOOK = "Look at what it changed, then retry the execution."


def run_step(run: Run, step: Step) -> Outcome | None:
    """The outcome of a step, or None while it waits. Raises what stops the whole execution: LeaseLost, Cancelled."""
    prepared = run.compiled.steps[step.node_id]
    outcome = run.journal.final(step.key)
    if outcome is not None and not prepared.node.interrupt_after:
        return outcome
    context = StepContext(run, step, prepared)
    try:
        if outcome is None:
            if prepared.node.interrupt_before:
                _interrupt(context, "before", f'Run "{step.node_id}"?')
            outcome = _attempts(context)
        if prepared.node.interrupt_after and outcome.status == "success" and "_items" not in outcome.state:
            _interrupt(context, "after", f'"{context.node_id}" has run. Go on?')
        return outcome
    except Waiting:
        run.check_time()
        run.journal.waiting(step.node_id, step.key)
        return None


def _attempts(context: StepContext) -> Outcome:
    run, prepared, key = context.run, context.prepared, context.step.key
    retries = int(prepared.flat.get("retries", 3))
    earlier = run.journal.attempts(key)
    number = earlier[-1].attempt + 1 if earlier else 1
    if earlier and (earlier[-1].status == "running" or earlier[-1].error_code == UNKNOWN):
        unknown = outcome_unknown(context, earlier[-1])
        if unknown is not None:
            return unknown
    elif earlier and run.waits.is_open(key, pause := f"retry:{number - 1}") and run.waits.answer(key, pause) is None:
        raise Waiting  # its pause is not over
    while True:
        attempt = Attempt(context.node_id, key, number, timezone.now(), time.perf_counter())
        inputs: dict[str, Any] = {}
        try:
            run.check()
            outcome = _attempt(context, attempt, inputs)
        except PipelitError as error:
            if isinstance(error, Cancelled):
                raise
            doubt = _in_doubt(context, error)
            error = doubt or error
            outcome = failure(context.node_id, error, key)
            if doubt is not None and prepared.flat.get("on_unknown") == "ask":
                _record(context, attempt, outcome, inputs, final=False)
                return _attempts(context)
            if _may_retry(error, prepared.flat, number, retries):
                _record(context, attempt, outcome, inputs, final=False)
                _pause(context, error, number)
                number += 1
                continue
        if "_items" in outcome.state:
            run.opened[key] = attempt.started_at  # a loop is recorded when its last iteration has ended
        else:
            _record(context, attempt, outcome, inputs)
        return outcome


def _attempt(context: StepContext, attempt: Attempt, inputs: dict[str, Any]) -> Outcome:
    """Run the component once."""
    run, prepared = context.run, context.prepared
    component = prepared.component
    config = context.config = prepared.config(context.scope)
    inputs |= gather(context, component, config)
    effect = component.effect_of(config)
    limit = min(getattr(config, "timeout_seconds", None) or component.default_timeout, run.remaining())
    context.deadline = time.monotonic() + limit
    if effect is not Effect.PURE:
        run.journal.barrier()  # what led here must be durable before the world changes
    run.journal.running(attempt, inputs, durable=effect is Effect.UNSAFE)
    crash_point("step.running")
    try:
        if effect is Effect.PURE:
            answered = component.run(context, config, inputs)
        else:
            with (
                watchdog.limit(context.deadline - time.monotonic(), context),
                outbound.unless(lambda: context.cancelled),
            ):
                answered = component.run(context, config, inputs)
    except DeadlineExceeded:
        run.check_time()
        raise StepTimeout(f'Node "{context.node_id}" took longer than its {limit:g} s.') from None
    except (Waiting, LeaseLost, OperationalError, InterfaceError):
        raise  # without our database the whole run breaks off, and goes on when it is back
    except StepTimeout:
        run.check_time()
        raise
    except PipelitError:
        run.check_cancelled()
        raise
    except Exception as error:
        raise translate(error) or outage(error) or _unexpected(context, error) from error
    crash_point("step.ran")
    ports = {name: value for name, value in answered.items() if not name.startswith("_")}
    state = {name: value for name, value in answered.items() if name.startswith("_")} | context.state
    if component.loops:
        state |= {
            "_concurrency": getattr(config, "concurrency", 1),
            "_goes_on": getattr(config, "on_error", "") == "continue",
        }
    return Outcome("success", _jsonable(context, ports), state)


def record_unrun(run: Run, step: Step, outcome: Outcome) -> None:
    """Record a step that settles without running: a skipped one, or a loop whose last iteration has ended."""
    if run.journal.final(step.key) is None:
        now = timezone.now()
        started = run.opened.pop(step.key, now)
        attempt = Attempt(step.node_id, step.key, 1, started, 0.0)
        elapsed = (now - started).total_seconds() * 1000
        run.journal.record(attempt, outcome, duration_ms=elapsed)


def gather(context: StepContext, component: Component, config: BaseModel) -> dict[str, Any]:
    """The input ports' values: the config field that fills a port wins; edges fill the first port."""
    inputs: dict[str, Any] = {}
    for index, port in enumerate(component.inputs):
        value = getattr(config, port.filled_by[0], None) if port.filled_by else None
        if value not in (None, ""):
            value = convert(value, port.data_type)
        elif index == 0 and context.sources:
            value = port_value(port.data_type, [(source.node_id, source.value) for source in context.sources])
        filled = any(getattr(config, name, None) not in (None, "") for name in port.filled_by)
        if port.required and value in (None, "") and not filled and not context.sources:
            raise failed_input(port.name, context.node_id, port.filled_by)
        inputs[port.name] = value
    return inputs


def failure(node_id: str, error: PipelitError, step_key: str = "") -> Outcome:
    ports = {"error": {"message": error.detail, "error_code": error.code, "node_id": node_id}}
    state = {"_ends_all": True} if isinstance(error, Exhausted) else {}
    return Outcome("failed", ports, state, error.detail, error.code, step_key)


def _record(
    context: StepContext, attempt: Attempt, outcome: Outcome, inputs: Mapping[str, Any], *, final: bool = True
) -> None:
    metadata: dict[str, Any] = {}
    if context.usage.llm_calls:
        metadata["token_usage"] = context.usage.dump()
        if context.in_substeps:
            metadata["in_substeps"] = True
    if context.logged:
        metadata["log"] = context.logged
    elapsed = (time.perf_counter() - attempt.started) * 1000
    extra = [*context.message_rows(), *context.outgoing] if final and outcome.status == "success" else []
    journal = context.run.journal
    journal.record(attempt, outcome, inputs=inputs, final=final, metadata=metadata, duration_ms=elapsed, extra=extra)
    if context.config is None or context.prepared.component.effect_of(context.config) is not Effect.PURE:
        journal.barrier()
        for delivery in context.outgoing:
            queue.enqueue_delivery(delivery.pk)
        close_old_connections()
    context.usage = Usage()


def _may_retry(error: PipelitError, flat: Mapping[str, Any], number: int, retries: int) -> bool:
    wanted = error.retryable or flat.get("retry_on") == "all"
    return wanted and error.code != UNKNOWN and not isinstance(error, Exhausted) and number <= retries


def _in_doubt(context: StepContext, error: PipelitError) -> PipelitError | None:
    """What to fail with instead, where an unsafe step may have changed the world although it failed, and its node does
    not want it repeated."""
    if not isinstance(error, TransientError) or error.undone or context.config is None:
        return None
    if context.prepared.component.effect_of(context.config) is not Effect.UNSAFE:
        return None
    policy = context.prepared.flat.get("on_unknown", "fail")
    sentence = f"{error.detail} Whether it was done all the same is not known."
    return None if policy == "retry" else UserError(sentence if policy == "ask" else f"{sentence} {LOOK}", code=UNKNOWN)


def _pause(context: StepContext, error: PipelitError, number: int) -> None:
    """Wait before the next attempt: as the other side asks, else doubling. A long pause parks."""
    seconds = getattr(error, "retry_after", None)
    if seconds is None:
        seconds = float(context.prepared.flat.get("retry_backoff_seconds", 1.0)) * 2 ** (number - 1)
    context.deadline = None
    if seconds <= SHORT_WAIT:
        context.sleep(seconds)
    else:
        until = timezone.now() + dt.timedelta(seconds=seconds)
        context.wait_for("timer", until=until, key=f"retry:{number}")


def _interrupt(context: StepContext, when: str, prompt: str) -> None:
    answer = context.wait_for("approval", prompt=prompt, key=f"interrupt:{when}")
    if answer.decision != "confirmed":
        raise Cancelled(f'The interrupt {when} node "{context.node_id}" was refused.')


def outcome_unknown(context: StepContext, row: ExecutionLog) -> Outcome | None:
    """A step or a part of it that may have changed the world broke off: fail, run it again (None), or ask a person."""
    policy = context.prepared.flat.get("on_unknown", "fail")
    part = row.step_key.removeprefix(context.step.key)
    if policy == "ask":
        answer: Answer = context.run.waits.wait(
            context.node_id, context.step.key, f"unknown:{row.attempt}{part}", PendingTask.Kind.OUTCOME_UNKNOWN,
            prompt=f'{row.error or BROKEN_OFF} Run "{context.node_id}{part}" again?',
        )  # fmt: skip
        policy = "retry" if answer.decision == "confirmed" else "fail"
    error = UserError(f"{(row.error or BROKEN_OFF).removesuffix(LOOK).rstrip()} {LOOK}", code=UNKNOWN)
    outcome = failure(context.node_id, error, context.step.key)
    attempt = Attempt(
        context.node_id, row.step_key, row.attempt, row.started_at or row.timestamp, time.perf_counter(), row
    )
    again = policy == "retry"
    context.run.journal.record(attempt, outcome, final=not again and not part, silent=again or bool(part))
    return None if again else outcome


def _unexpected(context: StepContext, error: Exception) -> PipelitError:
    log.exception("Node %s of execution %s failed unexpectedly", context.node_id, context.run.execution.pk)
    name = type(error).__name__
    return PipelitError(f'Node "{context.node_id}" failed unexpectedly ({name}: {error}).', code="internal_error")


def _jsonable(context: StepContext, ports: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outputs are JSON; a component that answers anything else is at fault, and is told where."""
    for name, value in ports.items():
        if not isinstance(value, (str, bool, type(None))):
            try:
                if why := excess(value):
                    raise ValueError(why)
                dumps(value)
            except (TypeError, ValueError, RecursionError) as error:
                raise UserError(
                    f'The output "{name}" of node "{context.node_id}" is no JSON value: {error}.', code="code_error"
                ) from error
    return ports
