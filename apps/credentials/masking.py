"""Secrets as they are shown: `sk-p****ab12`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STARS = "****"
LONG = 16
"""Characters from which both ends may be shown without giving much away."""


def mask(value: Any) -> Any:
    """A secret value, masked: of a long text both ends are left; an empty one stays empty. Deep."""
    if isinstance(value, Mapping):
        return {name: mask(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    if value in (None, ""):
        return value
    text = str(value)
    return f"{text[:4]}{STARS}{text[-4:]}" if len(text) >= LONG else STARS


def keep_masked(new: Any, stored: Any) -> Any:
    """`new` as sent by a client, with what is merely the mask of the stored value put back. Deep for mappings."""
    if isinstance(new, Mapping) and isinstance(stored, Mapping):
        return {name: keep_masked(item, stored.get(name)) for name, item in new.items()}
    return stored if stored not in (None, "") and new == mask(stored) else new


def texts(value: Any) -> list[str]:
    """All texts in a secret value, in order."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    return [str(value)] if value not in (None, "") else []


def blot(text: str, secrets: list[str]) -> str:
    """`text` without the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, STARS)
    return text
