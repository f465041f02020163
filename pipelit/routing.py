"""The WebSocket routes of all apps."""

from __future__ import annotations

from apps.executions.routing import websocket_urlpatterns

__all__ = ["websocket_urlpatterns"]
