"""When something is due again: every so many seconds, or by a cron line in a time zone. Pure.

A cron line follows the wall clock of its zone. In the hour that is skipped in spring, what was due runs right after
it; in the hour that comes twice in autumn, what is due at one time of day runs once, what is due every so many minutes
runs on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

MIN_SECONDS, MAX_SECONDS = 1, 366 * 86_400
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, or L for the last",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7, or SUN to SAT",
}
NEVER = "This is no cron line that ever comes true: none of its months has such a day."


class Cron(CronSim):
    """Looks at each half of an hour: by so little the clocks of Lord Howe Island are changed."""

    def advance_hour(self) -> bool:
        if self.dt.hour in self.hours:
            return False
        self.dt = self.dt.replace(minute=0, second=0)
        day = self.dt.day
        while self.dt.hour not in self.hours and self.dt.day == day:
            self.tick(seconds=1800)
        return True


class BadTiming(ValueError):
    """No such timing; `field` is at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Timing:
    """Either `interval_seconds` or `cron`."""

    interval_seconds: int | None = None
    cron: str = ""
    timezone: str = "UTC"

    def check(self) -> None:
        """Raises BadTiming."""
        if (self.interval_seconds is None) is not bool(self.cron):
            raise BadTiming("cron", "Give an interval or a cron line, one of both.")
        zone(self.timezone)
        if self.interval_seconds is not None:
            if not MIN_SECONDS <= self.interval_seconds <= MAX_SECONDS:
                sentence = f"An interval is {MIN_SECONDS} to {MAX_SECONDS} seconds (366 days)."
                raise BadTiming("interval_seconds", sentence)
            return
        self.next(dt.datetime.now(dt.UTC))

    def next(self, after: dt.datetime) -> dt.datetime:
        """The first time after `after`, in UTC. Raises BadTiming for a line that is none, or never comes true."""
        if self.interval_seconds is not None:
            return after + dt.timedelta(seconds=self.interval_seconds)
        line = ALIASES.get(self.cron.strip().lower(), self.cron)
        if len(line.split()) != 5:
            raise BadTiming("cron", "A cron line has five fields: minute, hour, day of month, month, day of week.")
        try:
            return next(Cron(line, after.astimezone(zone(self.timezone)))).astimezone(dt.UTC)
        except CronSimError as error:
            raise BadTiming("cron", _why(line, error)) from None
        except (StopIteration, OverflowError):
            raise BadTiming("cron", NEVER) from None

    def upcoming(self, after: dt.datetime, count: int) -> list[dt.datetime]:
        found: list[dt.datetime] = []
        for _ in range(count):
            after = self.next(after)
            found.append(after)
        return found

    def latest(self, due: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, int]:
        """Of the times from `due` to `now` the last one, and how many there are (counted up to 10,000 for a cron
        line: from there on only the last day is looked at)."""
        if self.interval_seconds is not None:
            missed = int((now - due).total_seconds() // self.interval_seconds)
            return due + dt.timedelta(seconds=missed * self.interval_seconds), missed + 1
        count = 1
        while (following := self.next(due)) <= now:
            due, count = following, count + 1
            if count == 10_000:
                due = max(due, now - dt.timedelta(days=1))
        return due, count


def _why(line: str, error: CronSimError) -> str:
    """CronSim names the field only, and takes the 31st of February for a misspelt day."""
    minute, hour, day, _month, weekday = line.split()
    name = str(error).removeprefix("Bad ")
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", dt.datetime.now(dt.UTC))
    except CronSimError:
        return f"This is no cron line: its {name.replace('-', ' ')} may be {FIELDS[name]}, or * for any."
    return f"This is no cron line: its month may be {FIELDS['month']}, or * for any." if name == "month" else NEVER


def zone(name: str) -> ZoneInfo:
    """The IANA zone; raises BadTiming."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise BadTiming("timezone", f"{name!r} is no IANA time zone, such as Europe/Berlin.") from None
