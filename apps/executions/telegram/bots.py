"""The bots: which of them are wanted, how their updates arrive, and the client of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from apps.credentials import actions as credentials
from apps.credentials.models import BaseCredential
from apps.executions.models import TelegramBot
from apps.workflows.models import ComponentConfig
from pipelit.errors import ConfigError, PipelitError
from pipelit.telegram import Bot

TRIGGER = "trigger_telegram"
UPDATES = ["message", "callback_query"]
"""What we ask Telegram for."""


def fields(credential_id: int) -> dict[str, Any]:
    """The credential's fields in clear. Raises ConfigError if it is gone or is no bot's."""
    found = credentials.reveal(credential_id)
    if found["credential_type"] != "telegram":
        raise ConfigError(f"Credential {credential_id} is no Telegram bot's: choose one that is.")
    return found


def webhook_fields(credential_id: int) -> dict[str, Any] | None:
    """The same for a bot whose updates Telegram brings; None for all else."""
    try:
        found = fields(credential_id)
    except ConfigError:
        return None
    return found if found["updates"] == "webhook" else None


def client(credential_id: int) -> Bot:
    """Raises ConfigError if the credential is gone or is no bot's."""
    found = fields(credential_id)
    return Bot(found["bot_token"], found["api_url"])


def wanted() -> Iterator[int]:
    """The credentials of the bots whose updates an active workflow takes."""
    used = ComponentConfig.objects.non_polymorphic().filter(
        node__component_type=TRIGGER, node__workflow__is_active=True, node__workflow__deleted_at__isnull=True
    )
    found = BaseCredential.objects.non_polymorphic().filter(credential_type="telegram")
    yield from found.filter(pk__in=used.order_by().values("credential_id")).values_list("pk", flat=True).order_by("pk")


def secret_of(credential_id: int, token: str) -> str:
    """What Telegram sends back with each call of our webhook: of this bot and this installation."""
    return salted_hmac("pipelit.telegram", f"{credential_id}:{token}", algorithm="sha256").hexdigest()


def register(credential_id: int) -> TelegramBot:
    """Have Telegram send updates the way that the credential asks for. Raises PipelitError."""
    row = TelegramBot.objects.get_or_create(credential_id=credential_id)[0]
    found = fields(credential_id)
    url = settings.PUBLIC_URL + reverse("telegram", args=[credential_id]) if found["updates"] == "webhook" else ""
    if row.webhook_url == url and not (url and row.error):
        return row
    try:
        _register(client(credential_id), url, secret_of(credential_id, found["bot_token"]))
    except PipelitError as error:
        note(row, error.detail)
        raise
    TelegramBot.objects.filter(pk=row.pk).update(webhook_url=url, error="")
    row.webhook_url = url
    return row


def _register(bot: Bot, url: str, secret: str) -> None:
    if not url:
        bot.call("deleteWebhook")
    elif not url.startswith("https://"):
        raise ConfigError("Telegram calls https addresses only: set PUBLIC_URL to one, or choose polling.")
    else:
        bot.call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": UPDATES})


def note(row: TelegramBot, error: str) -> None:
    """Remember why no updates arrive, or (empty) that they do again."""
    if row.error != error:
        TelegramBot.objects.filter(pk=row.pk).update(error=error[:2000])
        row.error = error[:2000]
