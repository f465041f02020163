"""What the doctor asks of executions: does the scheduler live, and does anything stand still?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone

from pipelit import redis
from pipelit.doctor import START, Finding

from .models import Delivery, PendingTask, Status, TelegramBot, WorkflowExecution
from .scheduler import BEAT_KEY, BEAT_SECONDS

SILENT = dt.timedelta(minutes=30)
"""Few steps run for longer."""
LATE = dt.timedelta(seconds=60)
"""Everything moves again at most this long after what failed is back."""


def findings() -> Iterator[Finding]:
    """Called by `pipelit.doctor` when database and Redis answer."""
    if redis.client().exists(BEAT_KEY):
        yield Finding("ok", "scheduler", "It has reported.")
    else:
        remedy = f"{START} Or one alone: make scheduler."
        yield Finding("error", "scheduler", f"None has reported in the last {BEAT_SECONDS} seconds.", remedy)
    late = timezone.now() - LATE
    free = WorkflowExecution.objects.filter(lease_owner="")
    still = free.filter(Q(status=Status.PENDING, created_at__lt=late) | Q(status=Status.RUNNING, started_at__lt=late))
    overdue = PendingTask.objects.filter(status=PendingTask.Status.PENDING, until__lt=late)
    stuck, timers = still.count(), overdue.count()
    if stuck or timers:
        detail = f"{stuck} executions wait for a worker and {timers} timers are overdue, for more than a minute."
        yield Finding("warning", "executions", detail, "If no worker is busy: manage.py recover, and read the logs.")
    else:
        yield Finding("ok", "executions", "None stands still.")
    yield from held(timezone.now() - SILENT)
    yield from outside()


def held(since: dt.datetime) -> Iterator[Finding]:
    """Executions that a worker has held since then without recording anything."""
    silent = (
        WorkflowExecution.objects.exclude(lease_owner="")
        .filter(status=Status.RUNNING, started_at__lt=since)
        .exclude(logs__timestamp__gte=since)
    )
    if count := silent.count():
        detail = f"{count} run but have recorded nothing for {SILENT.total_seconds() / 60:.0f} minutes."
        remedy = "See executions/?status=running for the step. Cancel them, or restart the worker: another takes them."
        yield Finding("warning", "executions", detail, remedy)


def outside() -> Iterator[Finding]:
    """Bots without messages, and what could not be delivered."""
    for bot in TelegramBot.objects.exclude(error="").select_related("credential"):
        remedy = "Mend the credential, or end the other program that takes the bot's messages."
        yield Finding("warning", "telegram", f'The bot "{bot.credential.name}" gets no messages: {bot.error}', remedy)
    lost = Delivery.objects.filter(status=Delivery.Status.FAILED, created_at__gt=timezone.now() - dt.timedelta(days=7))
    if count := lost.count():
        remedy = "See deliveries/?status=failed for why, and send them again."
        yield Finding("warning", "deliveries", f"{count} of the last seven days were given up.", remedy)
