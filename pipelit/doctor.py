"""What is wrong with an installation, and how to mend it: each finding one sentence and one remedy.

An app adds what it alone can judge by a module `diagnosis` with a function `findings`, called when database and Redis
answer.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Literal

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import module_has_submodule

from pipelit import embedded, health, launch, redis, sandbox

GIB = 2**30
DISK_WARNING, DISK_ERROR = 2 * GIB, GIB // 4
START = "Start the product: make run."

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is a word, `detail` what was found, `remedy` what to do (empty when all is well)."""

    level: Level
    subject: str
    detail: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def findings() -> Iterator[Finding]:
    """All that was found, in the order in which it should be mended."""
    yield from python()
    yield from system_checks()
    yield from disk()
    found = list(database())
    yield from found
    reachable = [*redis_server()]
    yield from reachable
    yield from isolation()
    yield from web()
    if all(finding.level != "error" for finding in [*found, *reachable]):
        yield from workers()
        yield from of_apps()


def of_apps() -> Iterator[Finding]:
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "diagnosis"):
            yield from import_module(f"{config.name}.diagnosis").findings()


def python() -> Iterator[Finding]:
    yield Finding("ok", "python", f"Python {platform.python_version()} in {sys.prefix}.")


def system_checks() -> Iterator[Finding]:
    messages = checks.run_checks()
    yield from _reported("settings", messages)
    if not messages:
        yield Finding("ok", "settings", f"Valid, for {settings.PIPELIT_ENV}.")


def _reported(subject: str, messages: Iterable[checks.CheckMessage]) -> Iterator[Finding]:
    for message in messages:
        level: Level = "error" if message.level >= checks.ERROR else "warning"
        yield Finding(level, subject, f"{message.msg} ({message.id})", str(message.hint or ""))


def disk() -> Iterator[Finding]:
    folder = settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIB:.1f} GiB are free in {folder}."
    if free >= DISK_WARNING:
        yield Finding("ok", "disk", detail)
        return
    remedy = "Make room: without space, executions cannot be recorded."
    yield Finding("error" if free < DISK_ERROR else "warning", "disk", detail, remedy)


def database() -> Iterator[Finding]:
    """Whether it answers, is up to date, and holds credentials that the keys can read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        yield Finding("ok", "database", f"{connection.display_name}{_sqlite_detail()} answers.")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding("error", "database", str(error).strip(), "Check DATABASE_URL, and that the server runs.")
        return
    if missing:
        yield Finding("error", "migrations", f"{len(missing)} are not applied.", "Apply them: make migrate.")
        return
    yield Finding("ok", "migrations", "All are applied.")
    problems = checks.run_checks(tags=[checks.Tags.database], databases=[connection.alias])
    yield from _reported("encryption", problems)
    if not problems:
        yield Finding("ok", "encryption", "The credentials can be read.")


def _sqlite_detail() -> str:
    return (
        f" {sqlite3.sqlite_version} ({settings.DATABASES['default']['NAME']})" if connection.vendor == "sqlite" else ""
    )


def redis_server() -> Iterator[Finding]:
    try:
        client = redis.client()
        info: dict[str, Any] = client.info()
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except redis.DOWN as error:
        yield _redis_away(error)
        return
    version = str(info.get("redis_version", "?"))
    kind = "embedded" if settings.REDIS_EMBEDDED else "external"
    detail = f"Redis {version} ({kind}) answers and holds {info.get('used_memory', 0) / 2**20:.0f} MiB."
    if version.partition(".")[0].isdigit() and int(version.partition(".")[0]) < embedded.MAJOR_MIN:
        yield Finding("warning", "redis", f"Redis {version} is old.", f"Use {embedded.MAJOR_MIN} or newer.")
    elif policy not in {"noeviction", b"noeviction"}:
        remedy = "Set maxmemory-policy to noeviction: the queue must not be evicted."
        yield Finding("error", "redis", f"Redis may drop what it holds (maxmemory-policy {policy}).", remedy)
    else:
        yield Finding("ok", "redis", detail)


def _redis_away(error: BaseException) -> Finding:
    if not settings.REDIS_EMBEDDED:
        return Finding(
            "error", "redis", f"Redis does not answer: {error}", "Check REDIS_URL, and that the server runs."
        )
    try:
        embedded.program()
    except ImproperlyConfigured as problem:
        return Finding("error", "redis", str(problem), embedded.INSTALL)
    return Finding("error", "redis", "The embedded Redis is not running.", START)


def isolation() -> Iterator[Finding]:
    reason = sandbox.unavailable_reason()
    if reason:
        remedy = "Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap). Until then code nodes are refused."
        yield Finding("warning", "sandbox", reason, remedy)
    else:
        yield Finding("ok", "sandbox", "Code can be isolated.")


def web() -> Iterator[Finding]:
    for env in (launch.last_started(settings.ENV), settings.ENV):
        where, status = f"{env.host}:{env.port}", launch.ask_ready(env)[0]
        if status:
            break
    if status in {200, 503}:
        detail = "and is ready" if status == 200 else "but is not ready (see /readyz)"
        yield Finding(
            "ok" if status == 200 else "warning", "web", f"It answers at {where} {detail}.", START * (status != 200)
        )
        return
    try:
        launch.check_port(settings.ENV)
    except ImproperlyConfigured as problem:
        yield Finding("error", "web", f"Pipelit does not answer at {where}. {problem}", "Free the port, or set PORT.")
        return
    yield Finding("error", "web", f"Nothing answers at {where}.", START)


def workers() -> Iterator[Finding]:
    count = len(health.workers())
    if count:
        yield Finding("ok", "workers", f"{count} {'process is' if count == 1 else 'processes are'} ready.")
    else:
        yield Finding(
            "error", "workers", "No process has reported in the last 30 seconds.", f"{START} Or one alone: make worker."
        )
