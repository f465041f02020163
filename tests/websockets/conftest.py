"""Fixtures of the live events' tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.accounts import keys
from apps.accounts.models import APIKey
from apps.workflows.models import Workflow


@dataclass(frozen=True)
class Signed:
    """A person's key and its text."""

    key: APIKey
    raw: str


@pytest.fixture
def sign(users: Any) -> Callable[[Any], Signed]:
    """`sign(users.ben)`: a new key of ben's."""
    return lambda user: Signed(*keys.create_key(user, "tests"))


@pytest.fixture
def ben(users: Any, sign: Callable[[Any], Signed]) -> Signed:
    return sign(users.ben)


@pytest.fixture
def eve(users: Any, sign: Callable[[Any], Signed]) -> Signed:
    return sign(users.eve)


@pytest.fixture
def echo(users: Any) -> Workflow:
    """ben's."""
    return Workflow.objects.create(name="Echo", slug="echo", owner=users.ben)
