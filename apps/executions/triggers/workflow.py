"""trigger_workflow: a call by another workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .handler import Handler


class WorkflowHandler(Handler):
    type = "trigger_workflow"

    def by_hand(self, config: Mapping[str, Any], text: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A call by the only caller, if there is one."""
        return {**super().by_hand(config, text, payload), "source_workflow": config.get("source_workflow") or ""}

    def matches(self, config: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """`source_workflow` of the config, if set, is the slug of the only caller."""
        wanted = config.get("source_workflow")
        return not wanted or wanted == event.get("source_workflow")
