from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import ConfigError, StepTimeout

from .._text import Text
from ..base import Category, Component, Ctx, DataType, Family, Port, StepConfig, field

SHORT = 5.0
"""Seconds up to which the wait stays in the process; a longer one parks the execution."""
LONGEST = 366 * 86_400.0
UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86_400.0}


class WaitConfig(StepConfig):
    duration: float | None = field(
        None, title="Duration", help="How long to wait.", expression=True, ge=0, allow_inf_nan=False
    )
    unit: Literal["seconds", "minutes", "hours", "days"] = field("seconds", title="Unit", help="Unit of the duration.")
    until: Text = field(
        "",
        title="Until",
        help="Instead of a duration: a time, as 2026-05-01T08:00:00+02:00. Without an offset it is UTC.",
        widget="datetime",
        expression=True,
        max_length=200,
    )
    callback: bool = field(
        False,
        title="Until called back",
        help="Wait until the node's address, execution.callback_urls.<node>, is called. Duration or until, if given, "
        "are the longest wait.",
    )


class Wait(Component):
    """Waits: for a while, until a time, or until another program calls back.

    What comes in goes out unchanged (after a callback: what the caller sent, if it sent something). A wait of more than
    five seconds parks the execution, which costs nothing and survives restarts.

    `{{ execution.callback_urls.wait_1 }}` is the address at which another program calls back the node `wait_1`, for any
    earlier step to send: for instance in the body of an `http_request`. In a loop each iteration has its own. The
    address takes one POST, with JSON, a form, text or nothing, and needs no key. It may be called before the wait has
    begun: the wait then ends at once. Whoever has the address can end the wait, so executions show it without its
    signature; who may answer the task finds it whole at `tasks/`.
    """

    type = "wait"
    label = "Wait"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "hourglass"
    inputs = (Port("input", DataType.ANY, description="Anything."),)
    outputs = (Port("output", DataType.ANY, description="What came in."),)
    Config = WaitConfig
    example = {"config": {"duration": 2, "unit": "seconds"}, "inputs": {"input": "x"}, "output": {"output": "x"}}

    def is_called(self, config: Mapping[str, Any]) -> bool:
        return bool(config.get("callback"))

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        duration, unit, until = config.get("duration"), config.get("unit", "seconds"), config.get("until")
        found = []
        if duration is None and not until and not config.get("callback"):
            found.append(("duration", "Give a duration or a time, or wait for a callback."))
        if isinstance(duration, (int, float)) and unit in UNITS and duration * UNITS[unit] > LONGEST:
            found.append(("duration", "A wait may last 366 days at most."))
        if isinstance(until, str) and until and "{{" not in until and "{%" not in until and _moment(until) is None:
            found.append(("until", f"{until!r} is no time; write it as 2026-05-01T08:00:00+02:00."))
        return found

    def run(self, ctx: Ctx, config: WaitConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        value = inputs.get("input")
        now = dt.datetime.now(dt.UTC)
        due = self._due(ctx, config, now)
        if config.callback:
            answer = ctx.wait_for("callback", prompt=f'Waits for a call ("{ctx.node_id}")', until=due)
            if answer.decision == "expired":
                raise StepTimeout(f'Nobody called back "{ctx.node_id}" in time.')
            return {"output": value if answer.data is None else answer.data}
        if due is None:
            raise ConfigError(f'The node "{ctx.node_id}" has no duration, no time and no callback to wait for.')
        seconds = (due - now).total_seconds()
        if seconds > SHORT:
            ctx.wait_for("timer", until=due)
        elif seconds > 0:
            ctx.sleep(seconds)
        return {"output": value}

    @staticmethod
    def _due(ctx: Ctx, config: WaitConfig, now: dt.datetime) -> dt.datetime | None:
        """When the wait ends. A replay computes it anew, but the task keeps the time with which it was made."""
        if config.until:
            moment = _moment(config.until)
            if moment is None:
                raise ConfigError(f'The node "{ctx.node_id}" cannot wait until {config.until!r}: that is no time.')
            return moment
        if config.duration is None:
            return None
        seconds = config.duration * UNITS[config.unit]
        if seconds > LONGEST:
            raise ConfigError(f'The node "{ctx.node_id}" cannot wait longer than 366 days.')
        return now + dt.timedelta(seconds=seconds)


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
