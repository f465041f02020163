"""Settings of the tests: the product's own, on scratch directories. The environment of the developer has no say,
but TEST_DATABASE_URL (a PostgreSQL to use) and TEST_DATABASE=postgres (start a scratch one)."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from pipelit import env
from tests import scratch

SCRATCH = Path(tempfile.mkdtemp(prefix="pipelit-test-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

for _name in env.read({"VAR_DIR": str(SCRATCH)}).names:
    os.environ.pop(_name, None)
os.environ |= {
    "PIPELIT_ENV": "development",
    "VAR_DIR": str(SCRATCH),
    "REDIS_URL": f"unix://{SCRATCH}/redis.sock",
    "DATABASE_URL": scratch.database_url(),
    "SECRET_KEY": "a secret of the tests, long enough to please the checks of Django: 0123456789",
    "FIELD_ENCRYPTION_KEY": "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMDE=",
    "LOG_LEVEL": "ERROR",
    "ENV_FILE": os.devnull,
}

from pipelit.settings import *  # noqa: E402, F403
from pipelit.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "pipelit.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}
