from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..base import Category, Component, CredentialId, DataType, Effect, Family, Port, field
from ._model_fields import ModelFields


class Fallback(BaseModel):
    """A model to ask instead."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    llm_credential_id: CredentialId | None = Field(
        None,
        title="Credential",
        description="Empty: that of the model above.",
        json_schema_extra={"widget": "llm_credential"},
    )
    model_name: str = Field(title="Model", min_length=1, max_length=200, json_schema_extra={"widget": "model"})


class AIModelConfig(ModelFields):
    fallbacks: list[Fallback] = field(
        (),
        title="Fallback models",
        help="Asked in this order when the model before cannot be reached or refuses. Parameters are the same.",
        max_length=5,
    )
    price_input: float | None = field(
        None, title="Price of input", help="USD per million tokens; empty: as the credential or the list says.", ge=0
    )
    price_output: float | None = field(None, title="Price of output", help="USD per million tokens.", ge=0)


class AIModel(Component):
    """A model for AI nodes: which provider's credential, which model, with which parameters.

    Connect it to an AI node by an `llm` edge; several nodes may share one. Nothing runs here: the node that it is
    attached to makes the calls.
    """

    type = "ai_model"
    label = "Model"
    category = Category.MODEL
    family = Family.MODEL
    icon = "brain"
    executable = False
    attaches_as = "llm"
    effect = Effect.PURE
    outputs = (Port("model", DataType.OBJECT, description="The model, for the node that it is attached to."),)
    Config = AIModelConfig
    example = {"config": {"llm_credential_id": 1, "model_name": "demo", "temperature": 0.2}}

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        if config.get("llm_credential_id") is None:
            return [("llm_credential_id", "Choose the credential of a model provider.")]
        if (config.get("price_input") is None) != (config.get("price_output") is None):
            return [("price_output", "Give both prices or none.")]
        return []
