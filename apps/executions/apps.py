from __future__ import annotations

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    name = "apps.executions"
    default_auto_field = "django.db.models.BigAutoField"
