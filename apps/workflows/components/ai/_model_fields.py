"""The fields that say which model answers and how."""

from __future__ import annotations

from typing import Any, Literal

from .._text import Text
from ..base import CredentialId, NodeConfig, StepConfig, field


class ModelFields(NodeConfig):
    """A credential, a model and its parameters; what is empty is left to the provider."""

    llm_credential_id: CredentialId | None = field(
        None, title="Credential", help="The provider's credential (kind llm).", widget="llm_credential"
    )
    model_name: str | None = field(
        None, title="Model", help="Name of the model as the provider has it.", widget="model", max_length=200
    )
    temperature: float | None = field(
        None, title="Temperature", help="0: always the likeliest words. Higher: more variety.", ge=0, le=2
    )
    max_tokens: int | None = field(None, title="Most tokens", help="Length of one answer at most.", ge=1, le=1_000_000)
    top_p: float | None = field(
        None, title="Top p", help="Choose among the likeliest words of this total probability.", ge=0, le=1
    )
    frequency_penalty: float | None = field(
        None, title="Frequency penalty", help="Above 0: repeat words less often.", ge=-2, le=2
    )
    presence_penalty: float | None = field(
        None, title="Presence penalty", help="Above 0: turn to new subjects more often.", ge=-2, le=2
    )
    timeout: float | None = field(
        None, title="Time-out of a call", help="Seconds that one call may take.", gt=0, le=3600
    )
    max_retries: int | None = field(None, title="Retries of a call", help="By the provider's client.", ge=0, le=10)
    response_format: Literal["text", "json_object"] | dict[str, Any] | None = field(
        None, title="Response format", help="text, json_object, or what the provider takes."
    )


class AIConfig(ModelFields, StepConfig):
    """Steps that talk to a model: with an attached model the model fields of the node itself are not used."""

    system_prompt: Text = field(
        "",
        title="System prompt",
        help="What the model is to be and do.",
        widget="textarea",
        expression=True,
        max_length=200_000,
    )
