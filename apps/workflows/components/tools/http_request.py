from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, create_model

from pipelit.errors import ConfigError

from .._text import Text
from ..base import Category, Component, CredentialId, Ctx, DataType, Effect, Family, Port, StepConfig, field
from . import _http
from ._tool import call_key, tool

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class HttpRequestConfig(StepConfig):
    url: Text = field(
        "",
        title="Address",
        help="https://... As a tool, leave it empty to let the agent choose.",
        expression=True,
        max_length=8000,
    )
    method: Method = field("GET", title="Method", help="The HTTP method.")
    query: dict[str, Any] = field(
        dict, title="Query", help="Parameters added to the address.", widget="key_value", expression=True
    )
    headers: dict[str, Text] = field(dict, title="Headers", help="Sent along.", widget="key_value", expression=True)
    body: Any = field(
        None,
        title="Body",
        help="A text is sent as it is; an object or a list as JSON.",
        widget="json_or_text",
        expression=True,
    )
    credential_id: CredentialId | None = field(
        None, title="Credential", help="An http credential that is added to the request.", widget="http_credential"
    )
    timeout: float = field(30.0, title="Time-out", help="Seconds to wait for the response.", gt=0, le=300)
    response_format: Literal["auto", "json", "text"] = field(
        "auto", title="Response as", help="auto: JSON if the server says so, else text."
    )
    fail_on_status: bool = field(
        True, title="Fail on error status", help="Whether a status of 400 or more fails the step."
    )
    idempotent: bool = field(
        False,
        title="Safe to repeat",
        help="The server recognises the Idempotency-Key header, so a request that may have arrived can be sent again.",
    )


class HttpRequest(Component):
    """Calls an HTTP address.

    The output is `{"status", "headers", "body", "truncated"}`; header names are in lower case. Where nobody
    answers, and after 429 and 5xx, it tries again; other errors fail the step with `http_error`, unless *Fail on error
    status* is off. Private addresses are out of reach unless the operator allows them.

    Methods that change something carry an `Idempotency-Key` header that stays the same over retries. They are sent
    again by themselves only if the server has not done what was asked: it could not be reached, or says so (429, 5xx).
    After a time-out, a lost connection or the answer of a gateway (502, 504) the outcome is unknown, and *If the
    outcome is unknown* decides: the step fails with `outcome_unknown`, is retried, or asks a person. *Safe to repeat*
    has it tried again always.

    Attached to an agent, the agent gives what the config leaves open: address, method, query, body. With a
    credential the address must be fixed.
    """

    type = "http_request"
    label = "HTTP request"
    category = Category.TOOL
    family = Family.TOOL
    icon = "globe"
    effect = Effect.UNSAFE
    attaches_as = "tool"
    inputs = (Port("input", DataType.ANY, description="Anything; expressions may name it."),)
    outputs = (Port("output", DataType.ANY, description="status, headers, body, truncated."),)
    Config = HttpRequestConfig
    example = {
        "config": {"url": "https://api.example.com/v1/things", "query": {"page": 2}},
        "http": [{"status": 200, "headers": {"content-type": "application/json"}, "body": {"things": [1, 2]}}],
        "output": {
            "output": {
                "status": 200,
                "headers": {"content-type": "application/json"},
                "body": {"things": [1, 2]},
                "truncated": False,
            }
        },
    }

    def effect_of(self, config: HttpRequestConfig) -> Effect:
        return Effect.IDEMPOTENT if config.idempotent or config.method in SAFE else Effect.UNSAFE

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        url = config.get("url")
        if isinstance(url, str) and url and "{{" not in url and not url.startswith(("http://", "https://")):
            return [("url", "The address begins with http:// or https://.")]
        return []

    def run(self, ctx: Ctx, config: HttpRequestConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"output": _send(ctx, config, ctx.idempotency_key)}

    def tools(self, ctx: Ctx, config: HttpRequestConfig) -> list[BaseTool]:
        if config.credential_id and not config.url:
            raise ConfigError(
                f'The tool "{ctx.node_id}" has a credential but no address, so the agent could send it anywhere: '
                "fill in the address."
            )

        def call(**arguments: Any) -> Any:
            given = {name: value for name, value in arguments.items() if value not in (None, "", {})}
            request = HttpRequestConfig.model_validate(config.model_dump(exclude_unset=True) | given)
            return _send(ctx, request, call_key(ctx))

        about = f"Send an HTTP {config.method} request to {config.url}." if config.url else "Send an HTTP request."
        effect = Effect.UNSAFE if "method" not in config.model_fields_set else self.effect_of(config)
        return [tool(ctx, ctx.node_id, about, _arguments(config), call, effect)]


def _send(ctx: Ctx, config: HttpRequestConfig, key: str) -> dict[str, Any]:
    """One request and its response as the output shows it."""
    if not config.url:
        raise ConfigError(f'The node "{ctx.node_id}" has no address (url).')
    headers, content = _http.body(config.headers, config.body)
    if key and config.method not in SAFE:
        headers.setdefault("Idempotency-Key", key)
    query = dict(config.query)
    if config.credential_id is not None:
        more_headers, more_query = _http.authentication(ctx.credential(config.credential_id))
        headers |= more_headers
        query |= more_query
    response = ctx.http.request(
        config.method, config.url, params=query or None, headers=headers, content=content, timeout=config.timeout
    )
    if config.fail_on_status:
        _http.raise_for_status(response)
    return {
        "status": response.status,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": _http.parsed(response, config.response_format),
        "truncated": response.truncated,
    }


def _arguments(config: HttpRequestConfig) -> type[BaseModel]:
    """What the agent may give: what the config leaves open."""
    fields: dict[str, Any] = {}
    if not config.url:
        fields["url"] = (str, Field(description="The address, beginning with https://."))
    if "method" not in config.model_fields_set:
        fields["method"] = (Method, Field("GET", description="The HTTP method."))
    if not config.query:
        fields["query"] = (dict[str, Any], Field(default_factory=dict, description="Query parameters."))
    if config.body is None:
        fields["body"] = (Any, Field(None, description="The body: a text, or an object that is sent as JSON."))
    arguments: type[BaseModel] = create_model("HttpRequestArguments", **fields)
    return arguments
