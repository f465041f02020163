"""Rotation of the encryption key, in steps that may be stopped at any time."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from .encryption import EncryptedJSONField, newest_key_id

BATCH = 100


def step() -> int:
    """Encrypt up to 100 rows of another key with the newest one; how many were changed (0: all is done). A row that
    somebody saves meanwhile is left to the next step. Raises WrongKey."""
    newest = newest_key_id()
    for model in encrypted_models():
        rows = list(_rows(model).exclude(key_id=newest).order_by("pk")[:BATCH])
        if rows:
            return sum(_rotate(row, newest) for row in rows)
    return 0


def encrypted_models() -> list[type[models.Model]]:
    """The tables with encrypted fields; each has a column `key_id`."""
    return [
        model
        for model in apps.get_models()
        if not model._meta.proxy and any(isinstance(found, EncryptedJSONField) for found in model._meta.fields)
    ]


def key_ids_in_use() -> set[str]:
    """The ids of the keys that encrypted what is stored."""
    return {
        key
        for model in encrypted_models()
        for key in _rows(model).order_by().values_list("key_id", flat=True).distinct()
    }


def _rows(model: type[models.Model]) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = model._default_manager.all()
    return found.non_polymorphic() if hasattr(found, "non_polymorphic") else found


def _rotate(row: Any, newest: str) -> int:
    """Only if the row still is what was read: anything saved since is of the newest key already."""
    values = {
        found.attname: getattr(row, found.attname)
        for found in row._meta.fields
        if isinstance(found, EncryptedJSONField)
    }
    unchanged = _rows(type(row)).filter(pk=row.pk, key_id=row.key_id)
    if hasattr(row, "updated_at"):
        unchanged = unchanged.filter(updated_at=row.updated_at)
    return unchanged.update(key_id=newest, **values)
