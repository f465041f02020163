"""Which web pages may open a socket here."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_allowed(headers: Mapping[bytes, bytes]) -> bool:
    """Browsers say where a page came from: it must be this host, one of ALLOWED_HOSTS ("*" opens nothing here), or in
    development this machine. Programs say nothing, and are asked for a key only."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    try:
        page = urlsplit(origin.decode("latin-1"))
        name = (page.hostname or "").rstrip(".")
    except ValueError:
        return False
    if page.scheme not in ("http", "https") or not name:
        return False
    named = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    quoted = f"[{name}]" if ":" in name else name
    if validate_host(quoted, named) or (settings.PIPELIT_ENV == "development" and name in LOOPBACK):
        return True
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return "*" in settings.ALLOWED_HOSTS and page.netloc.lower() == host
