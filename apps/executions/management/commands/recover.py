"""manage.py recover: do at once what the scheduler does bit by bit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.executions.engine import recovery


class Command(BaseCommand):
    help = "Free the executions of dead workers of this host, fire due timers, and enqueue what no queue knows."

    def handle(self, *args: Any, **options: Any) -> None:
        freed, fired, enqueued = recovery.free_dead(), recovery.fire_due(), recovery.reconcile()
        self.stdout.write(f"{freed} freed from dead workers, {fired} timers and expiries, {enqueued} enqueued")
