"""The link to a form that is not public: its address with a key, which is the author's secret or one of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.crypto import salted_hmac

from apps.executions.triggers.form import FormHandler
from apps.executions.triggers.webhook import clean
from apps.workflows.models import Workflow
from apps.workflows.snapshot import flat_config
from pipelit.errors import NotFound


def key(workflow: Workflow, config: Mapping[str, Any]) -> str:
    """The key of a form whose author has chosen none: the same as long as its address is."""
    return salted_hmac(
        "pipelit.form", f"{workflow.pk}:{clean(config.get('path') or '')}", algorithm="sha256"
    ).hexdigest()


def address(workflow: Workflow, node_id: str) -> dict[str, Any]:
    """Where the form of a node (as drafted) is, and whether it opens at that address: a key that the author has chosen
    is not told, as no secret is. Raises NotFound."""
    node = workflow.nodes.filter(node_id=node_id, component_type=FormHandler.type).first()
    if node is None:
        raise NotFound(f'There is no form "{node_id}" in this workflow.')
    config = flat_config(node.component_config)
    is_public, has_own = config.get("access") == "public", bool(config.get("secret"))
    query = "" if is_public or has_own else f"?key={key(workflow, config)}"
    path = quote(f"/forms/{workflow.slug}/{clean(config.get('path') or '')}")
    return {"address": f"{settings.PUBLIC_URL}{path}{query}", "complete": is_public or not has_own}
