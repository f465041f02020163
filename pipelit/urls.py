"""The URL table. The only place, with asgi and routing, where the base imports apps."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.executions.inbound.answer import answer
from apps.executions.inbound.telegram import telegram
from pipelit import health, pages
from pipelit.editor import ROUTES, editor

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^(?:(?:{ROUTES})(?:/.*)?)?$", editor, name="editor"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/schema/", pages.Schema.as_view(), name="schema"),
    path("api/docs/", pages.Docs.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("apps.accounts.urls")),
    path("api/v1/", include("apps.credentials.urls")),
    path("api/v1/", include("apps.workflows.urls")),
    path("api/v1/", include("apps.executions.urls")),
    path("api/v1/", include("apps.schedules.urls")),
    path("answer/<str:token>/", answer, name="answer"),
    path("telegram/<int:credential_id>/", telegram, name="telegram"),
    path("webhooks/", include("apps.executions.urls_inbound")),
    path("forms/", include("apps.executions.urls_forms")),
    path("chat/", include("apps.executions.urls_chat")),
]

handler400 = "pipelit.pages.bad_request"
handler403 = "pipelit.pages.forbidden"
handler404 = "pipelit.pages.not_found"
handler500 = "pipelit.pages.server_error"
