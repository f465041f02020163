"""Anthropic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from pipelit.errors import ConfigError

from ..errors import calling
from ..kinds.llm import LLMFields
from .common import LIST_SECONDS, MODELS_MOST, PENALTIES, SAMPLING, http_async_client, http_client, model_name, timeout

ANTHROPIC = "https://api.anthropic.com"


class GuardedAnthropic(ChatAnthropic):
    """Through the guarded HTTP client: the library takes none from outside."""

    @cached_property
    def _client(self) -> anthropic.Client:
        return anthropic.Client(**self._client_params, http_client=http_client())

    @cached_property
    def _async_client(self) -> anthropic.AsyncClient:
        return anthropic.AsyncClient(**self._client_params, http_client=http_async_client())


def chat_model(fields: LLMFields, params: Mapping[str, Any]) -> BaseChatModel:
    for name in PENALTIES:
        if params.get(name):
            raise ConfigError(f"{name}: models of Anthropic know no penalties; leave it empty.")
    if params.get("response_format") not in (None, "", "text", {"type": "text"}):
        raise ConfigError("response_format: models of Anthropic answer in text; use an output schema instead.")
    return GuardedAnthropic(
        model_name=model_name(params),
        api_key=SecretStr(fields.api_key),
        base_url=fields.base_url or ANTHROPIC,
        default_headers=fields.custom_headers or None,
        timeout=timeout(params),
        max_retries=int(params.get("max_retries") or 0),
        streaming=True,
        stop=None,
        **{name: params[name] for name in SAMPLING if params.get(name) is not None},
    )


def models(fields: LLMFields) -> list[dict[str, Any]]:
    client = anthropic.Anthropic(
        api_key=fields.api_key,
        base_url=fields.base_url or ANTHROPIC,
        default_headers=fields.custom_headers or None,
        timeout=LIST_SECONDS,
        max_retries=0,
        http_client=http_client(),
    )
    with calling():
        return [{"id": found.id} for found in islice(client.models.list(limit=100), MODELS_MOST)]
