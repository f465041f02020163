"""The web editor: a single page for all addresses that it routes itself. Built by `scripts/frontend`; its files are
served as static files under /static/editor/."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelit import pages
from pipelit.methods import read_only
from pipelit.middleware import OF_TOOLS

ROUTES = "login|setup|workflows|executions|tasks|schedules|credentials|deliveries|inbox|memories|users|settings"
"""The first words of the editor's own addresses, besides none at all; its router knows the rest."""


@read_only
def editor(request: HttpRequest) -> HttpResponse:
    """The page; while it is not built, the welcome page says how to."""
    request.get_host()  # raises DisallowedHost
    page = _page(_built_at())
    if page is None:
        return pages.welcome(request)
    response = HttpResponse(page)
    response["Cache-Control"] = "no-cache"
    response["Content-Security-Policy"] = OF_TOOLS  # its dialogs and editors style elements inline; scripts they do not
    return response


def _built_at() -> float:
    try:
        return (settings.EDITOR_DIST / "index.html").stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=1)
def _page(built_at: float) -> bytes | None:
    """The page as it was built then."""
    return (settings.EDITOR_DIST / "index.html").read_bytes() if built_at else None
