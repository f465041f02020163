"""create_admin and create_api_key."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.actions import find_key
from apps.accounts.models import UserProfile

pytestmark = pytest.mark.django_db


def run(name: str, *args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def test_a_random_password_is_printed_once(settings: Any) -> None:
    settings.ADMIN_USERNAME = settings.ADMIN_PASSWORD = ""
    said = run("create_admin")
    password = said.split("once): ")[1].strip()
    admin = UserProfile.objects.get(username="admin")
    assert admin.is_admin
    assert admin.check_password(password)
    assert "exists already" in run("create_admin")
    assert admin.password == UserProfile.objects.get(username="admin").password


def test_the_environment_names_the_admin(settings: Any) -> None:
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "chief", "correct-horse-1"
    assert "correct-horse-1" not in run("create_admin")
    assert UserProfile.objects.get(username="chief").check_password("correct-horse-1")
    assert run("create_admin", "other", "--if-none") == ""


def test_by_another_command(settings: Any) -> None:
    settings.ADMIN_PASSWORD = ""
    assert run("create_admin", username="boss", password="correct-horse-1", verbosity=0) == ""
    assert UserProfile.objects.get(username="boss").check_password("correct-horse-1")


def test_a_weak_password_is_refused(settings: Any) -> None:
    settings.ADMIN_PASSWORD = "123"
    with pytest.raises(CommandError, match="password"):
        run("create_admin")


def test_a_key(users: Any) -> None:
    raw = run("create_api_key", "BEN", "--name", "robot", "--scope", "read", "--days", "3").strip()
    key = find_key(raw)
    assert key is not None
    assert (key.user, key.name, key.scopes) == (users.ben, "robot", ["read"])
    for bad in (["nobody"], ["ben", "--scope", "x"], ["ben", "--days", "0"]):
        with pytest.raises(CommandError):
            run("create_api_key", *bad)


def test_superusers_are_admins() -> None:
    assert UserProfile.objects.create_superuser("root", password="correct-horse-1").is_admin
