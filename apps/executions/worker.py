"""The worker: an RQ worker that carries many executions at once, as threads of one process.

LLM work is waiting, so a process of threads carries it; user code runs in isolated processes of its own. RQ only
brings jobs: whether an execution may run, and who holds it, is decided by its row.
"""

from __future__ import annotations

import json
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from pipelit import health, redis
from pipelit.crash import crash_point

from .engine import lease, recovery, registry
from .engine.context import StepContext
from .engine.deadline import watchdog
from .engine.queue import ALLOWED, NUDGES, bring_due, rq_queue
from .engine.recorder import recorder
from .jobs import owner

log = logging.getLogger(__name__)
DEQUEUE_SECONDS = 2
"""How long the worker waits for a job before it looks around."""
DEFERRED_SECONDS = 1
"""How often a worker looks, at most, for deferred jobs whose time has come."""
HEARTBEAT_SECONDS = 15
"""How often RQ's own record of the worker is renewed."""
REPORT_SECONDS = 10
"""How often the worker says that it is ready."""
STUCK_SECONDS = 30
"""A step that goes on for so long after its time is up hangs where nothing stops it: its process is replaced."""
DRAIN_SECONDS = 20
"""How long a worker that is told to stop lets its executions go on before it gives them back."""


class PipelitWorker(SimpleWorker):
    """Takes a job only when a place is free, and runs it in a thread."""

    def __init__(self, concurrency: int) -> None:
        name = f"{socket.gethostname()}-{owner().replace(':', '-')[-40:]}"
        queue = rq_queue()
        super().__init__([queue], name=name.replace("/", "-"), connection=queue.connection, serializer=JSONSerializer)
        self._places = threading.Semaphore(concurrency)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="execution")
        self._jobs: set[Any] = set()
        self._ended = threading.Event()
        self.is_stuck = False
        """Whether a thread of this process hangs: it must end without waiting for its threads."""
        self._pulse = Pulse(self.name, concurrency, self._recycle)

    def work(self, burst: bool = False, **kwargs: Any) -> bool:  # type: ignore[override]
        """Run until told to stop; comes back by itself after a loss of Redis or of the database."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        recovery.free_dead()
        self._pulse.start()
        try:
            while not self._ended.is_set():
                try:
                    self.register()
                    self._take_jobs(burst)
                except redis.DOWN as error:
                    log.warning("The queue cannot be read (%s); trying again in 1 s", error)
                    self._ended.wait(1)
                if burst:
                    break
        finally:
            self._drain()
        return True

    def register(self) -> None:
        """Make the worker known to RQ's own tools."""
        self.connection.delete(self.key)  # our own birth of before a loss of Redis
        self.register_birth()  # type: ignore[no-untyped-call]
        self.set_state(WorkerStatus.BUSY)

    def _take_jobs(self, burst: bool) -> None:
        """Bring jobs to threads while places are free; ends when told to stop, or with `burst` when none is left."""
        beat_at = deferred_at = 0.0
        while not self._ended.is_set():
            if time.monotonic() >= beat_at:
                if self.connection.exists(self.key):
                    self.heartbeat()
                else:  # Redis was wiped
                    self.register()
                beat_at = time.monotonic() + HEARTBEAT_SECONDS
            if time.monotonic() >= deferred_at:
                bring_due()
                deferred_at = time.monotonic() + DEFERRED_SECONDS
            if not self._places.acquire(timeout=DEQUEUE_SECONDS):
                continue
            job_id: bytes | None = None
            try:
                if not self._ended.is_set():
                    job_id = self._pop(burst)
            finally:
                if job_id is None:
                    self._places.release()
            if job_id is not None:
                future = self._pool.submit(self._perform, job_id.decode(errors="replace"))
                self._jobs.add(future)
                future.add_done_callback(self._jobs.discard)
            elif burst:
                return

    def _pop(self, burst: bool) -> bytes | None:
        """The id of the next job. RQ's own way notes it in a second list, which nobody needs who has leases."""
        key = self.queues[0].key
        if burst:
            found: Any = self.connection.lpop(key)
            return found  # type: ignore[no-any-return]
        taken: Any = self.connection.blpop([key], DEQUEUE_SECONDS)
        return taken[1] if taken else None

    def _stop(self, number: int, frame: Any) -> None:
        self._ended.set()

    def _recycle(self, stuck: list[StepContext]) -> None:
        """Make room for a process whose threads do not hang."""
        for context in stuck:
            log.error(
                "Node %s of execution %s does not stop although its time is up: this worker process ends, another goes "
                "on with what it held",
                context.node_id,
                context.run.execution.pk,
            )
        self.is_stuck = True
        self._ended.set()

    def _perform(self, job_id: str) -> None:
        try:
            job = self._fetch(job_id)
            if job is None:
                return
            if job.func_name not in ALLOWED:
                log.error("A job that names %r was refused", job.func_name)
                return
            crash_point("job.taken")
            job.func(*job.args)
        except redis.DOWN as error:
            log.warning("Redis went away: %s", error)
        except DatabaseError as error:
            log.warning("The database went away: %s; the reconciler brings the execution back", error)
        except Exception:
            log.exception("A job failed")
        finally:
            close_old_connections()
            self._places.release()

    def _fetch(self, job_id: str) -> Job | None:
        """Read and drop RQ's record: from here on the lease tells who does the work. None if it is gone."""
        job = Job(job_id, connection=self.connection, serializer=self.serializer)
        pipe = self.connection.pipeline(transaction=False)
        pipe.hgetall(job.key)
        pipe.delete(job.key)
        record = pipe.execute()[0]
        if not record:
            return None
        job.restore(record)
        return job

    def _drain(self) -> None:
        """Let what runs come to its end for a while, then give it back."""
        _, left = wait(list(self._jobs), timeout=DRAIN_SECONDS)
        if left:
            log.info("%d executions are handed to other workers", len(left))
        try:
            for run in registry.all_runs():
                run.hand_over()
                lease.release(run.execution.pk, run.execution.epoch)
        except DatabaseError as error:
            log.warning("Executions are left to be taken over: %s", error)
        recorder.stop()
        self._pulse.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)


