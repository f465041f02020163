"""manage.py worker: processes that run executions."""

from __future__ import annotations

import logging
import os
import signal
import time
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from apps.executions.worker import PipelitWorker
from pipelit import process, redis

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run executions until stopped. SIGTERM lets what runs come to its end, then gives it back."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=settings.WORKER_PROCESSES)
        parser.add_argument(
            "--concurrency", type=int, default=settings.WORKER_CONCURRENCY, help="executions per process"
        )
        parser.add_argument("--burst", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, processes: int, concurrency: int, burst: bool, **options: Any) -> None:
        process.settle()
        if processes == 1:
            _work(concurrency, burst)
        _Processes(processes, concurrency, burst).run()


def _work(concurrency: int, burst: bool = False) -> NoReturn:
    """Run executions, and end the process without waiting for threads that hang."""
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    try:
        worker = PipelitWorker(concurrency)
        worker.work(burst=burst)
        status = int(worker.is_stuck)
    except Exception:
        log.exception("The worker cannot go on: its process ends, and another takes its place")
        status = 1
    logging.shutdown()
    os._exit(status)


class _Processes:
    """Forks worker processes and replaces those that die."""

    def __init__(self, count: int, concurrency: int, burst: bool) -> None:
        self._count = count
        self._concurrency = concurrency
        self._burst = burst
        self._children: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        for connection in connections.all():
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()  # a pool must not be shared across a fork
        redis.client.cache_clear()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for _ in range(self._count):
            self._fork()
        while self._children:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            self._children.discard(pid)
            if not self._stopping and not self._burst:
                log.error("A process ended (status %d); starting another", status)
                time.sleep(0.5)
                self._fork()

    def _fork(self) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            process.end_with(parent)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _work(self._concurrency, self._burst)
        self._children.add(pid)

    def _stop(self, number: int, frame: Any) -> None:
        self._stopping = True
        for pid in self._children:
            os.kill(pid, signal.SIGTERM)
