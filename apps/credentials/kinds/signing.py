"""A secret that is shared with a receiver of our callbacks, so that it can tell them from forged ones."""

from __future__ import annotations

from .base import Fields, Kind, field


class SigningFields(Fields):
    secret: str = field(
        title="Secret", help="16 or more random characters, known to the receiver too.", secret=True, min_length=16,
        max_length=1000,
    )  # fmt: skip


class Signing(Kind):
    type = "signing"
    label = "Signing secret"
    description = "Signs callbacks by HMAC-SHA256."
    model = "BaseCredential"
    Fields = SigningFields