class Pulse:
    """Shows that this process lives, and listens for nudges: both in threads of their own."""

    def __init__(self, name: str, concurrency: int, recycle: Callable[[list[StepContext]], None]) -> None:
        self._name = name
        self._concurrency = concurrency
        self._recycle = recycle
        self._ended = threading.Event()

    def start(self) -> None:
        """Each in a thread of its own: the leases are held however long Redis takes to fail."""
        for step, seconds in ((self.hold, lease.HEARTBEAT_SECONDS), (self.report, REPORT_SECONDS), (self.listen, 1)):
            name = step.__name__
            threading.Thread(target=self._repeat, args=[step, seconds], name=name, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        with suppress(*redis.DOWN):
            health.leave(self._name)

    def hold(self) -> None:
        """Keep the leases of what runs here."""
        if stuck := watchdog.stuck(STUCK_SECONDS):
            self._recycle(stuck)
        for execution_id, wakes in lease.beat(owner(), [run.execution.pk for run in registry.all_runs()]):
            run = registry.get(execution_id)
            if run is not None and wakes != run.execution.wake_count:
                run.wake()

    def report(self) -> None:
        """Tell what watches workers that this one is ready."""
        health.beat(self._name, {"concurrency": self._concurrency, "running": len(registry.all_runs())})

    def listen(self) -> None:
        """Hear nudges until Redis goes away."""
        with redis.client().pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(NUDGES)
            while not self._ended.is_set():
                message = pubsub.get_message(timeout=2.0)
                if message is not None:
                    _nudged(json.loads(message["data"]))

    def _repeat(self, step: Callable[[], None], seconds: float) -> None:
        while not self._ended.is_set():
            try:
                step()
            except (DatabaseError, *redis.DOWN) as error:
                log.warning("Pulse, %s: %s", step.__name__, error)
                connections.close_all()
            except Exception:
                log.exception("Pulse, %s", step.__name__)
            self._ended.wait(seconds)


def _nudged(message: dict[str, str]) -> None:
    run = registry.get(UUID(message["execution_id"]))
    if run is None:
        return
    if message["what"] == "cancel":
        run.cancel()
    else:
        run.wake()
