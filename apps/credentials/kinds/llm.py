"""Providers of chat models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .base import Fields, Kind, field


class PriceOverride(BaseModel):
    """USD per million tokens; `cached` is what was read from the provider's cache, `cache_write` written to it."""

    model_config = ConfigDict(extra="forbid")

    input: Decimal = Field(ge=0, le=1_000_000)
    output: Decimal = Field(ge=0, le=1_000_000)
    cached: Decimal | None = Field(None, ge=0, le=1_000_000)
    cache_write: Decimal | None = Field(None, ge=0, le=1_000_000)


class ToolCall(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    args: dict[str, Any] = {}


class Reply(BaseModel):
    """A scripted reply of the demo model."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    tool_calls: list[ToolCall] = []


class LLMFields(Fields):
    provider_type: Literal["openai", "anthropic", "openai_compatible", "demo"] = field(
        title="Provider", help="demo is built in, works offline, and costs nothing."
    )
    api_key: str = field("", title="API key", help="What the provider gave you.", secret=True, max_length=4096)
    base_url: str = field(
        "",
        title="Base URL",
        help="Where the API is, such as https://host/v1. Empty: the provider's own.",
        max_length=2000,
    )
    organization_id: str = field("", title="Organization", help="OpenAI's organization id, if any.", max_length=200)
    custom_headers: dict[str, str] = field(
        dict, title="Headers", help="Sent with each request.", secret=True, widget="key_value", max_length=50
    )
    prices: dict[str, PriceOverride] = field(
        dict,
        title="Prices",
        help="USD per million tokens by the beginning of the model's name; they win over the built-in list.",
        widget="prices",
        max_length=200,
    )
    script: list[str | Reply] = field(
        list,
        title="Script",
        help="Of the demo model: what it answers, one by one, each a text or {text, tool_calls}.",
        widget="json",
        max_length=1000,
    )

    @field_validator("base_url")
    @classmethod
    def is_a_url(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, query or fragment")
        return value

    @field_validator("api_key", "custom_headers")
    @classmethod
    def fits_into_a_header(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        texts = [value] if isinstance(value, str) else [*value, *value.values()]
        if not all(text.isascii() and text.isprintable() for text in texts):
            raise ValueError("must be printable ASCII characters")
        return value.strip() if isinstance(value, str) else value

    @model_validator(mode="after")
    def is_complete(self) -> Self:
        if self.provider_type in {"openai", "anthropic"} and not self.api_key:
            raise ValueError("api_key: this provider needs one")
        if self.provider_type == "openai_compatible" and not self.base_url:
            raise ValueError("base_url: an OpenAI-compatible server has no address of its own")
        return self


class LLM(Kind):
    type = "llm"
    label = "Language model provider"
    description = "A provider of chat models, and what identifies you to it."
    model = "LLMCredential"
    Fields = LLMFields

    modules: ClassVar[Mapping[str, str]] = {
        "openai": "openai",
        "openai_compatible": "openai",
        "anthropic": "anthropic",
        "demo": "demo",
    }

    def provider(self, fields: LLMFields) -> Any:
        """The module of the provider: `chat_model(fields, params)`, `models(fields)`."""
        return import_module(f"apps.credentials.providers.{self.modules[fields.provider_type]}")

    def test(self, fields: Any, model_name: str | None = None) -> None:
        if model_name is None:
            self.models(fields)
        else:
            self.chat_model(fields, {"model_name": model_name, "max_tokens": 16, "timeout": 30}).invoke("Say ok.")

    def models(self, fields: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.provider(fields).models(fields)
        return found

    def chat_model(self, fields: Any, params: Mapping[str, Any]) -> Any:
        return self.provider(fields).chat_model(fields, params)
