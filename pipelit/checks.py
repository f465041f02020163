"""System checks: what is wrong with an installation, each with an id and a hint (`manage.py check --deploy`).

What stops settings from loading at all (a missing secret in production, a port that is no number) is said by
`pipelit.env`; what needs a running server, by `manage.py doctor`.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

Check = Callable[..., list[CheckMessage]]
EXAMPLE_HOST = "pipelit.example.org"
SECRET_KEY_MIN = 50


def pipelit_check(check: Check) -> Check:
    return register(check, Tags.security)


def production() -> bool:
    return bool(settings.PIPELIT_ENV == "production")


@pipelit_check
def debug_is_off_in_production(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if production() and settings.DEBUG:
        hint = "Unset DEBUG: with it, anybody who causes an error reads the settings."
        return [Error("DEBUG is on in production.", hint=hint, id="pipelit.E001")]
    return []


@pipelit_check
def secret_key_is_strong(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) >= SECRET_KEY_MIN and len(set(key)) >= 8 and not key.startswith("django-insecure"):
        return []
    kind = Error if production() else Warning
    hint = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"'
    return [kind("SECRET_KEY is short, repetitive or a default.", hint=hint, id="pipelit.E002")]


@pipelit_check
def encryption_keys_are_fernet_keys(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    hint = 'Make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    keys = settings.FIELD_ENCRYPTION_KEYS
    if not keys:
        return [Error("FIELD_ENCRYPTION_KEY holds no key.", hint=hint, id="pipelit.E003")]
    return [
        Error(f"FIELD_ENCRYPTION_KEY: key {number} of {len(keys)} is no Fernet key.", hint=hint, id="pipelit.E003")
        for number, key in enumerate(keys, 1)
        if not is_fernet_key(key)
    ]


@pipelit_check
def encryption_keys_differ(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    keys = settings.FIELD_ENCRYPTION_KEYS
    if len(set(keys)) == len(keys) and settings.SECRET_KEY not in keys:
        return []
    hint = "Give each purpose a key of its own; list a retired encryption key once, after the current one."
    return [Error("FIELD_ENCRYPTION_KEY repeats a key, or the SECRET_KEY.", hint=hint, id="pipelit.E004")]


@pipelit_check
def var_dir_is_writable(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    folder = Path(settings.VAR_DIR)
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    hint = f"Make {nearest} writable for the user that runs Pipelit, or set VAR_DIR to another directory."
    return [Error(f"VAR_DIR ({folder}) cannot be written.", hint=hint, id="pipelit.E005")]


@pipelit_check
def secrets_are_private(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    folder = Path(settings.VAR_DIR) / "secrets"
    if not folder.is_dir():
        return []
    return [
        Error(f"{path} can be read by others.", hint=f"chmod 600 {path}", id="pipelit.E006")
        for path in sorted(folder.iterdir())
        if path.stat().st_mode & 0o077
    ]


@pipelit_check
def hosts_are_named_in_production(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not production():
        return []
    hint = "Set ALLOWED_HOSTS to the names under which people reach Pipelit."
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("ALLOWED_HOSTS accepts any host name.", hint=hint, id="pipelit.E007")]
    if EXAMPLE_HOST in settings.ALLOWED_HOSTS:
        return [Error("ALLOWED_HOSTS still has the name of the example.", hint=hint, id="pipelit.E007")]
    return []


@pipelit_check
def admin_password_is_no_example(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not production() or not settings.ADMIN_PASSWORD:
        return []
    if len(settings.ADMIN_PASSWORD) >= 10 and settings.ADMIN_PASSWORD != settings.ADMIN_USERNAME:
        return []
    hint = "Take 10 characters or more, or leave it out: a random one is then printed once."
    return [Error("ADMIN_PASSWORD is too short.", hint=hint, id="pipelit.E008")]


@register(Tags.security, deploy=True)
def https_is_declared(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.SESSION_COOKIE_SECURE or settings.PIPELIT_ENV != "production":
        return []
    hint = "End TLS at a proxy and set BEHIND_HTTPS=1, so that cookies travel encrypted only."
    return [Warning("Pipelit is served without HTTPS.", hint=hint, id="pipelit.W009")]


def is_fernet_key(key: str) -> bool:
    """Whether the text is 32 bytes in URL-safe base64."""
    try:
        return len(urlsafe_b64decode(key.encode("ascii"))) == 32
    except ValueError:
        return False
