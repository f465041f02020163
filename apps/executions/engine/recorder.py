"""The recorder: one thread per process that commits what all its executions write, in groups, and has it published.

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
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model

from apps.executions.models import ExecutionLog, StoredValue, WorkflowExecution
from pipelit import events
from pipelit.crash import crash_point

from .publisher import Publisher

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
        self.error: BaseException | None = None
        """Why nothing of it is written any more."""

    def submitted(self) -> None:
        with self._changed:
            if self.error is None and self._submitted - self._durable > MAX_AHEAD:
                self._changed.wait_for(lambda: self._submitted - self._durable < MAX_AHEAD or self.error is not None)
            if self.error is not None:
                raise self.error
            self._submitted += 1

    def settled(self, count: int, error: BaseException | None) -> None:
        with self._changed:
            self._durable += count
            self.error = self.error or error
            self._changed.notify_all()

    def barrier(self) -> None:
        """Wait until all that was submitted is durable; raises LeaseLost if it never will be."""
        recorder.hurry()
        with self._changed:
            goal = self._submitted
            self._changed.wait_for(lambda: self._durable >= goal or self.error is not None)
            if self.error is not None:
                raise self.error


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
    tried: bool = False
    """Whether a commit of it failed: it may have taken effect, and only its acknowledgement be lost."""

    @property
    def writes(self) -> bool:
        return self.row is not None or self.call is not None


class Recorder:
    def __init__(self) -> None:
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._publisher = Publisher()
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
        good = [entry for entry in group if entry.lane.error is None]
        failed = self._commit(good) if any(entry.writes for entry in good) else {}
        crash_point("recorder.committed")
        try:
            self._publisher.publish([entry for entry in good if id(entry.lane) not in failed])
        except Exception:
            log.exception("Live events were lost")
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
            except Exception as error:  # the edge of a group: the thread serves all executions, and goes on
                log.exception("The journal refused a row")
                lanes = {id(entry.lane) for entry in group}
                if len(lanes) == 1:
                    return {id(group[0].lane): error}
                failed: dict[int, BaseException] = {}
                for lane in lanes:
                    failed |= self._commit([entry for entry in group if id(entry.lane) == lane])
                return failed


def _write(group: Sequence[Entry]) -> dict[int, BaseException]:
    new = _new(group)
    try:
        return _written(group)
    except BaseException:
        for row in new:  # it was rolled back: the next try inserts them again
            row.pk, row._state.adding = None, True
        for entry in group:
            entry.tried = True
        raise


def _new(group: Iterable[Entry]) -> list[ExecutionLog]:
    return [entry.row for entry in group if entry.row is not None and not entry.row.pk]


def _recognise(rows: Sequence[ExecutionLog]) -> None:
    """Give rows their ids that an earlier try has written although its commit seemed to fail."""
    known = ExecutionLog.objects.filter(
        execution__in={row.execution_id for row in rows}, timestamp__in={row.timestamp for row in rows}
    )
    ids = {(row.execution_id, row.step_key, row.timestamp): row.pk for row in known}
    for row in rows:
        row.pk = ids.get((row.execution_id, row.step_key, row.timestamp))


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
        if any(entry.tried for entry in good):
            _recognise(_new(good))
        new = _new(good)
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


recorder = Recorder()
"""The one of this process."""
