from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CredentialsConfig(AppConfig):
    name = "apps.credentials"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401

        post_migrate.connect(set_canary, sender=self)


def set_canary(**kwargs: Any) -> None:
    """Once the tables are there, note which key they are for."""
    from .encryption import canary_problem, require_key

    if canary_problem() is None:
        require_key()
