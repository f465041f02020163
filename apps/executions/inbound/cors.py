"""Which web pages may call a webhook from a browser: Cross-Origin Resource Sharing, never with credentials.
https://fetch.spec.whatwg.org/#http-cors-protocol"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from .signatures import SECRET_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

HEADERS = ("Content-Type", "X-Delivery-Id", "Idempotency-Key", SECRET_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER)
SHOWN = "Retry-After, X-Request-ID"
MINUTES = 10


def share(request: HttpRequest, response: HttpResponse, origins: Sequence[str]) -> None:
    """Let the page that called read the answer, if its origin is one of `origins`."""
    if not origins:
        return
    origin = request.headers.get("Origin", "")
    if "*" in origins:
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response["Vary"] = "Origin"
        if origin not in origins:
            return
        response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = SHOWN


def preflight(request: HttpRequest, methods: Sequence[str], origins: Sequence[str], header: str = "") -> HttpResponse:
    """The answer to OPTIONS: what may be called, and what a page of an allowed origin may send."""
    allowed = ", ".join(methods)
    response = HttpResponse(status=204, headers={"Allow": f"{allowed}, OPTIONS"})
    share(request, response, origins)
    if "Access-Control-Allow-Origin" in response:
        response["Access-Control-Allow-Methods"] = allowed
        response["Access-Control-Allow-Headers"] = ", ".join((*HEADERS, *([header] if header else ())))
        response["Access-Control-Max-Age"] = str(MINUTES * 60)
    return response
