"""manage.py doctor: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelit import doctor

MARKS = {"ok": "ok  ", "warning": "WARN", "error": "BAD "}


class Command(BaseCommand):
    help = "Say what is wrong with this installation and how to mend it. The exit code is 1 if something is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list of findings")
        parser.add_argument("--only", metavar="SUBJECT", help="one subject: redis, workers, ...")

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "error": self.style.ERROR}
        found = []
        for finding in doctor.findings():
            if options["only"] not in {None, finding.subject}:
                continue
            found.append(finding)
            if not options["json"]:
                self.stdout.write(
                    f"{styles[finding.level](MARKS[finding.level])} {finding.subject:<11} {finding.detail}"
                )
                if finding.remedy:
                    self.stdout.write(f"{'':<17}-> {finding.remedy}")
        if options["json"]:
            self.stdout.write(json.dumps([finding.as_dict() for finding in found], indent=2))
        if not found and options["only"]:
            raise CommandError(
                f"Nothing was found out about {options['only']}: another fault is in the way, or it is no subject."
            )
        if any(finding.level == "error" for finding in found):
            sys.exit(1)
