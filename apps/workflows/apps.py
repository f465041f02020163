from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.credentials import usage

        usage.register(nodes_using)


def nodes_using(credential_id: int) -> list[dict[str, Any]]:
    """The nodes whose config names a credential."""
    from django.db.models import Q

    from . import configs
    from .models import ComponentConfig

    used = (
        Q(llm_credential_id=credential_id)
        | Q(credential_id=credential_id)
        | Q(extra_config__credential_id=credential_id)
        | Q(extra_config__has_key="fallbacks")
    )
    rows = ComponentConfig.objects.non_polymorphic().filter(used, node__workflow__deleted_at__isnull=True)
    found = rows.values("llm_credential_id", "credential_id", "extra_config", "node__node_id", "node__workflow__slug")
    return [
        {"workflow_slug": row["node__workflow__slug"], "node_id": row["node__node_id"]}
        for row in found.order_by("pk")
        if credential_id in configs.credential_ids(row)
    ]
