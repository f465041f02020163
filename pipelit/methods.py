"""Views that only read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from pipelit.errors import WrongMethod

View = Callable[[HttpRequest], HttpResponse]
SAFE = ("GET", "HEAD")


def read_only(view: View) -> View:
    """The view for GET and HEAD; any other method is refused (405) before a form's token is asked for."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE:
            raise WrongMethod("This page", SAFE)
        return view(request)

    return guarded
