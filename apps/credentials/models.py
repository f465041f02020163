"""Credentials: one table for all kinds, and the canary that tells whether the encryption key fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from polymorphic.models import PolymorphicModel

from .encryption import EncryptedJSONField, newest_key_id

if TYPE_CHECKING:
    from .kinds.base import Kind


def empty_dict() -> dict[str, Any]:
    return {}


class BaseCredential(PolymorphicModel):
    """What some other system knows us by. The kind's public fields lie in `public`, its secret ones, encrypted
    with the key `key_id`, in `secret`. A kind may have a proxy of its own for behaviour; a new one needs none."""

    name = models.CharField(max_length=200)
    credential_type = models.CharField(max_length=40, db_index=True)
    public = models.JSONField(default=empty_dict, blank=True)
    secret = EncryptedJSONField(default=empty_dict, blank=True)
    key_id = models.CharField(max_length=16, blank=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="credentials"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.credential_type})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if "secret" not in self.get_deferred_fields() and (fields is None or "secret" in fields):
            self.key_id = newest_key_id()
            if fields is not None:
                kwargs["update_fields"] = {*fields, "key_id"}
        super().save(*args, **kwargs)

    @property
    def kind(self) -> Kind:
        from .registry import get

        return get(self.credential_type)

    @property
    def fields(self) -> dict[str, Any]:
        """All fields, secrets in clear."""
        return {**self.public, **self.secret}


class LLMCredential(BaseCredential):
    """A provider of chat models."""

    class Meta:
        proxy = True


class HTTPCredential(BaseCredential):
    """What authorises a call of somebody's HTTP API."""

    class Meta:
        proxy = True


class EncryptionCanary(models.Model):
    """One encrypted text that is known: a wrong key is noticed by it before it can do harm."""

    value = EncryptedJSONField()
    key_id = models.CharField(max_length=16, db_index=True)
