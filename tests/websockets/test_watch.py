"""manage.py watch."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pipelit import events
from pipelit.events import Event


def publish(*numbers: int) -> None:
    events.publish(*(Event("token", ("workflow:echo",), {"n": n}) for n in numbers))


class Lines(StringIO):
    """Publishes the next event when it has been told of one."""

    def flush(self) -> None:
        publish(self.getvalue().count("\n"))


def watch(**options: Any) -> list[Any]:
    out = Lines()
    call_command("watch", "workflow:echo", stdout=out, **options)
    return [json.loads(line)["data"]["n"] for line in out.getvalue().splitlines()]


def test_prints_what_happens() -> None:
    publish(0)
    assert watch(since="0", count=3) == [0, 1, 2]


def test_from_now_on(monkeypatch: pytest.MonkeyPatch) -> None:
    place = events.place

    def placed(*around: Any) -> events.Place:
        found = place(*around)
        publish(0)
        return found

    monkeypatch.setattr(events, "place", placed)
    publish(7)
    assert watch(count=2) == [0, 1]


@pytest.mark.parametrize(
    ("channel", "since", "sentence"),
    [("nothing", "0", "A channel is"), ("workflow:echo", "x", "no seq"), ("workflow:echo", "1-1", "not kept")],
)
def test_what_it_refuses(channel: str, since: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("watch", channel, since=since)
