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
from pipelit.errors import PermanentError, TransientError
from pipelit.fields import dumps

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
            secret = str(credentials.reveal(int(credential_id)).get("secret") or "")
            headers[SIGNATURE] = signature(secret, body, int(time.time()))
        answer = outbound.client().request("POST", address["url"], headers=headers, content=body, timeout=SECONDS)
        if answer.status >= 400:
            raise _refusal(answer.status, answer.headers.get("retry-after", ""))
        return {"status": answer.status}


def signature(secret: str, body: bytes, now: int) -> str:
    """The value of the signature header at `now`, in seconds since the epoch."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def _refusal(status: int, retry_after: str) -> Exception:
    sentence = f"The receiver answered {status}."
    if status in (408, 425, 429) or status >= 500:
        wait = float(retry_after) if retry_after.isdecimal() else None
        return TransientError(sentence, code="http_error", retry_after=wait)
    return PermanentError(sentence, code="http_error")
