"""When things are due: lists against an independent cron library, the hours that clocks change, what cannot be."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.workflows.timing import BadTiming, Timing

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"]
BERLIN = ZoneInfo("Europe/Berlin")
MINUTES = st.sampled_from(["0", "30", "*/15", "*", "5,50", "10-20/5"])
HOURS = st.sampled_from(["*", "8", "*/6", "9-17", "0,12", "23"])
DAYS = st.sampled_from(["*", "1", "15", "*/10", "28"])
MONTHS = st.sampled_from(["*", "1", "*/3", "6-8"])
WEEKDAYS = st.sampled_from(["*", "1-5", "0", "MON,WED"])
MOMENTS = st.integers(0, 6 * 366 * 1440).map(lambda minutes: utc(2024, 1, 1) + dt.timedelta(minutes=minutes))


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


def no_change(zone: str, first: dt.datetime, last: dt.datetime) -> bool:
    """Whether the clocks of the zone stay as they are; the libraries differ on what a change does to a fixed time."""
    here = ZoneInfo(zone)
    days = (last - first).days + 2
    offsets = {(first + dt.timedelta(hours=hours)).astimezone(here).utcoffset() for hours in range(-1, 24 * days)}
    return len(offsets) == 1


@settings(deadline=None, max_examples=150)
@given(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, st.sampled_from(ZONES), MOMENTS)
def test_fires_are_those_of_another_library(
    minute: str, hour: str, day: str, month: str, weekday: str, zone: str, after: dt.datetime
) -> None:
    weekday = "*" if day.startswith("*/") else weekday  # both must fit then, as in Debian; not so over there
    line = f"{minute} {hour} {day} {month} {weekday}"
    ours = Timing(cron=line, timezone=zone).upcoming(after, 6)
    other = croniter(line, after.astimezone(ZoneInfo(zone)))
    theirs = [other.get_next(dt.datetime).astimezone(dt.UTC) for _ in ours]
    if no_change(zone, after, ours[0]) and (ours[-1] - after).days < 60 and no_change(zone, after, ours[-1]):
        assert ours == theirs
    assert ours == sorted(set(ours))
    assert ours[0] > after


@settings(deadline=None, max_examples=60)
@given(MINUTES, st.sampled_from(["*", "*/6"]), st.sampled_from(ZONES), MOMENTS)
def test_each_fire_is_on_the_clock_of_its_zone(minute: str, hour: str, zone: str, after: dt.datetime) -> None:
    """What is due every so often never stands still or runs twice at one moment, whatever the clocks do."""
    timing = Timing(cron=f"{minute} {hour} * * *", timezone=zone)
    fires = timing.upcoming(after, 50)
    assert all(a < b for a, b in zip([after, *fires], fires, strict=False))


def test_the_hour_that_is_left_out() -> None:
    timing = Timing(cron="30 2 * * *", timezone="Europe/Berlin")
    fires = timing.upcoming(dt.datetime(2026, 3, 28, 0, tzinfo=BERLIN), 3)
    assert fires == [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]


def test_the_hour_that_comes_twice() -> None:
    start = dt.datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    daily = Timing(cron="30 2 * * *", timezone="Europe/Berlin").upcoming(start, 2)
    assert daily == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]
    often = Timing(cron="*/30 * * * *", timezone="Europe/Berlin").upcoming(utc(2026, 10, 25, 0), 4)
    assert often == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 2)]


def test_intervals_do_not_drift() -> None:
    assert Timing(90).upcoming(utc(2026, 1, 1), 2) == [utc(2026, 1, 1, 0, 1, 30), utc(2026, 1, 1, 0, 3)]
    assert Timing(60).latest(utc(2026, 1, 1), utc(2026, 1, 1, 1, 0, 30)) == (utc(2026, 1, 1, 1), 61)
    hourly = Timing(cron="@hourly")
    assert hourly.latest(utc(2026, 1, 1), utc(2026, 1, 1, 5, 59)) == (utc(2026, 1, 1, 5), 6)
    minutely = Timing(cron="* * * * *")
    assert minutely.latest(utc(2020, 1, 1), utc(2026, 1, 1))[0] == utc(2026, 1, 1)


@pytest.mark.parametrize(
    ("timing", "field", "said"),
    [
        (Timing(0), "interval_seconds", "1 to"),
        (Timing(10 * 366 * 86_400), "interval_seconds", "366 days"),
        (Timing(), "cron", "one of both"),
        (Timing(60, "* * * * *"), "cron", "one of both"),
        (Timing(cron="61 * * * *"), "cron", "minute"),
        (Timing(cron="0 0 31 2 *"), "cron", "no cron line that ever comes true: none of its months has such a day"),
        (Timing(cron="0 0 30 2 MON#9"), "cron", "day of week may be 0 to 7"),
        (Timing(cron="0 0 32 * *"), "cron", "day of month may be 1 to 31"),
        (Timing(cron="0 0 1 FEBRUARY *"), "cron", "month may be 1 to 12"),
        (Timing(cron="* * * *"), "cron", "five fields"),
        (Timing(cron="* * * * * *"), "cron", "five fields"),
        (Timing(cron="@reboot"), "cron", "five fields"),
        (Timing(cron="* * * * *; rm"), "cron", "five fields"),
        (Timing(60, timezone="Mars/Base"), "timezone", "Mars/Base"),
        (Timing(60, timezone="../../etc/passwd"), "timezone", "no IANA"),
        (Timing(60, timezone=""), "timezone", "no IANA"),
    ],
)
def test_what_cannot_be(timing: Timing, field: str, said: str) -> None:
    with pytest.raises(BadTiming, match=said) as caught:
        timing.check()
    assert caught.value.field == field
