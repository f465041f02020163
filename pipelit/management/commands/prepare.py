"""manage.py prepare: what must be done before the processes of the product start."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import ERROR, CheckMessage, Tags, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from pipelit import env, preparation

LOCK = 7_305_808_868
"""The key of PostgreSQL's advisory lock: several hosts may start together."""


class Refused(SystemExit):
    """Ends the command with a sentence on stderr and the exit code 1."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"pipelit: {sentence}")


class Command(BaseCommand):
    help = "Check the settings, bring the database up to date, and on the first start create an admin and the demo."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        refuse(run_checks())
        try:
            connect()
            with alone():
                self.migrate()
                refuse(run_checks(tags=[Tags.database], databases=[connection.alias]))
                if not get_user_model().objects.exists():
                    self.first_start()
        except DatabaseError as error:
            cause = " ".join(str(error).split()).rstrip(".")
            raise Refused(f"The database cannot be used: {cause}. Check DATABASE_URL.") from None
        preparation.leave_stamp(env.load(os.environ))  # settings.ENV has been filled in by Django

    def migrate(self) -> None:
        """Apply what is missing; refuse a database that a newer version has changed."""
        executor = MigrationExecutor(connection)
        known = executor.loader.disk_migrations or {}
        ours = {app for app, _ in known}
        applied = executor.loader.applied_migrations
        unknown = sorted(f"{app}.{name}" for app, name in applied if app in ours and (app, name) not in known)
        if unknown:
            raise Refused(
                f"A newer Pipelit has changed the database ({unknown[-1]}): run that version, or restore a backup."
            )
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write(f"Bringing the database up to date: {len(plan)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)

    def first_start(self) -> None:
        """The first admin, with the password of the environment or a random one that is shown once, and the demo."""
        with transaction.atomic():
            call_command("create_admin", stdout=self.stdout)
            call_command("seed_demo", stdout=self.stdout)


def connect() -> None:
    """Raises DatabaseError with the cause: a pool would only say, after a while, that it got no connection."""
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            connection.Database.connect(**connection.get_connection_params()).close()  # type: ignore[attr-defined]


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else prepares this database meanwhile. (SQLite's belongs to one host, whose supervisor holds a lock.)"""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def refuse(messages: Iterable[CheckMessage]) -> None:
    """Raises Refused with the first error of the system checks."""
    for message in messages:
        if message.level >= ERROR:
            raise Refused(" ".join(filter(None, [message.msg, message.hint, f"({message.id})"])))
