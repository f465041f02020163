"""`python -m tests.benchmarks.flood CHANNEL RATE SECONDS`: publishes events at a steady rate, as a busy worker does."""

from __future__ import annotations

import os
import sys
import time

TICK = 0.005
"""Seconds between two groups: the recorder of a worker groups what is recorded at about the same time, too."""


def main(channel: str, rate: float, seconds: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelit.settings")
    import django

    django.setup()
    from pipelit import events

    begun, number, all_of_them = time.perf_counter(), 0, int(rate * seconds)
    while number < all_of_them:
        due = min(all_of_them, int((time.perf_counter() - begun) * rate))
        data = {"node_id": "n", "status": "success"}
        events.publish(*(events.Event("node_status", (channel,), {"number": n, **data}) for n in range(number, due)))
        number = due
        time.sleep(TICK)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
