"""The web process: HTTP to Django, WebSocket to the consumers."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelit.settings")

import django

django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter

from pipelit.handler import Handler
from pipelit.routing import websocket_urlpatterns

application = ProtocolTypeRouter({"http": Handler(), "websocket": URLRouter(websocket_urlpatterns)})
