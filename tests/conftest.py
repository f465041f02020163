"""Fixtures of all tests: a real Redis, named people, a client that speaks for one of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from pipelit import redis
from tests import scratch


def pytest_unconfigure() -> None:
    """xdist's workers end without atexit."""
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    on_postgres = pytest.mark.skip(reason="needs PostgreSQL: run with TEST_DATABASE=postgres or TEST_DATABASE_URL=...")
    on_sqlite = pytest.mark.skip(reason="is about SQLite")
    for item in items:
        if item.get_closest_marker("postgres") and not postgres:
            item.add_marker(on_postgres)
        if item.get_closest_marker("sqlite") and postgres:
            item.add_marker(on_sqlite)


@pytest.fixture(scope="session", autouse=True)
def _redis_server() -> Iterator[None]:
    """One Redis per test process, on a unix socket."""
    process = scratch.start_redis(settings.VAR_DIR / "redis.sock")
    yield
    redis.client().close()
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def redis_client(_redis_server: None) -> Iterator[Any]:
    """The client of `pipelit.redis`; what a test left behind is wiped."""
    client = redis.client()
    yield client
    client.flushall()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database; before it is dropped, the thread that writes the journal gives its connection back."""
    yield
    from apps.executions.engine.recorder import recorder

    recorder.stop()


@dataclass(frozen=True)
class People:
    """`ada` is an admin; `ben` and `eve` are normal and strangers to each other. Passwords: `<name>-password-1`."""

    ada: Any
    ben: Any
    eve: Any


@pytest.fixture
def users(db: None) -> People:
    from apps.accounts.models import UserProfile

    def person(name: str, role: str) -> Any:
        user = UserProfile(username=name, role=role, is_staff=role == "admin", is_superuser=role == "admin")
        user.set_password(f"{name}-password-1")
        user.save()
        return user

    return People(ada=person("ada", "admin"), ben=person("ben", "normal"), eve=person("eve", "normal"))


@pytest.fixture
def api(users: People) -> Callable[..., APIClient]:
    """`api(users.ben)` is a client with ben's key (its text: `client.raw_key`); `api()` ada's; `api(None)` nobody's."""
    from apps.accounts.actions import create_key

    def client(user: Any = users.ada) -> APIClient:
        made = APIClient(raise_request_exception=False)
        if user is not None:
            key, raw = create_key(user, "tests")
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
            made.key, made.raw_key = key, raw  # type: ignore[attr-defined]
        return made

    return client


@pytest.fixture
def database_kind() -> str:
    """`sqlite` or `postgresql`."""
    return str(connection.vendor)
