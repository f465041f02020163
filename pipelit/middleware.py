"""The one middleware of our own: body limit, request id, security headers, and JSON for what fails."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence

from django.conf import settings
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, JsonResponse

from pipelit import failures

Handler = Callable[[HttpRequest], HttpResponse]

NO_FRAMES = "frame-ancestors 'none'"
OF_DATA = f"default-src 'none'; {NO_FRAMES}"
OF_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    f"connect-src 'self'; base-uri 'none'; form-action 'self'; {NO_FRAMES}"
)
OF_TOOLS = OF_PAGES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""For the admin, the API docs and the browsable API, which style elements inline (scripts they do not)."""

body_refused = Signal()
"""The body of `request` is larger than anything takes: it was refused before a view could say so."""
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def wants_json(request: HttpRequest) -> bool:
    """Whether a failure is answered as JSON: always to programs, and under /api/ to all."""
    return request.path.startswith("/api/") or "text/html" not in request.META.get("HTTP_ACCEPT", "")


def too_large(request: HttpRequest) -> JsonResponse:
    body_refused.send_robust(Platform, request=request)
    limit = settings.MAX_BODY_BYTES // (1024 * 1024)
    return JsonResponse({"detail": f"The body is larger than {limit} MB.", "code": "too_large"}, status=413)


def overloaded() -> JsonResponse:
    body = {"detail": "The server has more to do than it can. Try again in some seconds.", "code": "overloaded"}
    return JsonResponse(body, status=503, headers={"Retry-After": "5"})


class Platform:
    """Wraps every request; costs some microseconds."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        response = self.get_response(request) if _fits(length) else too_large(request)
        # Bugs are logged where they surface, with a traceback; Django's second line for each 4xx and 5xx says no more
        response._has_been_logged = True  # type: ignore[attr-defined]
        headers = response.headers
        if not response.streaming:
            headers.setdefault("Content-Length", str(len(response.content)))
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        headers["X-Request-ID"] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", _policy(request, response))
        if not _may_be_framed(headers["Content-Security-Policy"]):
            headers["X-Frame-Options"] = "DENY"
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A plain Django view failed. None: Django goes on, to the handlers of `pipelit.pages`."""
        return failures.answer(exception) if wants_json(request) else failures.page(exception)


def _fits(length: str) -> bool:
    return length.isascii() and length.isdigit() and int(length[:12]) <= settings.MAX_BODY_BYTES


def page_policy(framed_by: Sequence[str]) -> str:
    """The policy of a page that these origins (`*`: all) may show in a frame."""
    return OF_PAGES.replace(NO_FRAMES, f"frame-ancestors {' '.join(framed_by)}") if framed_by else OF_PAGES


def _may_be_framed(policy: str) -> bool:
    return "frame-ancestors" in policy and NO_FRAMES not in policy


def _policy(request: HttpRequest, response: HttpResponse) -> str:
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return OF_DATA
    tools = request.path.startswith(("/admin/", "/api/"))
    return OF_TOOLS if tools else OF_PAGES
