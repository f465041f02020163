"""The recorder: one thread per process that commits what all its executions write, in groups, and then publishes.

Whoever submits goes on at once; `Journal.barrier` waits until it is durable. A group is one transaction: the epochs
of its executions are checked under lock, so a worker that lost its lease writes nothing. Live events leave in order,
after the commit of what they tell.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Model

from apps.executions.models import ExecutionLog, StoredValue, WorkflowExecution
from pipelit import events, redis
from pipelit.crash import crash_point
from pipelit.errors import PipelitError

log = logging.getLogger(__name__)
MAX_GROUP = 500
LINGER_SECONDS = 0.003
"""How long a group waits for more while nobody waits for it."""
MAX_AHEAD = 2_000
"""Entries that one execution may be ahead of the database."""


class LeaseLost(Exception):
    """Another worker has taken this execution over, or it was cancelled: nothing more may be written."""


class Lane:
    """What one execution has submitted, and how far it is durable."""

    def __init__(self, execution_id: UUID, epoch: int) -> None:
        self.execution_id = execution_id
        self.epoch = epoch
        self._changed = threading.Condition()
        self._submitted = 0
        self._durable = 0
        self._error: BaseException | None = None

    def submitted(self) -> None:
        with self._changed:
            if self._error is None and self._submitted - self._durable > MAX_AHEAD:
                self._changed.wait_for(lambda: self._submitted - self._durable < MAX_AHEAD or self._error is not None)
            if self._error is not None:
                raise self._error
            self._submitted += 1

    def settled(self, count: int, error: BaseException | None) -> None:
        with self._changed:
            self._durable += count
            self._error = self._error or error
            self._changed.notify_all()

    def barrier(self) -> None:
        """Wait until all that was submitted is durable; raises LeaseLost if it never will be."""
        recorder.hurry()
        with self._changed:
            goal = self._submitted
            self._changed.wait_for(lambda: self._durable >= goal or self._error is not None)
            if self._error is not None:
                raise self._error


@dataclass(slots=True)
class Entry:
    """One thing to write: rows to insert or update, more writes of the same transaction, and what to publish then."""

    lane: Lane
    row: ExecutionLog | None = None
    values: Sequence[StoredValue] = ()
    extra: Sequence[Model] = ()
    call: Callable[[], Sequence[events.Event]] | None = None
    """Returns `events`."""
    events: Sequence[events.Event] = ()
    live: tuple[str, str] | None = None
    """A step's key and the node that runs it now, for the execution's live hash in Redis; an empty node: it no longer
    does; an empty key drops the hash."""
    superseded_by_final: bool = False
    """A `running` event that need not be sent once the step has ended."""
    step_key: str = field(default="")

    @property
    def writes(self) -> bool:
        return self.row is not None or self.call is not None


class Recorder:
    def __init__(self) -> None:
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self._pid = 0
        self._hurry = threading.Event()

    def hurry(self) -> None:
        """Somebody waits: commit what is there now."""
        self._hurry.set()

    def submit(self, entry: Entry) -> None:
        entry.lane.submitted()
        if self._pid != os.getpid():
            self._begin()
        self._queue.put(entry)

    def stop(self) -> None:
        """Write what is there and end the thread."""
        if self._thread is not None and self._pid == os.getpid():
            self._queue.put(None)
            self._thread.join(30)
            self._pid = 0

    def _begin(self) -> None:
        with self._start:
            if self._pid != os.getpid():
                self._queue = SimpleQueue()
                self._thread = threading.Thread(target=self._loop, name="recorder", daemon=True)
                self._pid = os.getpid()
                self._thread.start()

    def _loop(self) -> None:
        while True:
            group, ended = self._next_group()
            if group:
                self._handle(group)
            if ended:
                connection.close()
                return

    def _next_group(self) -> tuple[list[Entry], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        self._hurry.wait(LINGER_SECONDS)
        self._hurry.clear()
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                entry = self._queue.get_nowait()
            except Empty:
                break
            if entry is None:
                return group, True
            group.append(entry)
        return group, False

    def _handle(self, group: list[Entry]) -> None:
        failed = self._commit(group) if any(entry.writes for entry in group) else {}
        crash_point("recorder.committed")
        self._publish([entry for entry in group if id(entry.lane) not in failed])
        counts: defaultdict[int, int] = defaultdict(int)
        lanes = {id(entry.lane): entry.lane for entry in group}
        for entry in group:
            counts[id(entry.lane)] += 1
        for key, lane in lanes.items():
            lane.settled(counts[key], failed.get(key))

    def _commit(self, group: list[Entry]) -> dict[int, BaseException]:
        """Write a group; the lanes that failed, by identity. Waits out a database that is away."""
        pause = 0.05
        while True:
            try:
                return _write(group)
            except (OperationalError, InterfaceError) as error:
                log.warning("The journal cannot be written (%s); trying again in %.2f s", error, pause)
                connection.close()
                time.sleep(pause)
                pause = min(pause * 2, 2.0)
            except (PipelitError, IntegrityError, DataError, Error, ValueError, TypeError) as error:
                lanes = {id(entry.lane) for entry in group}
                if len(lanes) == 1:
                    log.exception("The journal refused a row")
                    return {id(group[0].lane): error}
                failed: dict[int, BaseException] = {}
                for lane in lanes:
                    failed |= self._commit([entry for entry in group if id(entry.lane) == lane])
                return failed

    def _publish(self, group: list[Entry]) -> None:
        ended = {(id(e.lane), e.step_key) for e in group if e.row is not None}
        channels: set[str] = set()
        try:
            pipe = redis.client().pipeline(transaction=False)
            for entry in group:
                if entry.superseded_by_final and (id(entry.lane), entry.step_key) in ended:
                    continue
                if entry.live is not None:
                    _keep_live(pipe, entry.lane.execution_id, *entry.live)
                for event in entry.events:
                    events.append(pipe, event)
                    channels.update(event.channels)
            if len(pipe):
                pipe.execute()
        except redis.DOWN as error:
            log.warning("Live events are lost while Redis is away: %s", error)
            return
        events.wake(channels)


def _write(group: Sequence[Entry]) -> dict[int, BaseException]:
    rows = [entry.row for entry in group if entry.row is not None]
    new = [row for row in rows if row.pk is None]
    try:
        return _written(group)
    except BaseException:
        for row in new:  # it was rolled back: the next try inserts them again
            row.pk, row._state.adding = None, True
        raise


def _written(group: Iterable[Entry]) -> dict[int, BaseException]:
    with transaction.atomic():
        lanes = {entry.lane.execution_id: entry.lane for entry in group if entry.writes}
        held = dict(
            WorkflowExecution.objects.select_for_update(no_key=True)
            .filter(pk__in=lanes)
            .order_by("pk")
            .values_list("pk", "epoch")
        )
        lost = {id(lane): LeaseLost() for key, lane in lanes.items() if held.get(key) != lane.epoch}
        stale = {
            id(entry.lane)
            for entry in group
            if id(entry.lane) in lost or held.get(entry.lane.execution_id) not in (None, entry.lane.epoch)
        }
        good = [entry for entry in group if entry.writes and id(entry.lane) not in stale]
        values = [value for entry in good for value in entry.values]
        if values:
            StoredValue.objects.bulk_create(values, ignore_conflicts=True)
        rows = [entry.row for entry in good if entry.row is not None]
        new = [row for row in rows if row.pk is None]
        if new:
            ExecutionLog.objects.bulk_create(new)
        fresh = {id(row) for row in new}
        for entry in good:
            if entry.row is not None and id(entry.row) not in fresh:
                entry.row.save(force_update=True)
            for row in entry.extra:
                type(row)._default_manager.bulk_create([row], ignore_conflicts=True)
            if entry.call is not None:
                entry.events = entry.call()
        crash_point("recorder.before_commit")
        return {key: LeaseLost() for key in stale}


def live_key(execution_id: UUID) -> str:
    """A hash of the steps that run now: their nodes by step key. What has ended is in the journal."""
    return f"pipelit:running:{execution_id}"


def _keep_live(pipe: Any, execution_id: UUID, step_key: str, node_id: str) -> None:
    key = live_key(execution_id)
    if node_id:
        pipe.hset(key, step_key, node_id)
    elif step_key:
        pipe.hdel(key, step_key)
    else:
        pipe.delete(key)


recorder = Recorder()
"""The one of this process."""
