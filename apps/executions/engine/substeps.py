"""run_substep: the calls of a step that are recorded one by one, such as an agent's of its model and its tools."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from apps.workflows.components.base import Effect
from pipelit.crash import crash_point
from pipelit.errors import Cancelled, PipelitError, StepTimeout, UserError

from .context import StepContext
from .deadline import DeadlineExceeded
from .journal import Attempt
from .recorder import LeaseLost
from .runner import UNKNOWN, failure, outcome_unknown
from .state import Outcome
from .usage import Usage


def run_substep(
    context: StepContext,
    key: str,
    work: Callable[[], Mapping[str, Any]],
    effect: Effect,
    inputs: Mapping[str, Any],
) -> Mapping[str, Any]:
    """A journalled part of a step: run once, its record returned ever after."""
    run, step_key = context.run, f"{context.step.key}/{key}"
    context.in_substeps = True
    recorded = run.journal.final(step_key)
    if recorded is not None:
        context.usage.add(Usage.load(run.journal.usage_of(step_key)))
        return recorded.ports
    attempts = run.journal.attempts(step_key)
    last = attempts[-1] if attempts else None
    if last is not None and (last.status == "running" or last.error_code == UNKNOWN):
        unknown = outcome_unknown(context, last)
        if unknown is not None:
            raise UserError(unknown.error, code=unknown.error_code)
    number = last.attempt + 1 if last else 1
    attempt = Attempt(context.step.node_id, step_key, number, timezone.now(), time.perf_counter())
    run.check()
    run.journal.running(attempt, inputs, durable=effect is Effect.UNSAFE)
    before = context.usage.dump()
    try:
        ports = dict(work())
    except (LeaseLost, Cancelled, OperationalError, InterfaceError):
        raise
    except BaseException as error:
        if attempt.row is not None:  # left as `running` it would seem to have been broken off
            run.journal.record(attempt, failure(context.node_id, _told(error), step_key), final=False, silent=True)
        raise
    crash_point("substep.ran")
    used = _difference(before, context.usage)
    metadata = {"token_usage": used} if used["llm_calls"] else {}
    elapsed = (time.perf_counter() - attempt.started) * 1000
    outcome = Outcome("success", ports)
    run.journal.record(attempt, outcome, inputs=inputs or None, metadata=metadata, duration_ms=elapsed, silent=True)
    run.journal.barrier()
    return ports


def _told(error: BaseException) -> PipelitError:
    if isinstance(error, DeadlineExceeded):
        return StepTimeout("The step's time was up.")
    return error if isinstance(error, PipelitError) else PipelitError(f"{type(error).__name__}: {error}")


def _difference(before: Mapping[str, Any], now: Usage) -> dict[str, Any]:
    then = Usage.load(before)
    return Usage(
        now.input_tokens - then.input_tokens, now.output_tokens - then.output_tokens,
        now.llm_calls - then.llm_calls, now.cost_usd - then.cost_usd, now.cost_known,
    ).dump()  # fmt: skip
