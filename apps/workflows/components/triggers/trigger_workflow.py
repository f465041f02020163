from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, Ctx, DataType, Family, Port, field
from ._config import TriggerConfig


class CalledConfig(TriggerConfig):
    source_workflow: str = field(
        "",
        title="Only from",
        help="Slug of the one workflow that may call this trigger. Empty: any.",
        widget="workflow",
        location="trigger_config",
        max_length=200,
    )


class WorkflowTrigger(Component):
    """Starts the workflow when another workflow calls it by a `workflow` node.

    `payload` is what the caller handed over. The final output of this workflow becomes the output of the caller's
    node.
    """

    type = "trigger_workflow"
    label = "Called by a workflow"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "workflow"
    outputs = (
        Port("payload", DataType.OBJECT, description="What the calling workflow handed over."),
        Port("text", DataType.STRING, description="The text that it handed over."),
    )
    Config = CalledConfig
    example = {
        "config": {},
        "scope": {"trigger": {"text": "", "payload": {"x": 10}}},
        "output": {"payload": {"x": 10}, "text": ""},
    }

    def run(self, ctx: Ctx, config: CalledConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"payload": ctx.trigger.get("payload") or {}, "text": ctx.trigger.get("text") or ""}
