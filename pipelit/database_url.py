"""`DATABASE_URL` -> an entry of Django's DATABASES."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

EXAMPLE = "postgres://user:password@host:5432/name"
BUSY_SECONDS = 60.0
POOL_MAX = 40


def database(url: str, var_dir: Path) -> dict[str, Any]:
    """The database that `url` names; SQLite under `var_dir` if it is empty. Raises ImproperlyConfigured.

    Forms: `postgres://user:pass@host:port/name?sslmode=require`, `postgres:///name?host=/run/postgresql` (a unix
    socket; also `postgres://%2Frun%2Fpostgresql/name`), `sqlite:///relative.sqlite3`, `sqlite:////absolute.sqlite3`.
    Further query parameters go to libpq, but `pool_min` and `pool_max` size the connection pool.
    """
    if not url:
        return sqlite(var_dir / "pipelit.sqlite3")
    try:
        parts = urlsplit(url)
        port = parts.port
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: it must look like {EXAMPLE}.") from None
    if parts.scheme == "sqlite":
        path = unquote(parts.path)[1:]
        if parts.netloc or not path or path == ":memory:":
            raise ImproperlyConfigured("DATABASE_URL: name a file: sqlite:////absolute/path.sqlite3.")
        return sqlite(Path(path).absolute())
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must start with postgres:// or sqlite:// ({EXAMPLE}).")
    name = unquote(parts.path[1:])
    if not name:
        raise ImproperlyConfigured(f"DATABASE_URL names no database: it must look like {EXAMPLE}.")
    return postgres(
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=query.pop("host", "") or unquote(parts.hostname or ""),
        port=str(port or ""),
        options=query,
    )


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite so that many processes share it: WAL, writers queue (IMMEDIATE) instead of failing, idle connections
    are reused (`pipelit.sqlite`)."""
    return {
        "ENGINE": "pipelit.sqlite",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": BUSY_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-8192;"
                "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864"
            ),
        },
    }


def postgres(*, name: str, user: str, password: str, host: str, port: str, options: dict[str, str]) -> dict[str, Any]:
    """PostgreSQL with a psycopg pool per process; keepalives notice a connection that went dead in 30 seconds."""
    try:
        low, high = int(options.pop("pool_min", "0")), int(options.pop("pool_max", str(POOL_MAX)))
        if not 0 <= low <= high or high < 1:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL: pool_min and pool_max must be numbers, pool_min <= pool_max."
        ) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            **options,
            "pool": {"min_size": low, "max_size": high, "timeout": 15.0, "max_idle": 120.0},
        },
    }
