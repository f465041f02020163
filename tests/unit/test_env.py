"""Reading the environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelit import env
from pipelit.database_url import database

KEYS = {"SECRET_KEY": "s" * 60, "FIELD_ENCRYPTION_KEY": "k" * 44}


def read(tmp_path: Path, **variables: str) -> env.Environment:
    return env.read({"VAR_DIR": str(tmp_path), **variables})


def test_defaults_are_the_embedded_ones(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert not found.production
    assert not found.debug
    assert found.redis_embedded
    assert found.redis_url == f"unix://{tmp_path}/redis/redis.sock"
    assert found.database["ENGINE"] == "pipelit.sqlite"
    assert found.database["NAME"] == str(tmp_path / "pipelit.sqlite3")
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert (found.host, found.port, found.worker_processes, found.worker_concurrency) == ("127.0.0.1", 8000, 1, 20)


def test_secrets_are_generated_once_and_private(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert first.field_encryption_keys == second.field_encryption_keys
    for path in (tmp_path / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_kept_secret_is_that_of_the_first_who_came(tmp_path: Path) -> None:
    assert env.kept_secret(tmp_path / "x", "one") == "one"
    assert env.kept_secret(tmp_path / "x", "two") == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_an_empty_secret_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="empty"):
        env.kept_secret(tmp_path / "x", "one")


@pytest.mark.parametrize("missing", KEYS)
def test_production_refuses_a_missing_secret(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in KEYS.items() if name != missing}
    with pytest.raises(ImproperlyConfigured, match=f"{missing} is not set"):
        read(tmp_path, PIPELIT_ENV="production", **given)


def test_encryption_keys_newest_first(tmp_path: Path) -> None:
    assert read(tmp_path, FIELD_ENCRYPTION_KEY="new, old,").field_encryption_keys == ["new", "old"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "0", "PORT must be a whole number from 1 to 65535"),
        ("PORT", "http", "PORT must be"),
        ("PIPELIT_ENV", "prod", "PIPELIT_ENV must be one of development, production"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of text, json"),
        ("WORKER_PROCESSES", "-1", "WORKER_PROCESSES must be"),
        ("WORKER_CONCURRENCY", "many", "WORKER_CONCURRENCY must be"),
        ("WS_ALLOW_KEY_IN_URL", "maybe", "WS_ALLOW_KEY_IN_URL must be 1 or 0"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must look like"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must start with"),
        ("DATABASE_URL", "postgres://host", "names no database"),
        ("DATABASE_URL", "postgres://host:port/x", "cannot be read"),
        ("DATABASE_URL", "postgres://host/x?pool_max=no", "pool_min and pool_max"),
        ("DATABASE_URL", "sqlite:///:memory:", "name a file"),
        ("TRUSTED_PROXIES", "proxy", "no address"),
        ("VAR_DIR", "/proc/nowhere", "VAR_DIR: cannot keep secrets"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        env.read({"VAR_DIR": str(tmp_path), **KEYS, name: value} if name != "VAR_DIR" else {name: value})


def test_postgres_url() -> None:
    found = database("postgres://me:p%40ss@db.example:5433/pipe?sslmode=require&pool_max=7", Path("/nowhere"))
    assert found["NAME"] == "pipe"
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("me", "p@ss", "db.example", "5433")
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] == 7
    assert "pool_max" not in found["OPTIONS"]


@pytest.mark.parametrize(
    "url", ["postgres://me@/pipe?host=/run/postgresql", "postgresql://me@%2Frun%2Fpostgresql/pipe"]
)
def test_postgres_on_a_unix_socket(url: str) -> None:
    found = database(url, Path("/nowhere"))
    assert (found["HOST"], found["USER"], found["NAME"]) == ("/run/postgresql", "me", "pipe")
    assert "host" not in found["OPTIONS"]


def test_a_file_of_variables(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# comment\n\nPORT=9000\nexport HOST='::1'\nLOG_LEVEL=debug\n")
    found = env.with_file({"PORT": "9001"}, path)
    assert found == {"PORT": "9001", "HOST": "::1", "LOG_LEVEL": "debug"}
    assert env.with_file({"A": "b"}, tmp_path / "none") == {"A": "b"}


def test_a_broken_file_of_variables_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("PORT=1\nwhat is this\n")
    with pytest.raises(ImproperlyConfigured, match="line 2"):
        env.with_file({}, path)


def test_every_variable_is_documented_and_every_documented_one_is_read(tmp_path: Path) -> None:
    text = (env.BASE_DIR / ".env.example").read_text()
    documented = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.M)
    assert len(documented) == len(set(documented))
    assert set(documented) == set(read(tmp_path).names)
