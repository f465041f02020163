"""Who tells a bot something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from apps.accounts import telegram as people
from apps.accounts.models import UserProfile


@dataclass(frozen=True)
class Speaker:
    """A Telegram account, the bot and the chat in which it speaks, and the update that brought what it said."""

    telegram_id: int
    chat_id: int
    credential_id: int
    """The bot's."""
    source: str
    """Who the ids of updates belong to."""
    update_id: int
    is_allowed: bool
    """Whether the bot's credential lets them start workflows; if not, they may still answer what they are asked."""

    @property
    def key(self) -> str:
        """Of the update; the same if it comes again."""
        return f"{self.source}:{self.update_id}"

    @property
    def name(self) -> str:
        """Who speaks, as an actor."""
        return f"telegram:{self.telegram_id}"

    @cached_property
    def person(self) -> UserProfile | None:
        """Whose account it is, if it is linked."""
        return people.person_of(self.telegram_id)
