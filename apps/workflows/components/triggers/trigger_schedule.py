from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ...timing import BadTiming, Timing
from ..base import Category, Component, Ctx, DataType, Family, Port, field
from ._config import TriggerConfig


class ScheduleConfig(TriggerConfig):
    interval_seconds: int | None = field(
        None,
        title="Every",
        help="Seconds from one run to the next. Instead of a cron line.",
        location="trigger_config",
        ge=1,
        le=366 * 86_400,
    )
    cron: str = field(
        "",
        title="Cron line",
        help="Minute, hour, day of month, month, day of week: 0 8 * * 1-5 is 8:00 on weekdays.",
        widget="cron",
        location="trigger_config",
        max_length=200,
    )
    timezone: str = field(
        "UTC",
        title="Time zone",
        help="IANA zone of the cron line.",
        widget="timezone",
        location="trigger_config",
        max_length=64,
    )
    total_repeats: int | None = field(
        None,
        title="Repeats",
        help="Runs in all; empty: without end.",
        location="trigger_config",
        ge=1,
        le=1_000_000_000,
    )
    max_retries: int = field(
        0,
        title="Retries",
        help="How often a failed run is started again; when all are used up the schedule stops. "
        "0: it goes on with the next run.",
        location="trigger_config",
        ge=0,
        le=100,
    )
    timeout_seconds: int | None = field(
        None,
        title="Time-out",
        help="A run that takes longer is cancelled and counts as failed.",
        location="trigger_config",
        ge=1,
    )
    overlap: Literal["allow", "skip", "queue"] = field(
        "skip",
        title="If the last run still goes on",
        help="What becomes of the next one.",
        words={"allow": "Start all the same", "skip": "Leave this run out", "queue": "Wait until it has ended"},
        location="trigger_config",
    )
    catch_up: Literal["skip", "once", "all"] = field(
        "skip",
        title="Runs that were missed",
        help="While Pipelit was not running.",
        words={"skip": "None of them", "once": "One for all", "all": "Each of them"},
        location="trigger_config",
    )
    trigger_payload: dict[str, Any] = field(
        {}, title="Payload", help="An object that each run gets.", widget="json", location="trigger_config"
    )


class ScheduleTrigger(Component):
    """Starts the workflow at set times: every so many seconds, or by a cron line in a time zone.

    Nothing happens until the schedule is started: press *Start* in the form of the node. Several schedules may start
    one trigger.
    """

    type = "trigger_schedule"
    label = "Schedule"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "clock"
    outputs = (
        Port("timestamp", DataType.STRING, description="When the run was due, ISO 8601 in UTC."),
        Port("payload", DataType.OBJECT, description="The schedule's payload."),
    )
    Config = ScheduleConfig
    example = {
        "config": {"cron": "0 8 * * 1-5", "timezone": "Europe/Berlin"},
        "scope": {"trigger": {"timestamp": "2026-01-05T07:00:00+00:00", "payload": {"x": 10}}},
        "output": {"timestamp": "2026-01-05T07:00:00+00:00", "payload": {"x": 10}},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        kinds: dict[str, type] = {"interval_seconds": int, "cron": str, "timezone": str}
        given: dict[str, Any] = {
            name: value for name, kind in kinds.items() if (value := config.get(name)) and isinstance(value, kind)
        }
        if not given.keys() & {"interval_seconds", "cron"}:
            return []
        try:
            Timing(**given).check()
        except BadTiming as error:
            return [(error.field, str(error))]
        return []

    def doubts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        if config.get("interval_seconds") or config.get("cron"):
            return []
        return [("interval_seconds", "It has no time: only schedules that are made elsewhere start it.")]

    def run(self, ctx: Ctx, config: ScheduleConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"timestamp": ctx.trigger.get("timestamp") or "", "payload": ctx.trigger.get("payload") or {}}
