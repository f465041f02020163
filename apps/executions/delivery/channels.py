"""The registry of channels. A channel sends one delivery; all else (when, how often, what is told) is the outbox's.

A chat and a request that waits for its response need none: whoever asked listens on the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from apps.executions.models import Delivery
from pipelit.errors import ConfigError


class Channel(Protocol):
    name: str
    idempotent: bool
    """Whether sending the same delivery twice does no harm."""

    def send(self, delivery: Delivery) -> Mapping[str, Any]:
        """Send it; the receipt to keep. What was sent in part is kept in `delivery.receipt`, and gone on from. Raises
        TransientError if another try may help (`retry_after` seconds), else another PipelitError."""
        ...


def get(name: str) -> Channel:
    from .callback import CallbackChannel
    from .email import EmailChannel
    from .telegram import TelegramChannel

    made: tuple[Channel, ...] = (CallbackChannel(), EmailChannel(), TelegramChannel())
    channels = {channel.name: channel for channel in made}
    try:
        return channels[name]
    except KeyError:
        raise ConfigError(f'There is no channel "{name}" to deliver by: {", ".join(channels)}.') from None
