from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipelit import env, preparation


@pytest.fixture
def installation(tmp_path: Path) -> env.Environment:
    """A directory with a migrated database and the stamp."""
    found = env.read({"VAR_DIR": str(tmp_path)})
    execute(found, "CREATE TABLE django_migrations (app TEXT, name TEXT)")
    execute(found, "INSERT INTO django_migrations VALUES ('accounts', '0001_initial')")
    preparation.leave_stamp(found)
    return found


def execute(found: env.Environment, statement: str) -> None:
    connection = sqlite3.connect(found.database["NAME"])
    with connection:
        connection.execute(statement)
    connection.close()


def test_nothing_changed(installation: env.Environment) -> None:
    assert preparation.is_current(installation)


def test_an_empty_directory_is_not_prepared(tmp_path: Path) -> None:
    assert not preparation.is_current(env.read({"VAR_DIR": str(tmp_path)}))


def test_another_key_calls_for_preparation(installation: env.Environment) -> None:
    other = env.read({"VAR_DIR": str(installation.var_dir), "FIELD_ENCRYPTION_KEY": "another"})
    assert not preparation.is_current(other)


def test_another_port_does_not(installation: env.Environment) -> None:
    assert preparation.is_current(env.read({"VAR_DIR": str(installation.var_dir), "PORT": "9000"}))


def test_a_restored_database_calls_for_preparation(installation: env.Environment) -> None:
    execute(installation, "DELETE FROM django_migrations")
    assert not preparation.is_current(installation)


def test_a_damaged_stamp_calls_for_preparation(installation: env.Environment) -> None:
    (installation.var_dir / preparation.STAMP).write_text("{")
    assert not preparation.is_current(installation)


def test_another_server_is_always_asked(installation: env.Environment) -> None:
    other = env.read({"VAR_DIR": str(installation.var_dir), "DATABASE_URL": "postgres://u@h/n"})
    preparation.leave_stamp(other)
    assert not preparation.is_current(other)
