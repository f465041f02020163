"""Who uses a credential: the apps above say it, by a provider that each registers in `ready()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Provider = Callable[[int], list[dict[str, Any]]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """`provider(credential_id)` lists uses as JSON objects, such as {"workflow_slug", "node_id"}."""
    if provider not in _providers:
        _providers.append(provider)


def of(credential_id: int) -> list[dict[str, Any]]:
    return [use for provider in _providers for use in provider(credential_id)]
