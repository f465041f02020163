"""Cron lines in each zone around each change of its clocks, beside a walk through every minute."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from zoneinfo import ZoneInfo, available_timezones

import pytest

from apps.workflows.timing import Timing

FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAYS = 730
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LINES = [
    "*/30 * * * *",
    "15 * * * *",
    "*/20 2 * * *",
    "0 */6 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "15,45 1-3 * * *",
    "5 3 * * *",
]
"""What runs every so often (its minute or its hour begins with a star), and what runs at set times of the day."""


def local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def offset(moment: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return local(moment, zone) - moment.replace(tzinfo=None)


def changes(zone: ZoneInfo) -> Iterator[dt.datetime]:
    """The first minutes on a changed clock."""
    for day in range(DAYS):
        start, end = FIRST + day * DAY, FIRST + (day + 1) * DAY
        if offset(start, zone) != offset(end, zone):
            while end - start > MINUTE:
                middle = start + ((end - start) / 2 // MINUTE) * MINUTE
                start, end = (start, middle) if offset(middle, zone) != offset(start, zone) else (middle, end)
            yield end


@functools.cache
def all_changes() -> list[tuple[str, dt.datetime]]:
    """Each change that some zone makes, once: (a zone that makes it, the moment)."""
    found: dict[tuple[dt.datetime, dt.timedelta, dt.timedelta], tuple[str, dt.datetime]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for moment in changes(zone):
            found.setdefault((moment, offset(moment - MINUTE, zone), offset(moment, zone)), (name, moment))
    return list(found.values())


@functools.cache
def field(text: str, count: int) -> frozenset[int]:
    chosen: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low, high = (0, count - 1) if first == "*" else (int(first), int(last or first))
        chosen |= set(range(low, high + 1, int(step or 1)))
    return frozenset(chosen)


def walked(line: str, zone: ZoneInfo, after: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    """What is due in (after, until], by the rules of docs/triggers/schedule.md: minute by minute, in UTC for what runs
    every so often, on a clock that is never changed for set times, each of which is then found on the real one."""
    minutes, hours = line.split()[:2]

    def fits(wall: dt.datetime) -> bool:
        return wall.minute in field(minutes, 60) and wall.hour in field(hours, 24)

    walk = [after + step * MINUTE for step in range(1, (until - after) // MINUTE + 1)]
    if minutes.startswith("*") or hours.startswith("*"):
        return [moment for moment in walk if fits(local(moment, zone))]
    shown: dict[dt.datetime, dt.datetime] = {}
    for moment in [after - DAY + step * MINUTE for step in range((until - after + 2 * DAY) // MINUTE)]:
        shown.setdefault(local(moment, zone), moment)  # in the hour that comes twice: the first time
    walls, due = sorted(shown), set[dt.datetime]()
    wall = walls[0]
    for following in walls[1:]:
        while wall < following:  # a minute that is left out is due at the end of the gap
            if fits(wall):
                due.add(shown[wall] if wall in shown else shown[following])
            wall += MINUTE
    return sorted(moment for moment in due if after < moment <= until)


@pytest.mark.parametrize("line", LINES)
def test_around_each_change_of_clocks_anywhere(line: str) -> None:
    assert len(all_changes()) > 20
    for name, moment in all_changes():
        after, until = moment - 26 * HOUR, moment + 26 * HOUR
        ours, timing = [], Timing(cron=line, timezone=name)
        following = timing.next(after)
        while following <= until:
            ours.append(following)
            following = timing.next(following)
        assert ours == walked(line, ZoneInfo(name), after, until), (name, moment)
