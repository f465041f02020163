"""System checks of the credentials: does the key fit what the database holds?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from .encryption import canary_problem


@register(Tags.database)
def encryption_key_fits(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    problem = canary_problem() if databases else None
    if problem is None:
        return []
    hint = "Restore the key from where it was kept (without FIELD_ENCRYPTION_KEY: VAR_DIR/secrets)."
    return [Error(problem, hint=hint, id="credentials.E001")]
