"""OpenAI, and every server that speaks its chat-completions interface."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import openai
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from ..errors import calling
from ..kinds.llm import LLMFields
from .common import LIST_SECONDS, MODELS_MOST, PENALTIES, SAMPLING, http_async_client, http_client, model_name, timeout

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""What is sent to a server that wants no key; the client library insists on one."""


def chat_model(fields: LLMFields, params: Mapping[str, Any]) -> BaseChatModel:
    extra: dict[str, Any] = {}
    wanted = params.get("response_format")
    if wanted:
        extra["model_kwargs"] = {"response_format": {"type": wanted} if isinstance(wanted, str) else wanted}
    if fields.base_url:
        extra["use_responses_api"] = False
    return ChatOpenAI(
        model=model_name(params),
        api_key=SecretStr(fields.api_key or NO_KEY),
        base_url=fields.base_url or OPENAI,
        organization=fields.organization_id or None,
        default_headers=fields.custom_headers or None,
        timeout=timeout(params),
        max_retries=int(params.get("max_retries") or 0),
        streaming=True,
        stream_usage=True,
        http_client=http_client(),
        http_async_client=http_async_client(),
        **{name: params[name] for name in (*SAMPLING, *PENALTIES) if params.get(name) is not None},
        **extra,
    )


def models(fields: LLMFields) -> list[dict[str, Any]]:
    client = openai.OpenAI(
        api_key=fields.api_key or NO_KEY,
        base_url=fields.base_url or OPENAI,
        organization=fields.organization_id or None,
        default_headers=fields.custom_headers or None,
        timeout=LIST_SECONDS,
        max_retries=0,
        http_client=http_client(),
    )
    with calling():
        return [{"id": found.id} for found in islice(client.models.list(), MODELS_MOST)]
