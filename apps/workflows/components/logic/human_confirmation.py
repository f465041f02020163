from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import StepTimeout

from .. import _json_schema
from .._text import Text
from ..base import Answer, Category, Component, CredentialId, Ctx, DataType, Family, Port, StepConfig, field


class HumanConfirmationConfig(StepConfig):
    prompt: Text = field(
        "", title="Question", help="What the person is asked.", widget="textarea", expression=True, max_length=20_000
    )
    assignees: list[Text] = field(
        list,
        title="Assignees",
        help="Those who may answer: user names, role:admin, email:name@example.org, telegram:<chat id>. Empty: whoever "
        "may edit the workflow. Who can be reached by Telegram or mail is asked there, too.",
        widget="users",
        expression=True,
        max_length=100,
    )
    quorum: int = field(
        1, title="Quorum", help="How many must confirm. One who cancels is enough to cancel.", ge=1, le=100
    )
    telegram_credential_id: CredentialId | None = field(
        None,
        title="Telegram bot",
        help="The bot that asks people on Telegram. Empty: the one that started the run.",
        widget="telegram_credential",
    )
    form_schema: dict[str, Any] | None = field(
        None,
        title="Form",
        help="A JSON Schema of what the person fills in besides.",
        widget="json_schema",
        alias="schema",
    )
    expires_in: float | None = field(
        None,
        title="Expires after",
        help="Seconds after which the question counts as answered. Empty: never.",
        gt=0,
        le=366 * 86_400,
    )
    on_expiry: Literal["cancelled", "confirmed", "fail"] = field(
        "cancelled", title="When expired", help="Go on as if cancelled or confirmed, or fail the step."
    )


class HumanConfirmation(Component):
    """Asks a person and waits for the answer, for days if need be.

    The execution parks meanwhile. The question is found in the task inbox, in the chat, and by `GET /tasks/`; assignees
    are asked by Telegram or mail as well, with a link that needs no sign-in. The first answer wins, or as many as the
    quorum asks for. The answer is *confirmed* or *cancelled*, with a comment (`user_response`) and what the form
    collected (`data`). A switch behind it may use the field `_route` (`confirmed`, `cancelled`) or `ask.confirmed`.
    """

    type = "human_confirmation"
    label = "Ask a person"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "user-check"
    inputs = (Port("prompt", DataType.STRING, description="The question.", filled_by=("prompt",)),)
    outputs = (
        Port("confirmed", DataType.BOOLEAN, description="Whether the person agreed."),
        Port("user_response", DataType.STRING, description="What the person wrote."),
        Port("data", DataType.OBJECT, description="What the form collected."),
    )
    Config = HumanConfirmationConfig
    example = {
        "config": {"prompt": "Deploy v2?"},
        "inputs": {"prompt": "Deploy v2?"},
        "answer": {"decision": "confirmed", "comment": "go", "data": {"when": "now"}},
        "output": {"confirmed": True, "user_response": "go", "data": {"when": "now"}, "_route": "confirmed"},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        return _json_schema.field_faults(config, "schema")

    def route(self, outputs: Mapping[str, Any]) -> str | None:
        return "confirmed" if outputs.get("confirmed") else "cancelled"

    def run(self, ctx: Ctx, config: HumanConfirmationConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        answer = ctx.wait_for(
            "approval",
            prompt=inputs.get("prompt") or f'Go on with "{ctx.node_id}"?',
            schema=config.form_schema,
            assignees=config.assignees,
            quorum=config.quorum,
            bot=config.telegram_credential_id,
            until=_expiry(config.expires_in),
            on_expiry=None if config.on_expiry == "fail" else config.on_expiry,
        )
        if answer.decision == "expired":
            raise StepTimeout(f'Nobody answered the question of "{ctx.node_id}" in time.')
        outputs = {
            "confirmed": answer.decision == "confirmed",
            "user_response": _words(answer),
            "data": answer.data if isinstance(answer.data, dict) else {},
        }
        return {**outputs, "_route": self.route(outputs)}


def _expiry(seconds: float | None) -> dt.datetime | None:
    """Computed anew at a replay, but the task keeps the time with which it was made."""
    return None if seconds is None else dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def _words(answer: Answer) -> str:
    return answer.comment or (answer.data if isinstance(answer.data, str) else "")
