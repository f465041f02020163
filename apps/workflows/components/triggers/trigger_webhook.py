from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..base import Category, Component, CredentialId, Ctx, DataType, Family, Port, field
from . import _doors
from ._config import TriggerConfig

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class WebhookConfig(TriggerConfig):
    path: str = _doors.path()
    methods: list[Method] = field(
        lambda: ["POST"], title="Methods", help="The HTTP methods that are taken. None chosen: POST.",
        widget="multiselect", min_length=1,
    )  # fmt: skip
    auth: Literal["none", "header", "github", "stripe", "slack", "generic"] = field(
        "header",
        title="Authentication",
        help="How a caller proves itself: the secret in a header; the signature of GitHub, Stripe or Slack; a generic "
        "HMAC-SHA256 of the body in hexadecimal; or none at all, which lets everybody in.",
    )
    secret: str = field(
        "",
        title="Secret",
        help="The shared secret. Without one, every method but 'none' refuses all callers.",
        widget="secret",
        max_length=1000,
    )
    header_name: str = field(
        "",
        title="Header",
        help="Header of the secret (X-Webhook-Secret) or of the generic signature (X-Signature).",
        pattern=r"^[A-Za-z0-9\-]*$",
        max_length=100,
    )
    require_timestamp: bool = field(
        False,
        title="Timestamp required",
        help="Refuse generic signatures without a timestamp, which could be replayed after five minutes.",
        strict=True,
    )
    response_mode: Literal["immediate", "wait", "reply"] = _doors.response_mode(
        "Answer 202 at once; wait for the final output; or answer what a reply node sends."
    )
    response_timeout: int = _doors.response_timeout()
    max_body_kb: int = field(
        10_240, title="Largest body", help="In KB; a larger one is refused (413).", ge=1, le=10_240, strict=True
    )
    rate_limit_per_minute: int | None = _doors.rate(
        None, "Calls that prove themselves are refused (429) above this. Empty: no limit."
    )
    allowed_origins: list[_doors.Origin] = _doors.origins("Which web pages may call from a browser (CORS).")
    test_mode: bool = field(
        False,
        title="Test mode",
        help="Keep deliveries in the inbox, where they can be looked at and replayed, and run nothing.",
        strict=True,
    )
    callback_url: str = field(
        "",
        title="Callback address",
        help="Where replies and the result are POSTed, however long the run takes: a URL, or an expression over "
        "trigger such as {{ trigger.body.callback_url }}.",
        widget="expression",
        max_length=2000,
    )
    callback_credential_id: CredentialId | None = field(
        None,
        title="Callback secret",
        help="A credential of kind Signing secret: signs the callbacks.",
        widget="signing_credential",
    )
    dedup_key: str = field(
        "",
        title="Deduplication key",
        help="An expression over trigger, such as {{ trigger.headers['x-delivery-id'] }}: a second event with the same "
        "value starts nothing. Of an event without such a value, and by default, the sender's own delivery id counts.",
        widget="expression",
        max_length=2000,
    )


class WebhookTrigger(Component):
    """Starts the workflow when another program calls `/webhooks/{workflow-slug}/{path}`.

    Choose how the caller proves itself; *none* must be chosen on purpose. `body` is the parsed JSON or form, or the
    text of anything else. Header names are in lower case: `{{ hook.headers['x-event'] }}`.
    """

    type = "trigger_webhook"
    label = "Webhook"
    category = Category.TRIGGER
    family = Family.TRIGGER
    icon = "webhook"
    outputs = (
        Port("body", DataType.ANY, description="The request's body: parsed JSON or form fields, else text."),
        Port("headers", DataType.OBJECT, description="The request's headers, names in lower case."),
        Port("query", DataType.OBJECT, description="The parameters of the address."),
        Port("payload", DataType.OBJECT, description="The body if it is an object, else {}."),
    )
    Config = WebhookConfig
    example = {
        "config": {"path": "orders", "secret": "s3cret"},
        "scope": {
            "trigger": {
                "text": "",
                "payload": {"id": 7},
                "body": {"id": 7},
                "headers": {"x-event": "new"},
                "query": {"a": "1"},
            }
        },
        "output": {"body": {"id": 7}, "headers": {"x-event": "new"}, "query": {"a": "1"}, "payload": {"id": 7}},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        if config.get("auth", "header") == "none" or config.get("secret"):
            return []
        return [("secret", "Give the secret by which callers prove themselves, or choose the authentication 'none'.")]

    def run(self, ctx: Ctx, config: WebhookConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        event = ctx.trigger
        payload = event.get("payload") or {}
        return {
            "body": event.get("body", payload),
            "headers": event.get("headers") or {},
            "query": event.get("query") or {},
            "payload": payload,
        }
