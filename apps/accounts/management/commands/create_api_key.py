"""A key, from the command line."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.actions import create_key
from apps.accounts.models import UserProfile
from pipelit.errors import UserError


class Command(BaseCommand):
    help = "Make an API key for USER and print it, once, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="User name.")
        parser.add_argument("--name", default="Command line", help="What the key is for.")
        parser.add_argument("--days", type=int, help="How long it is good for; without it, until revoked.")
        parser.add_argument("--scope", action="append", default=[], help="Limit it: read, write.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = UserProfile.objects.filter(username__iexact=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        expires = timezone.now() + dt.timedelta(days=options["days"]) if options["days"] is not None else None
        try:
            _, raw = create_key(user, options["name"], expires, options["scope"])
        except UserError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(raw)
