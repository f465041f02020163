"""/webhooks/: what other programs call without an API key."""

from __future__ import annotations

from django.urls import path

from .inbound.callbacks import callback
from .inbound.webhooks import webhook

urlpatterns = [
    path("-/callbacks/<str:token>/", callback, name="callback"),
    path("<slug:slug>", webhook, name="webhook-bare"),
    path("<slug:slug>/", webhook, name="webhook-root"),
    path("<slug:slug>/<path:path>", webhook, name="webhook"),
]
