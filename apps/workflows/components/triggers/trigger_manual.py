from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelit.errors import UserError

from .. import _json_schema
from ..base import Category, Component, Ctx, DataType, Family, Port, field
from ._config import TriggerConfig


class ManualConfig(TriggerConfig):
    input_schema: dict[str, Any] | None = field(
        None,
        title="Input form",
        help="A JSON Schema of the payload. Run shows a form made of it; a payload that does not fit is refused.",
        widget="json_schema",
    )


class ManualTrigger(Component):
    """Starts the workflow when somebody presses **Run**, or by `POST /workflows/{slug}/execute/`.

    The caller's `text` and `payload` are its outputs: `{{ start.text }}`, `{{ start.payload.name }}`. The same values
    are `{{ trigger.text }}` and `{{ trigger.payload }}` in every node.
    """

    type = "trigger_manual"
    label = "Manual trigger"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "mouse-pointer-click"
    outputs = (
        Port("payload", DataType.OBJECT, description="What the caller sent along."),
        Port("text", DataType.STRING, description="The text that the caller gave."),
    )
    Config = ManualConfig
    example = {
        "config": {},
        "scope": {"trigger": {"text": "hi", "payload": {"x": 1}}},
        "output": {"text": "hi", "payload": {"x": 1}},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return _json_schema.field_faults(config, "input_schema")

    def run(self, ctx: Ctx, config: ManualConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        payload = ctx.trigger.get("payload") or {}
        if config.input_schema:
            found = _json_schema.errors(config.input_schema, payload)
            if found:
                where = f'The payload does not fit the input form of "{ctx.node_id}"'
                raise UserError(f"{where}: {'; '.join(found)}.", code="config_error")
        return {"payload": payload, "text": ctx.trigger.get("text") or ""}
