"""What authorises a call of somebody's HTTP API."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from pipelit import outbound
from pipelit.errors import ConfigError, UserError

from .base import Fields, Kind, field

NEEDED = {
    "bearer": ("token",),
    "basic": ("username", "password"),
    "header": ("name", "value"),
    "query": ("name", "value"),
}


class HTTPFields(Fields):
    auth_type: Literal["bearer", "basic", "header", "query"] = field(
        title="How", help="As bearer token, by name and password, in a header, or in the query string."
    )
    token: str = field("", title="Token", help="For bearer.", secret=True, max_length=8192)
    username: str = field("", title="User name", help="For basic.", max_length=500)
    password: str = field("", title="Password", help="For basic.", secret=True, max_length=8192)
    name: str = field("", title="Name", help="For header and query: of the header or parameter.", max_length=200)
    value: str = field("", title="Value", help="For header and query.", secret=True, max_length=8192)
    test_url: str = field("", title="Test address", help="Fetched (GET) to see whether this works.", max_length=2000)

    @field_validator("token", "value", "name")
    @classmethod
    def fits_into_a_header(cls, text: str) -> str:
        if not (text.isascii() and text.isprintable()):
            raise ValueError("must be printable ASCII characters")
        return text.strip()

    @model_validator(mode="after")
    def is_complete(self) -> Self:
        for needed in NEEDED[self.auth_type]:
            if not getattr(self, needed) and needed != "password":
                raise ValueError(f"{needed}: {self.auth_type} needs it")
        return self


def headers_for(fields: HTTPFields) -> dict[str, str]:
    """The headers that authorise a request."""
    match fields.auth_type:
        case "bearer":
            return {"Authorization": f"Bearer {fields.token}"}
        case "basic":
            return {"Authorization": f"Basic {_basic(fields)}"}
        case "header":
            return {fields.name: fields.value}
    return {}


def params_for(fields: HTTPFields) -> dict[str, str]:
    """The query parameters that authorise a request."""
    return {fields.name: fields.value} if fields.auth_type == "query" else {}


class HTTP(Kind):
    type = "http"
    label = "HTTP authorisation"
    description = "Sent with the requests of HTTP nodes that choose it."
    model = "HTTPCredential"
    Fields = HTTPFields

    def derived(self, fields: Any) -> dict[str, Any]:
        secrets = [_basic(fields)] if fields.auth_type == "basic" else []
        return {"headers": headers_for(fields), "params": params_for(fields), "secrets": secrets}

    def test(self, fields: Any, model_name: str | None = None) -> None:
        if not fields.test_url:
            raise ConfigError("Give the credential a test_url: an address that answers only to those who are let in.")
        answer = outbound.client().request(
            "GET", fields.test_url, headers=headers_for(fields), params=params_for(fields), timeout=15.0
        )
        if answer.status >= 400:
            raise UserError(f"The test address answered {answer.status}.", code="http_error")


def _basic(fields: HTTPFields) -> str:
    return b64encode(f"{fields.username}:{fields.password}".encode()).decode("ascii")
