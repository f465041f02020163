"""Long polling: a thread per wanted bot in the scheduler process; among all processes one poller per bot, by lease."""

from __future__ import annotations

import datetime as dt
import logging
import threading

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
    now = timezone.now()
    free = TelegramBot.objects.filter(Q(lease_owner=owner) | Q(lease_until__lt=now), pk=credential_id)
    return bool(free.update(lease_owner=owner, lease_until=now + dt.timedelta(seconds=LEASE_SECONDS)))


def poll_once(credential_id: int, owner: str, seconds: int = POLL_SECONDS) -> int:
    """Fetch what has come to a bot, waiting up to so many seconds, and handle it; how many updates. Each is handled
    before the next is asked for, so none is lost. Raises PipelitError."""
    if not hold(credential_id, owner):
        return 0
    row = TelegramBot.objects.get(pk=credential_id)
    bot = bots.client(credential_id)
    connections.close_all()  # it may take long, and needs none meanwhile
    asked = {"offset": row.offset, "timeout": seconds, "allowed_updates": bots.UPDATES}
    found = bot.call("getUpdates", asked, seconds=seconds + 10.0)
    for update in found:
        updates.take(credential_id, update)
        mine = TelegramBot.objects.filter(pk=credential_id, lease_owner=owner)
        if not mine.update(offset=int(update["update_id"]) + 1):
            return 0  # another process has taken over
    bots.note(row, "")
    return len(found)


class Poller:
    """`step()` sees to it that each wanted bot is polled or has its webhook; threads do the waiting."""

    def __init__(self) -> None:
        self._owner = owner_name()
        self._threads: dict[int, threading.Thread] = {}
        self._wanted: set[int] = set()
        self._ended = threading.Event()
        self._look_at = 0.0

    def step(self, now: float) -> int:
        """Look up the bots if that is due by `now` (seconds, monotonic); how many threads were started."""
        if now < self._look_at:
            return 0
        self._look_at = now + LOOK_SECONDS
        wanted, started = set(), 0
        for credential_id in bots.wanted():
            try:
                row = bots.register(credential_id)
            except PipelitError as error:
                log.warning("Bot %s: %s", credential_id, error.detail)
                continue
            if not row.webhook_url:
                wanted.add(credential_id)
        self._wanted = wanted
        for key in wanted:
            thread = self._threads.get(key)
            if thread is None or not thread.is_alive():
                self._threads[key] = threading.Thread(target=self._loop, args=(key,), name=f"bot-{key}", daemon=True)
                self._threads[key].start()
                started += 1
        return started

    def stop(self) -> None:
        """Give the leases back, so that another process may poll at once."""
        self._ended.set()
        TelegramBot.objects.filter(lease_owner=self._owner).update(lease_owner="", lease_until=timezone.now())

    def _loop(self, credential_id: int) -> None:
        failures = 0
        while not self._ended.is_set() and credential_id in self._wanted:
            try:
                pause = 0.0 if hold(credential_id, self._owner) else LOOK_SECONDS
                if not pause:
                    poll_once(credential_id, self._owner)
                failures = 0
            except PipelitError as error:
                failures += 1
                pause = max(getattr(error, "retry_after", None) or 0.0, min(2.0**failures, PAUSE_SECONDS))
                log.warning("Bot %s: %s", credential_id, error.detail)
                self._note(credential_id, error.detail)
            except (DatabaseError, *redis.DOWN) as error:
                failures += 1
                pause = min(2.0**failures, PAUSE_SECONDS)
                log.warning("Bot %s waits: %s", credential_id, error)
            finally:
                connections.close_all()
            self._ended.wait(pause)

    def _note(self, credential_id: int, sentence: str) -> None:
        row = TelegramBot.objects.filter(pk=credential_id).first()
        if row is not None:
            bots.note(row, sentence)
