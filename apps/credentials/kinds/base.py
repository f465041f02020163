"""What one file per kind of credential declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from pipelit.errors import ConfigError


class Fields(BaseModel):
    """A kind's fields; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), hide_input_in_errors=True)


def field(
    default: Any = ..., *, title: str, help: str, secret: bool = False, widget: str | None = None, **limits: Any
) -> Any:
    """A field with title and help text. A `secret` one is encrypted, and masked in all that is shown."""
    extra: dict[str, Any] = {"secret": secret}
    if widget or secret:
        extra["widget"] = widget or "password"
    if callable(default) and default is not ...:
        limits["default_factory"] = default
    else:
        limits["default"] = default
    return Field(title=title, description=help, json_schema_extra=extra, **limits)


FieldsClass = type[Fields]


class Kind:
    """A kind of credential. `fields`, where a method takes it, is a validated instance of `Fields`."""

    type: ClassVar[str]
    """The `credential_type` on the wire."""
    label: ClassVar[str]
    description: ClassVar[str] = ""
    model: ClassVar[str] = "BaseCredential"
    """The proxy in `models.py` that rows are of."""
    Fields: ClassVar[FieldsClass]

    def test(self, fields: Any, model_name: str | None = None) -> None:
        """Make a real call; raises PipelitError with what the other side said."""
        raise ConfigError(f"A credential of kind {self.label} cannot be tested.")

    def models(self, fields: Any) -> list[dict[str, Any]]:
        """The chat models on offer, `[{"id": ...}]`, by a real call. Raises ConfigError for what is no provider."""
        raise ConfigError(f"A credential of kind {self.label} has no models.")

    def chat_model(self, fields: Any, params: Mapping[str, Any]) -> Any:
        """A LangChain chat model, new for each call. Raises ConfigError."""
        raise ConfigError(f"A credential of kind {self.label} has no models: choose one of kind LLM.")

    def derived(self, fields: Any) -> dict[str, Any]:
        """More for the components that use it, made from the fields (headers, say); secret as they are."""
        return {}

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        return frozenset(
            name
            for name, info in cls.Fields.model_fields.items()
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("secret")
        )

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """For forms: type, label, and the JSON Schema of the fields."""
        schema = cls.Fields.model_json_schema()
        return {"credential_type": cls.type, "label": cls.label, "description": cls.description, "schema": schema}
