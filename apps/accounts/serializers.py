"""Accounts on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from .keys import SCOPES
from .models import APIKey, Role, UserProfile, validate_timezone

if TYPE_CHECKING:
    Payload = serializers.Serializer[Any]
    UserModelSerializer = serializers.ModelSerializer[UserProfile]
    KeyModelSerializer = serializers.ModelSerializer[APIKey]
else:
    Payload = serializers.Serializer
    UserModelSerializer = KeyModelSerializer = serializers.ModelSerializer


class Password(serializers.CharField):
    """Taken as it is, blanks included; never shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1024, trim_whitespace=False, write_only=True, **kwargs)


class Zone(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        text = "An IANA zone; empty: the browser's."
        super().__init__(max_length=64, allow_blank=True, validators=[validate_timezone], help_text=text, **kwargs)


class Strict(Payload):
    """Refuses members that it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({str(name): ["Unknown field."] for name in unknown})
        return super().to_internal_value(data)


class SetupStatus(Payload):
    needs_setup = serializers.BooleanField()


class SetupRequest(Strict):
    username = serializers.CharField(max_length=150)
    password = Password()
    email = serializers.EmailField(required=False, allow_blank=True)
    timezone = Zone(required=False)


class TokenRequest(Strict):
    username = serializers.CharField(max_length=150)
    password = Password()


class Token(Payload):
    key = serializers.CharField(help_text="Shown once. Empty when a second factor is asked for.")
    requires_mfa = serializers.BooleanField()


class Ticket(Payload):
    ticket = serializers.CharField(help_text="Single use, 30 s.")


class User(UserModelSerializer):
    class Meta:
        model = UserProfile
        fields = (
            "id", "username", "first_name", "last_name", "email", "role", "timezone",
            "is_active", "is_agent", "telegram_user_id", "last_login", "date_joined",
        )  # fmt: skip
        read_only_fields = fields


class LinkCode(Payload):
    code = serializers.CharField(help_text="To send to a bot as `/link CODE`.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


class MeUpdate(Strict):
    first_name = serializers.CharField(max_length=150, allow_blank=True)
    last_name = serializers.CharField(max_length=150, allow_blank=True)
    email = serializers.EmailField(allow_blank=True)
    timezone = Zone()
    password = Password(help_text="Needs current_password.")
    current_password = Password()


class UserUpdate(Strict):
    username = serializers.CharField(max_length=150)
    first_name = serializers.CharField(max_length=150, allow_blank=True)
    last_name = serializers.CharField(max_length=150, allow_blank=True)
    email = serializers.EmailField(allow_blank=True)
    timezone = Zone()
    role = serializers.ChoiceField(choices=Role.choices)
    is_active = serializers.BooleanField()
    password = Password()


class UserCreate(UserUpdate):
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    email = serializers.EmailField(allow_blank=True, required=False)
    timezone = Zone(required=False)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class Key(KeyModelSerializer):
    class Meta:
        model = APIKey
        fields = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
        read_only_fields = fields


class KeyCreate(Strict):
    name = serializers.CharField(max_length=100)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)), required=False, max_length=10)


class NewKey(Key):
    key = serializers.CharField(help_text="Shown this once.")

    class Meta:
        model = APIKey
        fields = ("key", *Key.Meta.fields)
        read_only_fields = fields


class Ids(Strict):
    ids = serializers.ListField(child=serializers.IntegerField(), max_length=200, allow_empty=False)


class Deleted(Payload):
    deleted = serializers.IntegerField()
