"""Notification rules of a workflow: who is told when an execution fails, works again, or waits too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from pipelit import telegram

from .components.base import CredentialId

MAX_RULES = 20
KINDS: Mapping[str, str] = {"telegram": "telegram", "callback": "signing"}
"""The kind of the credential that a channel takes."""


class Rule(BaseModel):
    """One rule. `to` is a mail address, a URL, or the id of a Telegram chat."""

    model_config = ConfigDict(extra="forbid")

    on: Literal["failed", "recovered", "waiting", "undelivered"]
    channel: Literal["email", "callback", "telegram"]
    to: str = Field(min_length=1, max_length=2000)
    credential_id: CredentialId | None = None
    """The bot of a Telegram chat; the secret that signs a callback."""
    after_minutes: int = Field(60, ge=1, le=43_200)
    """For `waiting`: how long an execution may wait before somebody is told."""

    @model_validator(mode="after")
    def has_an_address(self) -> Self:
        if self.channel == "email":
            try:
                validate_email(self.to)
            except DjangoValidationError:
                raise ValueError(f"to: {self.to!r} is no mail address") from None
        if self.channel == "callback" and not self.to.startswith(("http://", "https://")):
            raise ValueError("to: a callback needs an http or https URL")
        if self.channel == "telegram":
            if not telegram.CHAT.fullmatch(self.to):
                raise ValueError("to: a Telegram chat is a number")
            if self.credential_id is None:
                raise ValueError("credential_id: choose the bot that writes to the chat")
        return self

    @property
    def address(self) -> dict[str, Any]:
        """As deliveries have it: {"channel", ...}."""
        match self.channel:
            case "email":
                return {"channel": "email", "to": [self.to]}
            case "callback":
                return {"channel": "callback", "url": self.to, "credential_id": self.credential_id}
            case _:
                return {"channel": "telegram", "chat_id": int(self.to), "credential_id": self.credential_id}


_RULES = TypeAdapter(list[Rule])


def parse(stored: Any) -> Sequence[Rule]:
    """The rules that a JSON list holds; raises ValueError with a sentence."""
    try:
        found = _RULES.validate_python(stored or [])
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{place}: {fault['msg'].removeprefix('Value error, ')}.") from None
    if len(found) > MAX_RULES:
        raise ValueError(f"At most {MAX_RULES} rules.")
    return found
