"""Encryption at rest: keys, canary, rotation."""

from __future__ import annotations

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from apps.credentials import actions, encryption, rotation
from apps.credentials.encryption import WrongKey, canary_problem, key_id
from apps.credentials.models import BaseCredential, EncryptionCanary

pytestmark = pytest.mark.django_db

SECRET = "sk-very-secret-value-0123456789"


@pytest.fixture
def credential() -> BaseCredential:
    return actions.create(None, "x", "llm", {"provider_type": "openai", "api_key": SECRET})


def raw() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM credentials_basecredential")
        return bytes(cursor.fetchone()[0])


def reread() -> BaseCredential:
    return BaseCredential.objects.get()


def test_at_rest(credential: BaseCredential, settings: Any) -> None:
    stored = raw()
    assert SECRET.encode() not in stored
    assert not stored.startswith(b"\x80\x04")  # no pickle
    assert Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(stored).startswith(b'{"api_key":"sk-very')
    assert credential.key_id == key_id(settings.FIELD_ENCRYPTION_KEYS[0])


def test_any_of_the_keys_reads_the_first_writes(credential: BaseCredential, settings: Any) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS[0]
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert reread().fields["api_key"] == SECRET
    assert canary_problem() is None
    reread().save()
    assert reread().key_id == key_id(new)
    assert Fernet(new).decrypt(raw())


def test_a_wrong_key_is_told_and_changes_nothing(credential: BaseCredential, settings: Any, users: Any) -> None:
    before = raw()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    problem = canary_problem()
    assert problem is not None
    assert credential.key_id in problem
    assert settings.FIELD_ENCRYPTION_KEYS[0] not in problem
    found = [message for message in run_checks(databases=["default"]) if message.id == "credentials.E001"]
    assert found[0].msg == problem
    with pytest.raises(WrongKey):
        actions.reveal(credential.pk)
    with pytest.raises(WrongKey):
        actions.create(None, "y", "llm", {"provider_type": "demo"})
    with pytest.raises(WrongKey):
        actions.update(users.ada, credential.pk, detail={"api_key": "another"})
    with pytest.raises(CommandError):
        call_command("rotate_encryption_key")
    assert raw() == before
    assert actions.delete(users.ada, [credential.pk]) == 1


def test_a_canary_that_cannot_be_read(settings: Any) -> None:
    encryption.require_key()
    assert canary_problem() is None
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    EncryptionCanary.objects.update(key_id=encryption.newest_key_id())
    problem = canary_problem()
    assert problem is not None
    assert "FIELD_ENCRYPTION_KEY" in problem


def test_rotation_in_steps(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    rows = [
        actions.create(None, f"c{n}", "llm", {"provider_type": "openai", "api_key": f"{SECRET}{n}"}) for n in range(5)
    ]
    times = list(BaseCredential.objects.values_list("updated_at", flat=True))
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
    assert rotation.step() == 2  # then it is stopped, and begun again
    out = io.StringIO()
    call_command("rotate_encryption_key", stdout=out)
    assert "4 rotated" in out.getvalue()  # three more, and the canary
    assert rotation.step() == 0
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert canary_problem() is None
    assert [actions.reveal(row.pk)["api_key"] for row in rows] == [f"{SECRET}{n}" for n in range(5)]
    assert list(BaseCredential.objects.values_list("updated_at", flat=True)) == times


def test_rotation_leaves_what_is_saved_meanwhile(
    credential: BaseCredential, settings: Any, monkeypatch: pytest.MonkeyPatch, users: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    real = rotation._rotate

    def saved_meanwhile(row: Any, newest: str) -> int:
        if isinstance(row, BaseCredential):
            actions.update(users.ada, row.pk, detail={"api_key": "sk-newer"})
        return real(row, newest)

    monkeypatch.setattr(rotation, "_rotate", saved_meanwhile)
    assert rotation.step() == 0
    assert reread().fields["api_key"] == "sk-newer"
