from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Category, Component, DataType, Effect, Family, Port
from ._model_fields import ModelFields


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
    Config = ModelFields
    example = {"config": {"llm_credential_id": 1, "model_name": "demo", "temperature": 0.2}}

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        if config.get("llm_credential_id") is None:
            return [("llm_credential_id", "Choose the credential of a model provider.")]
        return []
