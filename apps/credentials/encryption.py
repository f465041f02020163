"""Encryption at rest: Fernet with FIELD_ENCRYPTION_KEY, several keys, newest first.

New values are encrypted with the first key; any of the keys decrypts. Every row notes the id of its key, so that
rotation knows what is left to do and a missing key can be named.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import OperationalError, ProgrammingError, models
from django_cryptography.fields import EncryptedMixin

from pipelit.errors import PermanentError
from pipelit.fields import dumps

CANARY = "This text can be read, so the key fits."


class WrongKey(PermanentError):
    """What is stored cannot be decrypted with the keys of FIELD_ENCRYPTION_KEY."""

    code = "encryption_key_wrong"
    status = 503


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fernet() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS))


def key_id(key: str) -> str:
    """A name for a key that does not tell it: 12 hex digits."""
    return hashlib.sha256(b"pipelit key id:" + key.encode()).hexdigest()[:12]


def key_ids() -> list[str]:
    """The ids of the keys given, newest first."""
    return [key_id(key) for key in settings.FIELD_ENCRYPTION_KEYS]


def newest_key_id() -> str:
    return key_id(settings.FIELD_ENCRYPTION_KEYS[0])


def decrypt(token: bytes) -> Any:
    """The JSON value in an encrypted one; raises WrongKey."""
    try:
        return json.loads(fernet().decrypt(token))
    except InvalidToken:
        raise WrongKey(
            "What is stored was encrypted with another key than FIELD_ENCRYPTION_KEY holds. "
            "Put the former key back, after the current one: FIELD_ENCRYPTION_KEY=current,former."
        ) from None


def canary_problem() -> str | None:
    """What is wrong with FIELD_ENCRYPTION_KEY in a sentence, None if it fits what the database holds. Changes
    nothing; None too where the tables are not there yet."""
    from .models import EncryptionCanary
    from .rotation import key_ids_in_use

    try:
        used = key_ids_in_use()
    except (OperationalError, ProgrammingError):
        return None
    missing = sorted(used - set(key_ids()))
    if missing:
        return (
            f"FIELD_ENCRYPTION_KEY does not fit the database: secrets were encrypted with key {missing[0]}, "
            f"and only {', '.join(key_ids())} is given. Put the former key back (the current one first: "
            "FIELD_ENCRYPTION_KEY=current,former). Nothing was changed."
        )
    try:
        list(EncryptionCanary.objects.all())
    except WrongKey as error:
        return error.detail
    return None


def require_key() -> None:
    """Before something is encrypted: raises WrongKey where the key does not fit; sets the canary if there is none."""
    from .models import EncryptionCanary

    problem = canary_problem()
    if problem:
        raise WrongKey(problem)
    EncryptionCanary.objects.get_or_create(pk=1, defaults={"value": CANARY, "key_id": newest_key_id()})


if TYPE_CHECKING:
    Base = models.Field[Any, Any]
else:

    class Base(EncryptedMixin, models.Field):
        pass


class EncryptedJSONField(Base):
    """Any JSON value, encrypted. Built on django-cryptography's mixin, with JSON for its pickle and several keys for
    its one. Loading raises WrongKey."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    base_class = models.Field
    wasinstance = True

    def _dump(self, value: Any) -> bytes:
        return fernet().encrypt(dumps(value).encode("ascii"))

    def _load(self, value: bytes) -> Any:
        return decrypt(value)

    def to_python(self, value: Any) -> Any:
        return value

    def clone(self) -> EncryptedJSONField:
        _, _, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = models.Field.deconstruct(self)
        return name, f"{type(self).__module__}.{type(self).__qualname__}", args, kwargs

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`: what is encrypted stays so."""
        return self._dump(self.value_from_object(obj)).decode("ascii")
