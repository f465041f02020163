"""manage.py up: what `make run` starts, once everything is installed."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start the embedded Redis, web, worker and scheduler, show their logs, and stop them all on Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # the supervisor needs no Django: give back the memory of this one
        os.execv(sys.executable, [sys.executable, "-m", "pipelit.supervisor"])  # noqa: S606
