"""Credentials on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import Ids, Payload, Strict

from .actions import masked
from .models import BaseCredential

if TYPE_CHECKING:
    Rows = serializers.ModelSerializer[BaseCredential]
else:
    Rows = serializers.ModelSerializer

__all__ = [
    "Credential",
    "CredentialCreate",
    "CredentialUpdate",
    "Ids",
    "Kind",
    "Model",
    "TestRequest",
    "TestResult",
    "Use",
]

FIELDS = {"type": "object", "additionalProperties": True}


class Credential(Rows):
    detail = serializers.SerializerMethodField(help_text="The kind's fields, secrets masked: `sk-p****ab12`.")
    created_by = serializers.PrimaryKeyRelatedField[Any](read_only=True)

    class Meta:
        model = BaseCredential
        fields = ("id", "name", "credential_type", "detail", "created_by", "created_at", "updated_at")
        read_only_fields = fields

    @extend_schema_field(FIELDS)
    def get_detail(self, row: BaseCredential) -> dict[str, Any]:
        return masked(row)


class CredentialCreate(Strict):
    name = serializers.CharField(max_length=200)
    credential_type = serializers.CharField(max_length=40)
    detail = serializers.DictField(help_text="By kind: see `credentials/kinds/`.")


class CredentialUpdate(Strict):
    name = serializers.CharField(max_length=200)
    detail = serializers.DictField(help_text="Fields not given stay; null clears; a mask keeps what is stored.")


class TestRequest(Strict):
    model_name = serializers.CharField(
        max_length=200, required=False, help_text="Ask this model for a word, instead of listing the models."
    )


class TestResult(Payload):
    ok = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)
    latency_ms = serializers.IntegerField()


class Price(Payload):
    input = serializers.CharField(help_text="USD per million tokens.")
    output = serializers.CharField()
    cached = serializers.CharField()


class Model(Payload):
    id = serializers.CharField()
    price = Price(allow_null=True)


class Use(Payload):
    workflow_slug = serializers.CharField()
    node_id = serializers.CharField(help_text="Or (notifications): the workflow's own rules.")


class Kind(Payload):
    credential_type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    schema = serializers.DictField(help_text="JSON Schema of `detail`; fields with `secret` are masked.")
