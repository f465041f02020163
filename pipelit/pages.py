"""Pages of the base: the welcome page, the API's schema and docs, and Django's error pages."""

from __future__ import annotations

import platform
import sys

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer, StaticHTMLRenderer, TemplateHTMLRenderer

from pipelit import (
    failures,
    health,
    schema,  # noqa: F401 (it registers itself)
)
from pipelit.methods import read_only
from pipelit.middleware import wants_json


class Schema(SpectacularAPIView):
    """The OpenAPI schema."""

    permission_classes = [AllowAny]


class Docs(SpectacularSwaggerSplitView):
    """Interactive API docs; all assets are served from here."""

    permission_classes = [AllowAny]
    renderer_classes = [TemplateHTMLRenderer, StaticHTMLRenderer, JSONRenderer]
    http_method_names = ["get", "head"]


@read_only
def welcome(request: HttpRequest) -> HttpResponse:
    """What runs, where to go on, what to try."""
    return render(
        request,
        "pipelit/welcome.html",
        {
            "version": settings.VERSION,
            "python": platform.python_version(),
            "django": django.get_version(),
            "checks": health.checks(),
            "base": f"{request.scheme}://{request.get_host()}",
        },
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, 400, "malformed", "The request is malformed.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, 403, "forbidden", "You may not do this.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return failure(request, 403, "csrf_failed", f"The form is out of date: load the page again. {reason}".strip())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = f"There is nothing at {request.path[:200]}."
    if not request.path.endswith("/") and _resolves(request.path_info + "/"):
        sentence += f" Did you mean {request.path[:200]}/ ?"
    return failure(request, 404, "not_found", sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug; or something is down, and what stands before the views (sessions) failed."""
    exc = sys.exc_info()[1]
    answer = failures.page(exc) if exc is not None and not wants_json(request) else None
    return answer or failure(request, 500, "internal_error", "Something failed here. The server's log has it.")


def failure(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    """A failure outside of DRF: JSON to programs, a small page to people."""
    if wants_json(request):
        return JsonResponse({"detail": sentence, "code": code}, status=status)
    return failures.error_page(status, sentence)


def _resolves(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
