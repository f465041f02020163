"""manage.py web: HTTP and WebSockets on HOST:PORT, by Daphne."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import get_resolver

from pipelit import process

access_log = logging.getLogger("pipelit.access")
CLOSE_SECONDS = 10
"""How long the handler of a connection may go on when its client has gone."""


class Command(BaseCommand):
    help = "Serve HTTP and WebSockets on HOST:PORT until stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        from daphne.endpoints import build_endpoint_description_strings

        from pipelit.asgi import application
        from pipelit.serving import PipelitServer

        server = PipelitServer(
            application=application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            action_logger=log_request if access_log.isEnabledFor(logging.DEBUG) else None,
            application_close_timeout=CLOSE_SECONDS,
            websocket_timeout=-1,
            server_name="pipelit",
            verbosity=0,
        )
        get_resolver().url_patterns  # noqa: B018  # loads all views
        process.settle()
        server.run()
        if not server.listening_addresses:
            raise CommandError(f"Nothing listens: {host}:{port} is taken, or is no address of this machine.")


def log_request(protocol: str, action: str, details: dict[str, Any]) -> None:
    """Daphne's hook: a line per answer, and per change of a WebSocket (LOG_LEVEL=DEBUG). Without the query: tickets and
    links hold secrets there."""
    details = {**details, "path": str(details["path"]).partition("?")[0]}
    if protocol == "http":
        access_log.debug("%(client)s %(method)s %(path)s %(status)s in %(time_taken).3f s", details)
    else:
        access_log.debug("%s %s %s", details["client"], action, details["path"])
