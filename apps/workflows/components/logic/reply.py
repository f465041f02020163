from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import UserError
from pipelit.json_text import loads

from .._text import Text
from ..base import Category, Component, Ctx, DataType, Effect, Family, Port, StepConfig, field


class ReplyConfig(StepConfig):
    text: Text = field(
        "",
        title="Text",
        help="What is sent. Empty: what the edge brings.",
        widget="textarea",
        expression=True,
        max_length=200_000,
    )
    status: int = field(
        200,
        title="Status",
        help="The HTTP status, where a webhook waits for this reply.",
        ge=200,
        le=599,
        strict=True,
    )
    content_type: Literal["text/plain", "application/json", "text/html", "text/csv", "application/xml"] = field(
        "text/plain", title="Content type", help="What the text is, where a webhook waits for this reply."
    )


class Reply(Component):
    """Sends a text to the caller at once: into the chat, or as the response of a webhook.

    The execution goes on afterwards. What the last reply sent is the final output.

    A text of type `application/json` must be JSON. Write each value in it with the filter `tojson`, which also puts the
    quotes: `{"order": {{ trigger.body | tojson }}, "urgent": {{ trigger.body.urgent | tojson }}}`. Without it Python's
    spelling is what comes (`{'id': 7}`, `True`, `None`), and the step fails.
    """

    type = "reply"
    label = "Reply"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "reply"
    effect = Effect.UNSAFE
    inputs = (Port("text", DataType.STRING, required=True, description="The text.", filled_by=("text",)),)
    outputs = (Port("sent", DataType.BOOLEAN, description="Whether somebody took it."),)
    Config = ReplyConfig
    example = {"config": {"text": "Done."}, "inputs": {"text": "Done."}, "output": {"sent": True}}

    def run(self, ctx: Ctx, config: ReplyConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        text = inputs.get("text") or ""
        if config.content_type == "application/json" and text:
            _check_json(text)
        return {"sent": ctx.reply(text, status=config.status, content_type=config.content_type)}


def _check_json(text: str) -> None:
    try:
        loads(text)
    except ValueError as error:
        hint = "Write values in it with the filter tojson: {{ calc.output | tojson }}."
        raise UserError(
            f"The text of the reply is no JSON ({error}): {text[:200]} {hint}", code="config_error"
        ) from None
