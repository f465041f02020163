"""A thread per wanted bot in the scheduler process: it has Telegram send updates the way the credential asks for, and
polls for them; among all processes one poller per bot, by lease."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from apps.executions.engine.lease import owner_name
from apps.executions.models import TelegramBot
from pipelit import redis
from pipelit.errors import PipelitError

from . import bots, updates

log = logging.getLogger(__name__)
POLL_SECONDS = 25
LEASE_SECONDS = 60
LOOK_SECONDS = 5.0
"""How often the wanted bots are looked up."""
PAUSE_SECONDS = 60.0
"""The longest pause after failures in a row."""


def hold(credential_id: int, owner: str) -> bool:
    """Take or keep the lease of a bot; False if another process polls it."""
    free = TelegramBot.objects.filter(Q(lease_owner=owner) | Q(lease_until__lt=timezone.now()), pk=credential_id)
    return bool(free.update(lease_owner=owner, lease_until=_until()))


def poll_once(credential_id: int, owner: str, seconds: int = POLL_SECONDS) -> int:
    """Fetch what has come to a bot that `owner` holds, waiting up to so many seconds, and handle it; how many updates.
    Each is handled before the next is asked for, so none is lost. Raises PipelitError."""
    row = TelegramBot.objects.get(pk=credential_id)
    found = bots.fields(credential_id)
    if row.fingerprint != bots.fingerprint(found) or not _keep(row, owner):
        return 0  # it is to be registered anew, or another process has taken over
    connections.close_all()  # it may take long, and needs none meanwhile
    asked = {"offset": row.offset, "timeout": seconds, "allowed_updates": bots.UPDATES}
    brought = bots.client_of(found).call("getUpdates", asked, seconds=seconds + 10.0)
    for update in brought:
        if not _keep(row, owner):
            return 0
        updates.take(credential_id, update)
        if not _keep(row, owner, offset=int(update["update_id"]) + 1):
            return 0
    bots.note(credential_id, "")
    return len(brought)


def _keep(row: TelegramBot, owner: str, **changes: Any) -> bool:
    """Renew a lease that is still the owner's, of what is still the same bot."""
    mine = TelegramBot.objects.filter(pk=row.pk, lease_owner=owner, fingerprint=row.fingerprint)
    return bool(mine.update(lease_until=_until(), **changes))


def _until() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=LEASE_SECONDS)


class Poller:
    """`step()` sees to it that each wanted bot has its thread; threads do all the calling and waiting."""

    def __init__(self) -> None:
        self._owner = owner_name()
        self._threads: dict[int, threading.Thread] = {}
        self._wanted: set[int] = set()
        self._ended = threading.Event()
        self._holding = threading.Lock()
        """So that no lease is taken once they are given back."""
        self._look_at = 0.0

    def step(self, now: float) -> int:
        """Look up the bots if that is due by `now` (seconds, monotonic); how many threads were started."""
        if now < self._look_at:
            return 0
        self._look_at = now + LOOK_SECONDS
        self._wanted, started = bots.wanted(), 0
        for key in self._wanted:
            thread = self._threads.get(key)
            if thread is None or not thread.is_alive():
                self._threads[key] = threading.Thread(target=self._loop, args=(key,), name=f"bot-{key}", daemon=True)
                self._threads[key].start()
                started += 1
        return started

    def stop(self) -> None:
        """Give the leases back, so that another process may poll at once."""
        with self._holding:
            self._ended.set()
            TelegramBot.objects.filter(lease_owner=self._owner).update(lease_owner="", lease_until=timezone.now())

    def _loop(self, credential_id: int) -> None:
        failures = 0
        while not self._ended.is_set() and credential_id in self._wanted:
            try:
                pause = self._turn(credential_id)
                failures = 0
            except (PipelitError, DatabaseError, *redis.DOWN) as error:
                failures = min(failures + 1, 10)
                pause = max(getattr(error, "retry_after", None) or 0.0, min(2.0**failures, PAUSE_SECONDS))
                log.warning("Bot %s waits: %s", credential_id, error)
            finally:
                connections.close_all()
            self._ended.wait(pause)

    def _turn(self, credential_id: int) -> float:
        """Register the bot and, if that is for us to do, poll it once; the seconds until the next turn."""
        if bots.register(credential_id).webhook_url or not self._hold(credential_id):
            return LOOK_SECONDS
        try:
            poll_once(credential_id, self._owner)
        except PipelitError as error:
            bots.note(credential_id, error.detail)
            raise
        return 0.0

    def _hold(self, credential_id: int) -> bool:
        with self._holding:
            return not self._ended.is_set() and hold(credential_id, self._owner)
