from __future__ import annotations

from django.apps import AppConfig


class PipelitConfig(AppConfig):
    """The base: system checks, management commands, templates."""

    name = "pipelit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pipelit import checks  # noqa: F401 (they register themselves)
