from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, Ctx, DataType, Family, Port
from ._config import TriggerConfig

FIELDS = ("message", "error_code", "source_node_id", "source_node_type", "execution_id", "timestamp")


class ErrorTrigger(Component):
    """Starts when an execution of this workflow fails: to notify somebody, to clean up.

    An execution that was itself started by this trigger does not fire it again.
    """

    type = "trigger_error"
    label = "On error"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "siren"
    outputs = (
        Port(
            "error",
            DataType.OBJECT,
            description="message, error_code, source_node_id, source_node_type, execution_id and timestamp.",
        ),
    )
    Config = TriggerConfig
    example = {
        "config": {},
        "scope": {"trigger": {"error": {"message": "boom", "error_code": "code_error", "source_node_id": "calc"}}},
        "output": {
            "error": {
                "message": "boom",
                "error_code": "code_error",
                "source_node_id": "calc",
                "source_node_type": None,
                "execution_id": None,
                "timestamp": None,
            },
        },
    }

    def run(self, ctx: Ctx, config: TriggerConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        error = ctx.trigger.get("error") or ctx.trigger.get("payload") or {}
        return {"error": {name: error.get(name) for name in FIELDS}}
