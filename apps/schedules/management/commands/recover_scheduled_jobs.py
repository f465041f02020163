"""manage.py recover_scheduled_jobs: do at once what is due."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.schedules import firing


class Command(BaseCommand):
    help = "Start what is due by each schedule's catch-up policy, and settle what has ended. The scheduler does so too."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        while step := firing.step():
            done += step
        self.stdout.write(f"{done} steps of schedules were due.")
