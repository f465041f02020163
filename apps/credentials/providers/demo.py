"""The built-in model that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from ..kinds.demo import DemoChatModel
from ..kinds.llm import LLMFields, Reply


def chat_model(fields: LLMFields, params: Mapping[str, Any]) -> BaseChatModel:
    script = params.get("script") or fields.script
    return DemoChatModel(
        model_name=params.get("model_name") or "demo",
        script=[reply.model_dump() if isinstance(reply, Reply) else reply for reply in script],
        response_format=params.get("response_format"),
    )


def models(fields: LLMFields) -> list[dict[str, Any]]:
    return [{"id": "demo"}]
