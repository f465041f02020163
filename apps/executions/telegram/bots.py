"""The bots: which of them are wanted, how their updates arrive, and the client of each."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from apps.credentials import actions as credentials
from apps.credentials.models import BaseCredential
from apps.executions.models import TelegramBot
from apps.executions.triggers.resolver import TriggerResolver
from apps.workflows.models import ComponentConfig, Workflow, WorkflowVersion
from pipelit.errors import ConfigError, PipelitError
from pipelit.telegram import Bot

log = logging.getLogger(__name__)
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
    return client_of(fields(credential_id))


def client_of(found: Mapping[str, Any]) -> Bot:
    return Bot(found["bot_token"], found["api_url"])


def wanted() -> set[int]:
    """The credentials of the bots whose updates an active workflow takes: by the triggers of its published version,
    or of the draft if there is none."""
    bots = BaseCredential.objects.non_polymorphic().filter(credential_type="telegram")
    known = set(bots.values_list("pk", flat=True))
    if not known:
        return known
    active = Workflow.objects.order_by().filter(is_active=True, deleted_at__isnull=True)
    drafts = active.filter(published_version__isnull=True).values("pk")
    drawn = ComponentConfig.objects.non_polymorphic().filter(
        node__component_type=TRIGGER, node__workflow__in=drafts, is_active=True
    )
    used = set(drawn.order_by().values_list("credential_id", flat=True))
    for version in WorkflowVersion.objects.filter(pk__in=active.values("published_version")).defer("snapshot"):
        used |= {trigger.config.get("credential_id") for trigger in TriggerResolver.of(version).of_type(TRIGGER)}
    return known & used


def secret_of(credential_id: int, token: str) -> str:
    """What Telegram sends back with each call of our webhook: of this bot and this installation."""
    return salted_hmac("pipelit.telegram", f"{credential_id}:{token}", algorithm="sha256").hexdigest()


def fingerprint(found: Mapping[str, Any]) -> str:
    """By it a row knows that its credential speaks with the token and the server that it was registered with."""
    return salted_hmac(
        "pipelit.telegram.bot", f"{found['bot_token']} {found['api_url']}", algorithm="sha256"
    ).hexdigest()


def source_of(credential_id: int, found: Mapping[str, Any]) -> str:
    """Who the ids of updates belong to: the bot, which a new token may have changed, on its server."""
    identity = f"{found['bot_token'].partition(':')[0]} {found['api_url']}"
    return f"telegram:{credential_id}:{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def register(credential_id: int) -> TelegramBot:
    """Have Telegram send updates the way that the credential asks for, from the first one if it is another bot's than
    before. Raises PipelitError."""
    row = TelegramBot.objects.get_or_create(credential_id=credential_id)[0]
    found = fields(credential_id)
    url = settings.PUBLIC_URL + reverse("telegram", args=[credential_id]) if found["updates"] == "webhook" else ""
    identity = fingerprint(found)
    if (row.webhook_url, row.fingerprint) == (url, identity) and not (url and row.error):
        return row
    bot = client_of(found)
    try:
        _register(bot, url, secret_of(credential_id, found["bot_token"]))
        username = str(bot.call("getMe").get("username") or "")
    except PipelitError as error:
        note(credential_id, error.detail)
        raise
    changes: dict[str, Any] = {"webhook_url": url, "fingerprint": identity, "username": username, "error": ""}
    if row.fingerprint != identity:
        changes["offset"] = 0
    TelegramBot.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def _register(bot: Bot, url: str, secret: str) -> None:
    if not url:
        bot.call("deleteWebhook")
    elif not url.startswith("https://"):
        raise ConfigError("Telegram calls https addresses only: set PUBLIC_URL to one, or choose polling.")
    else:
        bot.call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": UPDATES})


def note(credential_id: int, error: str) -> None:
    """Remember why no updates arrive, or (empty) that they do again."""
    error = error[:2000]
    TelegramBot.objects.filter(pk=credential_id).exclude(error=error).update(error=error)


def tell(bot: Bot, method: str, params: Mapping[str, Any]) -> None:
    """Tell somebody how it went. What was done is done: that they are not told does not undo it."""
    try:
        bot.call(method, params)
    except PipelitError as error:
        log.info("Somebody was not told how it went: %s", error.detail)
