"""Which chat model a step talks to, and what is counted and shown while it does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from apps.credentials import actions as credentials
from apps.workflows.components.base import MODEL_FIELDS
from pipelit.errors import TransientError, UserError

from .usage import Usage

if TYPE_CHECKING:
    from .context import StepContext

TOKENS_EVERY = 0.02
"""Seconds: streamed text is sent in pieces, not letter by letter."""


def model_for(context: StepContext) -> BaseChatModel:
    """The attached `ai_model`, else the node's own model fields; streams and counts by itself."""
    attached = context.prepared.node.attached.get("llm", ())
    source = context.attached(attached[0]).config if attached else context.config
    params: dict[str, Any] = {
        name: value for name in MODEL_FIELDS if (value := getattr(source, name, None)) is not None
    }
    if "llm_credential_id" not in params:
        raise UserError(
            f'Node "{context.node_id}" has no model: attach an AI model node, or choose a credential and a model.',
            code="config_error",
        )
    params["timeout"] = context.remaining(float(params.get("timeout") or 120.0))
    price = getattr(source, "price_input", None), getattr(source, "price_output", None)
    others = [
        _watched(context, params | other.model_dump(exclude_none=True)) for other in getattr(source, "fallbacks", ())
    ]
    model = _watched(context, params, price if None not in price else None)
    if not others:
        return model
    fallen: Any = model.with_fallbacks(others)  # a runnable that passes bind_tools on to all of them
    return fallen  # type: ignore[no-any-return]


def _watched(context: StepContext, params: Mapping[str, Any], price: tuple[Any, Any] | None = None) -> BaseChatModel:
    credential_id = params["llm_credential_id"]
    context.run.reveal(credential_id)
    model = credentials.chat_model(credential_id, {k: v for k, v in params.items() if k != "llm_credential_id"})
    model.callbacks = [Watcher(context, credential_id, params.get("model_name") or "", price)]
    return model


class Watcher(BaseCallbackHandler):
    """Streams tokens as live events, stops a call when its step is cancelled or out of time, and counts usage."""

    raise_error = True
    run_inline = True

    def __init__(
        self, context: StepContext, credential_id: int, model_name: str, price: tuple[Any, Any] | None = None
    ) -> None:
        self._context = context
        self._credential_id = credential_id
        self._model_name = model_name
        self._price = price
        """The node's own price of input and output, USD per million tokens."""
        self._text = ""
        self._sent = 0.0

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        self._context.remaining(0.0)  # raises if the step must stop: then no fallback is asked either

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self._context.remaining(0.0)  # raises if the step must stop
        if isinstance(token, str):
            self._text += token
        if self._text and time.monotonic() - self._sent >= TOKENS_EVERY:
            self._flush()

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self._flush()
        usage = Usage(llm_calls=1)
        for message in _messages(response):
            usage.add(self._usage_of(message))
        self._context.usage.add(usage)
        self._context.run.used(usage)
        if any(_broke_off(message) for message in _messages(response)):
            raise TransientError("The model's answer broke off before its end.", code="model_error")

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self._flush()

    def _flush(self) -> None:
        if self._text:
            self._context.emit("token", {"delta": self._text})
            self._text = ""
        self._sent = time.monotonic()

    def _usage_of(self, message: AIMessage) -> Usage:
        reported: Mapping[str, Any] = message.usage_metadata or {}
        cost = credentials.cost_of(self._credential_id, self._model_name, reported, self._price)
        return Usage(
            input_tokens=reported.get("input_tokens", 0),
            output_tokens=reported.get("output_tokens", 0),
            cost_usd=cost or Usage().cost_usd,
            cost_known=cost is not None,
        )


def _broke_off(message: AIMessage) -> bool:
    """Whether a connection ended before the model did: an answer on OpenAI's wire says at its end why it ends."""
    about = message.response_metadata
    return about.get("model_provider") == "openai" and not about.get("finish_reason")


def _messages(response: LLMResult) -> Sequence[AIMessage]:
    return [
        generation.message
        for generations in response.generations
        for generation in generations
        if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage)
    ]
