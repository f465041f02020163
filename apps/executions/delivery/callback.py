"""callback: a signed POST to another program. Address: {"url", "credential_id"?}."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from apps.credentials import actions as credentials
from apps.executions.models import Delivery
from pipelit import outbound
from pipelit.errors import ConfigError, PermanentError, PipelitError, TransientError
from pipelit.fields import dumps
from pipelit.results import HttpResponse

SECONDS = 20.0
SIGNATURE = "X-Pipelit-Signature"
"""`t=<seconds>,v1=<hex>`: HMAC-SHA256 with the credential's secret over `<seconds>.<body>`."""


class CallbackChannel:
    name = "callback"
    idempotent = True  # the receiver tells a delivery by its Idempotency-Key

    def send(self, delivery: Delivery) -> Mapping[str, Any]:
        address = delivery.address
        body = dumps(
            {
                "delivery_id": str(delivery.pk), "kind": delivery.kind, "execution_id": str(delivery.execution_id),
                "workflow_slug": delivery.execution.workflow.slug, **delivery.content,
            }
        ).encode()  # fmt: skip
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(delivery.pk)}
        if credential_id := address.get("credential_id"):
            headers[SIGNATURE] = signature(_secret(int(credential_id)), body, int(time.time()))
        answer = outbound.client().request("POST", address["url"], headers=headers, content=body, timeout=SECONDS)
        if answer.status >= 400:
            raise _refusal(answer)
        return {"status": answer.status}


def signature(secret: str, body: bytes, now: int) -> str:
    """The value of the signature header at `now`, in seconds since the epoch."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def _secret(credential_id: int) -> str:
    """Raises ConfigError if the credential is gone, or holds none to sign with."""
    found = credentials.reveal(credential_id)
    if found["credential_type"] != "signing":
        raise ConfigError(f"Credential {credential_id} signs no callbacks: choose one of kind signing.")
    return str(found["secret"])


def _refusal(answer: HttpResponse) -> PipelitError:
    sentence = f"The receiver answered {answer.status}."
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return TransientError(sentence, code="http_error", retry_after=answer.retry_after)
    return PermanentError(sentence, code="http_error")
