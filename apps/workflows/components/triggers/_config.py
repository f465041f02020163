"""What the configs of all triggers have in common."""

from __future__ import annotations

from ..base import CredentialId, NodeConfig, field


class TriggerConfig(NodeConfig):
    """`is_active` and `priority` decide, with the trigger's own settings, which trigger takes an event."""

    credential_id: CredentialId | None = field(
        None,
        title="Credential",
        help="The account on whose behalf events arrive, where one is needed.",
        widget="telegram_credential",
    )
    is_active: bool = field(True, title="Active", help="Whether this trigger takes events.", strict=True)
    priority: int = field(
        0,
        title="Priority",
        help="Of several triggers that fit an event, the one with the highest priority takes it.",
        ge=-1000,
        le=1000,
        strict=True,
    )
