"""WebSocket routes."""

from __future__ import annotations

from typing import Any

from django.urls import path

from .consumers import live

application: Any = live
websocket_urlpatterns = [path("ws/", application)]
