from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import UserError

from .. import _json_schema
from ..base import Category, Component, Ctx, DataType, Family, Port, field
from . import _doors, _form_schema
from ._config import TriggerConfig


class FormConfig(TriggerConfig):
    path: str = _doors.path()
    title: str = field("", title="Title", help="Heading of the page. Empty: the workflow's name.", max_length=200)
    description: str = field(
        "", title="Introduction", help="Text above the fields.", widget="textarea", max_length=10_000
    )
    input_schema: dict[str, Any] = field(
        dict,
        title="Fields",
        help="A JSON Schema of type object: each property is a field, in this order.",
        widget="json_schema",
    )
    access: Literal["link", "public"] = field(
        "link",
        title="Who may fill it in",
        help="Who has the link with the key in it, or everybody who finds the page.",
    )
    secret: str = field(
        "",
        title="Secret of the link",
        help="A key of your own for the link, /forms/{workflow}/{path}?key={secret}, which is never shown again. "
        "Empty: Pipelit makes one, and shows the link to those who may edit the workflow.",
        widget="secret",
        pattern=r"^[A-Za-z0-9_\-.~]*$",
        max_length=200,
    )
    submit_label: str = field("Send", title="Button", help="What the button says.", min_length=1, max_length=60)
    success_message: str = field(
        "Thank you. We have received your answers.",
        title="Afterwards",
        help="What the page says when the answers are in.",
        widget="textarea",
        max_length=5000,
    )
    response_mode: Literal["immediate", "wait", "reply"] = _doors.response_mode(
        "Thank at once; wait and show the final output; or show what a reply node sends."
    )
    response_timeout: int = _doors.response_timeout()
    allowed_origins: list[_doors.Origin] = _doors.origins("Which web pages may show the form in a frame.")
    rate_limit_per_minute: int = _doors.rate(
        10, "Submissions that are taken from one address; in all, ten times as many."
    )


class FormTrigger(Component):
    """Starts the workflow when somebody fills in its web form at `/forms/{workflow-slug}/{path}`.

    The form is made from a JSON Schema whose properties are texts (with `format` `textarea`, `date`, `email` or `uri`),
    numbers, integers, booleans, an `enum`, or an array with an `enum` in `items`. `required`, limits, `pattern`,
    `default`, `title` and `description` do what they say. What was filled in is the `payload`, checked on the server.
    """

    type = "trigger_form"
    label = "Form"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "clipboard-list"
    outputs = (Port("payload", DataType.OBJECT, description="What was filled in, by field."),)
    Config = FormConfig
    example = {
        "config": {
            "path": "feedback",
            "access": "public",
            "input_schema": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "title": "Your name"},
                    "stars": {"type": "integer", "minimum": 1, "maximum": 5},
                },
            },
        },
        "scope": {"trigger": {"payload": {"name": "Kim", "stars": 4}}},
        "output": {"payload": {"name": "Kim", "stars": 4}},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        found = _json_schema.field_faults(config, "input_schema")
        return found or [("input_schema", text) for text in _form_schema.faults(config.get("input_schema"))]

    def run(self, ctx: Ctx, config: FormConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        payload = ctx.trigger.get("payload") or {}
        found = _json_schema.errors(config.input_schema, payload)
        if found:
            where = f'The payload does not fit the form of "{ctx.node_id}"'
            raise UserError(f"{where}: {'; '.join(found)}.", code="config_error")
        return {"payload": payload}
