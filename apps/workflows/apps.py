from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.credentials import usage

        usage.register(nodes_using)
        usage.register(rules_using)


def nodes_using(credential_id: int) -> list[dict[str, Any]]:
    """The nodes whose config names a credential."""
    from django.db.models import Q

    from . import configs
    from .components import registry
    from .models import ComponentConfig

    used = Q(llm_credential_id=credential_id) | Q(credential_id=credential_id) | Q(extra_config__has_key="fallbacks")
    components = registry.all_components().values()
    names = {name for component in components for name in configs.fields_of(component.Config)}
    for name in (name for name in names if name.endswith("credential_id")):
        used |= Q(**{f"extra_config__{name}": credential_id})
    rows = ComponentConfig.objects.non_polymorphic().filter(used, node__workflow__deleted_at__isnull=True)
    found = rows.values("llm_credential_id", "credential_id", "extra_config", "node__node_id", "node__workflow__slug")
    return [
        {"workflow_slug": row["node__workflow__slug"], "node_id": row["node__node_id"]}
        for row in found.order_by("pk")
        if credential_id in configs.credential_ids(row)
    ]


def rules_using(credential_id: int) -> list[dict[str, Any]]:
    """The workflows whose notification rules name a credential."""
    from . import configs
    from .models import Workflow

    told = Workflow.objects.filter(deleted_at__isnull=True).exclude(notifications=[]).order_by("pk")
    return [
        {"workflow_slug": slug, "node_id": "(notifications)"}
        for slug, rules in told.values_list("slug", "notifications")
        if credential_id in configs.credential_ids(rules)
    ]
