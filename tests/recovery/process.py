"""A process that does what a worker does with the executions of a test's database, until nothing can run.

`python -m tests.recovery.process <database settings as JSON>`; CRASH_AT names where it dies.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.conf import settings

settings.DATABASES["default"] |= json.loads(sys.argv[1])
settings.REDIS_URL = sys.argv[2]
settings.OUTBOUND_ALLOW = ["127.0.0.1"]
django.setup()

from apps.executions.engine import lease, recovery  # noqa: E402
from apps.executions.engine.recorder import recorder  # noqa: E402
from tests.engine import harness  # noqa: E402

recovery.free_dead()
harness.work(lease.owner_name())
recorder.stop()
