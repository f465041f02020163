from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field

from pipelit.errors import ConfigError

from .._text import Text
from ..base import Category, Component, Ctx, DataType, Effect, Family, Port, StepConfig, field
from ._tool import tool

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Operation = Literal["now", "convert", "add", "subtract", "difference"]
Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years"]


class DatetimeConfig(StepConfig):
    timezone: Text = field(
        "UTC",
        title="Time zone",
        help="IANA name, such as Europe/Prague.",
        widget="timezone",
        expression=True,
        max_length=100,
    )
    operation: Operation = field(
        "now",
        title="Operation",
        help="The time now; a time in the zone; a time plus or minus an amount; how long from a time to another.",
    )
    value: Text = field(
        "",
        title="Time",
        help="Such as 2026-03-01T12:00:00+01:00; without an offset it is in the zone. Empty: now.",
        expression=True,
        max_length=200,
    )
    other: Text = field(
        "",
        title="Other time",
        help="For a difference: the time up to which is counted. Empty: now.",
        expression=True,
        max_length=200,
    )
    amount: float = field(
        0,
        title="Amount",
        help="How much is added or subtracted.",
        expression=True,
        ge=-1e9,
        le=1e9,
        allow_inf_nan=False,
    )
    unit: Unit = field("days", title="Unit", help="Unit of the amount.")
    format: str = field(
        "", title="Format", help="How text is written, as in strftime: %d.%m.%Y %H:%M. Empty: ISO 8601.", max_length=200
    )


class DatetimeArguments(BaseModel):
    operation: Operation = Field("now", description="What to work out.")
    value: str = Field("", description="ISO 8601 time to start from; empty: now.")
    other: str = Field("", description="For difference: the time up to which is counted; empty: now.")
    amount: float = Field(0, description="For add and subtract: how much.", ge=-1e9, le=1e9)
    unit: Unit = Field("days", description="Unit of the amount.")
    timezone: str = Field("", description="IANA time zone; empty: the one that is set up.")


class Datetime(Component):
    """The time now in a zone, and arithmetic with times.

    The output is an object: `iso`, `date`, `time`, `weekday`, `timezone`, `timestamp` (seconds since 1970) and `text`
    (in the chosen format); for a difference `seconds`, `minutes`, `hours`, `days` and `text`. Days, weeks, months and
    years follow the calendar of the zone: a day later is the same time of day, even when the clocks change. 31 January
    plus one month is the last day of February.
    """

    type = "datetime"
    label = "Date and time"
    category = Category.TOOL
    family = Family.TOOL
    icon = "calendar-clock"
    attaches_as = "tool"
    inputs = (Port("input", DataType.ANY, description="The time to start from, as text.", filled_by=("value",)),)
    outputs = (Port("output", DataType.ANY, description="The result, an object."),)
    Config = DatetimeConfig
    quick = True
    example = {
        "config": {"operation": "add", "value": "2026-03-28T12:00:00", "amount": 1, "timezone": "Europe/Prague"},
        "inputs": {"input": "2026-03-28T12:00:00"},
        "output": {
            "output": {
                "iso": "2026-03-29T12:00:00+02:00",
                "date": "2026-03-29",
                "time": "12:00:00",
                "weekday": "Sunday",
                "timezone": "Europe/Prague",
                "timestamp": 1774778400.0,
                "text": "2026-03-29T12:00:00+02:00",
            }
        },
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        name = config.get("timezone")
        if isinstance(name, str) and name and "{{" not in name:
            try:
                _zone(name)
            except ConfigError as error:
                return [("timezone", error.detail)]
        return []

    def run(self, ctx: Ctx, config: DatetimeConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        given = inputs.get("input")
        value = given if isinstance(given, str) and config.operation != "now" else config.value
        return {"output": calculate(config, config.operation, value, config.other, config.amount, config.unit)}

    def tools(self, ctx: Ctx, config: DatetimeConfig) -> list[BaseTool]:
        def call(**arguments: Any) -> Any:
            zone = arguments.pop("timezone") or config.timezone
            return calculate(config.model_copy(update={"timezone": zone}), **arguments)

        about = f"The date and time now, and arithmetic with times. Time zone unless given: {config.timezone}."
        return [tool(ctx, "datetime", about, DatetimeArguments, call, Effect.PURE)]


def calculate(
    config: DatetimeConfig, operation: Operation, value: str, other: str, amount: float, unit: Unit
) -> dict[str, Any]:
    """The output of one operation. Raises ConfigError for what is no time, no zone, or out of range."""
    zone = _zone(config.timezone)
    start = _moment("" if operation == "now" else value, zone)
    try:
        if operation == "difference":
            return _span((_moment(other, zone) - start).total_seconds())
        if operation in ("add", "subtract"):
            start = _shifted(start, amount if operation == "add" else -amount, unit)
        return _shown(start, config)
    except (OverflowError, ValueError) as error:
        raise ConfigError(f"The time lies outside the years 1 to 9999, or the format is wrong: {error}.") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"There is no time zone {name!r}; give an IANA name such as Europe/Prague.") from None


def _moment(text: str, zone: ZoneInfo) -> dt.datetime:
    if not text.strip():
        return dt.datetime.now(zone)
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{text!r} is no time; write it as 2026-03-01T12:00:00+01:00.") from None
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _shifted(start: dt.datetime, amount: float, unit: Unit) -> dt.datetime:
    """Clock units count elapsed time, calendar units keep the time of day."""
    if unit in ("seconds", "minutes", "hours"):
        span = dt.timedelta(**{unit: amount})
        return (start.astimezone(dt.UTC) + span).astimezone(start.tzinfo)
    if unit in ("days", "weeks"):
        return start + dt.timedelta(**{unit: amount})
    if amount != int(amount):
        raise ConfigError(f"{amount:g} {unit}: months and years are counted in whole numbers.")
    months = start.month - 1 + int(amount) * (12 if unit == "years" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
    return start.replace(year=year, month=month, day=min(start.day, (first_of_next - dt.timedelta(days=1)).day))


def _shown(moment: dt.datetime, config: DatetimeConfig) -> dict[str, Any]:
    return {
        "iso": moment.isoformat(),
        "date": moment.date().isoformat(),
        "time": moment.time().isoformat(timespec="seconds"),
        "weekday": moment.strftime("%A"),
        "timezone": config.timezone,
        "timestamp": moment.timestamp(),
        "text": moment.strftime(config.format) if config.format else moment.isoformat(),
    }


def _span(seconds: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "minutes": seconds / 60,
        "hours": seconds / 3600,
        "days": seconds / 86_400,
        "text": str(dt.timedelta(seconds=seconds)),
    }
