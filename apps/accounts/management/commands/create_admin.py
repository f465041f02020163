"""The first admin, from the command line."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.actions import create_user
from apps.accounts.models import Role, UserProfile
from pipelit.errors import UserError


class Command(BaseCommand):
    help = (
        "Create an admin. Name and password: the arguments, else ADMIN_USERNAME and ADMIN_PASSWORD, else `admin` and a "
        "random password, which is printed once. An account of that name that exists is left as it is."
    )

    stealth_options = ("password",)
    """By `call_command` only: a password in the process list is none."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", nargs="?")
        parser.add_argument("--if-none", action="store_true", help="Do nothing when there is an admin already.")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"] or settings.ADMIN_USERNAME or "admin"
        admins = UserProfile.objects.filter(role=Role.ADMIN, is_agent=False)
        if options["if_none"] and admins.exists():
            return
        if UserProfile.objects.filter(username__iexact=username).exists():
            self.stdout.write(f"{username} exists already; nothing was changed.")
            return
        given = options.get("password") or settings.ADMIN_PASSWORD or None
        password = given or secrets.token_urlsafe(15)
        try:
            create_user(username, password, role=Role.ADMIN)
        except UserError as error:
            raise CommandError(error.detail) from None
        if options["verbosity"]:
            self.stdout.write(f"Created admin {username}.")
        if not given:
            self.stdout.write(f"Password (shown this once): {password}")
