"""manage.py scheduler: fire timers, free what dead workers held, enqueue what no queue knows."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from apps.executions.scheduler import TICK_SECONDS, Scheduler


class Command(BaseCommand):
    help = "Fire timers, free what dead workers held, and enqueue what no queue knows, until stopped."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        scheduler = Scheduler()
        self.stdout.write("Scheduler ready")
        while not ended.is_set():
            scheduler.safe_step()
            ended.wait(TICK_SECONDS)
        scheduler.stop()
