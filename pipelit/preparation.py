"""Whether an installation has been prepared: migrated, checked, given its first admin.

`manage.py prepare` costs a start of Django, which a start of the product need not pay each time: it leaves a stamp
in VAR_DIR, and the supervisor compares. Nothing here imports Django's machinery.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

from pipelit.env import BASE_DIR, Environment

STAMP = "prepared.json"


def is_current(env: Environment) -> bool:
    """Whether nothing has changed since the stamp was left: settings, code of migrations, state of the database."""
    applied = applied_migrations(env)
    if applied is None:
        return False
    try:
        found = json.loads((env.var_dir / STAMP).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return bool(found == {"settings": fingerprint(env), "applied": applied})


def leave_stamp(env: Environment) -> None:
    """Note that the installation is prepared. Only for SQLite: another server must be asked each time."""
    applied = applied_migrations(env)
    if applied is None:
        return
    scratch = env.var_dir / f".{STAMP}.{os.getpid()}"
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        json.dump({"settings": fingerprint(env), "applied": applied}, file)
    scratch.rename(env.var_dir / STAMP)


def fingerprint(env: Environment) -> str:
    """A digest of the settings that preparing looks at, of the pinned dependencies, and of the migrations' names."""
    env = replace(
        env, port=0, public_url="", log_level="", log_format="", worker_processes=0, worker_concurrency=0
    )  # fmt: skip
    names = sorted(str(path.relative_to(BASE_DIR)) for path in BASE_DIR.glob("apps/*/migrations/*.py"))
    pinned = (BASE_DIR / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(repr((env, names, pinned)).encode()).hexdigest()


def applied_migrations(env: Environment) -> str | None:
    """A digest of the migrations that an SQLite database says it has; None if there is no such database."""
    path = Path(env.database["NAME"])
    if env.database["ENGINE"] != "pipelit.sqlite" or not path.is_file():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    except sqlite3.Error:
        return None
    return hashlib.sha256(repr(rows).encode()).hexdigest()
