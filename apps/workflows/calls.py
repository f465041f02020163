"""Which workflows call which, by their drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelit.errors import Invalid

from .models import ComponentConfig, Workflow

CALL = "workflow"
"""The component type of a call."""


def refuse_cycle(workflow: Workflow, config: Mapping[str, Any]) -> None:
    """Raises Invalid for the flat config of a call that leads back to this workflow, as far as the targets can be
    seen."""
    seen: set[str] = set()
    todo = [config.get("target_workflow")]
    while todo:
        slug = todo.pop()
        if slug == workflow.slug:
            message = f'This would make the workflow "{slug}" call itself, without end.'
            raise Invalid(message, code="call_cycle", fields={"target_workflow": [message]})
        if isinstance(slug, str) and slug not in seen:
            seen.add(slug)
            found = ComponentConfig.objects.filter(component_type=CALL, node__workflow__slug=slug)
            todo += [extra.get("target_workflow") for extra in found.values_list("extra_config", flat=True)]


def refuse_cycles(workflow: Workflow) -> None:
    """The same for all calls of a workflow whose slug is new: others may call that already."""
    own = ComponentConfig.objects.filter(component_type=CALL, node__workflow=workflow)
    for extra in own.values_list("extra_config", flat=True):
        refuse_cycle(workflow, extra)
