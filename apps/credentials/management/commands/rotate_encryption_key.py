"""Bring everything that is encrypted over to the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.credentials import rotation
from apps.credentials.encryption import canary_problem


class Command(BaseCommand):
    help = (
        "Encrypt anew, with the first key of FIELD_ENCRYPTION_KEY, what was encrypted with the others. Put the new key "
        "in front, restart, run this, then remove the old key. It may be stopped at any time and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        problem = canary_problem()
        if problem:
            raise CommandError(problem)
        done = 0
        while count := rotation.step():
            done += count
            if options["verbosity"] > 1:
                self.stdout.write(f"{done} ...")
        self.stdout.write(f"{done} rotated; everything is encrypted with the first key.")
