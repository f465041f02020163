"""A process on the database and the Redis of a test: `spawn` starts it.

Without arguments it does what a worker does with the executions of the database, until nothing can run; with arguments
it is that command of manage.py. CRASH_AT names where it dies.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WAIT_SECONDS = 60.0


def spawn(*command: str, redis_url: str = "", **environment: str) -> subprocess.Popen[str]:
    """Start such a process; what it says can be read from its `stdout`."""
    from django.conf import settings
    from django.db import connection

    database = {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    redis_url = redis_url or settings.REDIS_URL
    return subprocess.Popen(
        [sys.executable, "-m", "tests.workers.process", json.dumps(database), redis_url, *command],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(done: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for it; fails when it takes too long, or the process ends meanwhile."""
    end = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < end, "it does not come to pass"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


def main(database: str, redis_url: str, *command: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"] |= json.loads(database)
    settings.REDIS_URL = redis_url
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    django.setup()
    if command:
        from django.core.management import call_command

        call_command(*command)
        return
    from apps.executions.engine import lease, recovery
    from apps.executions.engine.recorder import recorder
    from tests.engine import harness

    recovery.free_dead()
    harness.work(lease.owner_name())
    recorder.stop()


if __name__ == "__main__":
    arguments: Any = sys.argv[1:]
    main(*arguments)
