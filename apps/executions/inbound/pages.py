"""Pages for people who are not signed in: small, without cookies, framed only by the origins that may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from pipelit import failures
from pipelit.errors import PipelitError
from pipelit.middleware import page_policy, wants_json

TOO_LARGE: dict[str, Any] = {"code": "too_large", "status": 413}


def page(template: str, context: Mapping[str, Any], status: int = 200, framed_by: Sequence[str] = ()) -> HttpResponse:
    """A page that nobody keeps. Without the request: no session, no messages, nobody who is signed in."""
    response = HttpResponse(render_to_string(f"executions/{template}", dict(context)), status=status)
    response["Content-Security-Policy"] = page_policy(framed_by)
    response["Cache-Control"] = "no-store"
    return response


def notice(title: str, sentence: str, status: int, framed_by: Sequence[str] = ()) -> HttpResponse:
    return page("notice.html", {"title": title, "sentence": sentence}, status, framed_by)


def refusal(request: HttpRequest, error: PipelitError, framed_by: Sequence[str] = ()) -> HttpResponse:
    """Why there is no page: JSON to programs, a page to people."""
    if wants_json(request):
        return failures.answer(error)
    response = notice(HTTPStatus(error.status).phrase, error.detail, error.status, framed_by)
    for name, value in failures.headers(error).items():
        response[name] = value
    return response
