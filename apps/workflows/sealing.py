"""Secrets in configs, such as a webhook's: stored encrypted in a row of their own, and named in the config by a seal,
`sealed.<id>`. So they are write-only: the graph, its versions, exports, events and the journal hold seals only.

A seal opens in its own workflow alone; where a node is carried to another one, it is left out, and validation asks for
a secret.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from apps.credentials.encryption import require_key

from . import configs
from .components import registry
from .models import Workflow, WorkflowSecret

SEAL = "sealed."


def sealed(
    workflow: Workflow, component_type: str, flat: Mapping[str, Any], old: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A flat config with its secrets sealed; a secret that is that of the `old` config keeps its seal. Raises WrongKey
    rather than encrypt with a key that does not fit."""
    return {
        name: _seal(workflow, value, (old or {}).get(name)) if _is_secret(component_type, name, value) else value
        for name, value in flat.items()
    }


def without(component_type: str, flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat config without its secrets, to leave the workflow."""
    return {name: value for name, value in flat.items() if not _is_secret(component_type, name, value)}


def opened(workflow: Workflow, component_type: str, flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat config with its secrets in clear, for whoever checks them. Raises WrongKey."""
    return {
        name: reveal(workflow, value) if _is_secret(component_type, name, value) else value
        for name, value in flat.items()
    }


def reveal(workflow: Workflow, seal: str) -> str:
    """The secret of a seal; empty if it is none of this workflow. Raises WrongKey."""
    try:
        return _stored(workflow.pk, uuid.UUID(seal.removeprefix(SEAL)))
    except (ValueError, WorkflowSecret.DoesNotExist):
        return ""


@lru_cache(maxsize=256)
def _stored(workflow_id: int, secret_id: uuid.UUID) -> str:
    return str(WorkflowSecret.objects.get(pk=secret_id, workflow_id=workflow_id).value)


def _is_secret(component_type: str, name: str, value: Any) -> bool:
    component = registry.all_components().get(component_type)
    info = configs.fields_of(component.Config).get(name) if component else None
    return bool(value) and info is not None and configs.hint(info, "widget") == "secret"


def _seal(workflow: Workflow, value: str, old: Any) -> str:
    if value.startswith(SEAL):
        return value if reveal(workflow, value) else ""
    if old and reveal(workflow, old) == value:
        return str(old)
    require_key()
    return f"{SEAL}{WorkflowSecret.objects.create(workflow=workflow, value=value).pk}"
