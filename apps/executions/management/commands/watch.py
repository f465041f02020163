"""manage.py watch CHANNEL: print live events as they happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.executions.hearing import CHANNEL
from pipelit import events, redis

BLOCK_MILLISECONDS = 1000


class Command(BaseCommand):
    help = "Print the live events of a channel as they happen, one JSON object per line. Ctrl-C ends it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", help="workflow:<slug>, execution:<id> or user:<id>.")
        parser.add_argument("--since", help="Begin after this seq; 0 for all that is kept. Default: now.")
        parser.add_argument("--count", type=int, help="End after so many events.")

    def handle(self, *args: Any, channel: str, since: str | None, count: int | None, **options: Any) -> None:
        if not CHANNEL.fullmatch(channel):
            raise CommandError("A channel is workflow:<slug>, execution:<id> or user:<id>.")
        try:
            for number, event in enumerate(follow(channel, since), 1):
                self.stdout.write(json.dumps(event, ensure_ascii=False))
                self.stdout.flush()
                if number == count:
                    return
        except KeyboardInterrupt:
            return
        except ValueError as error:
            raise CommandError(f"--since: {error}") from None
        except events.Gone:
            raise CommandError("What happened after this seq is not kept any more; --since 0 shows the rest.") from None
        except redis.DOWN as error:
            raise CommandError(f"Redis cannot be reached: {error}") from None


def follow(channel: str, since: str | None) -> Iterator[dict[str, Any]]:
    """The channel's events after `since` (None: from now on), without end."""
    pipe = redis.client().pipeline(transaction=False)
    events.look_around(pipe, channel, since)
    place = events.place(since, *pipe.execute())
    if place.gone:
        raise events.Gone(since)
    last = place.seq
    while True:
        answer: Any = redis.client().xread({events.stream_key(channel): last}, count=500, block=BLOCK_MILLISECONDS)
        for entry_id, fields in answer[0][1] if answer else ():
            event = events.envelope(channel, entry_id, fields)
            last = event["seq"]
            yield event
