"""The other ends of deliveries: a bot's server, a mail server, a receiver of callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.credentials import actions as credentials
from apps.executions.delivery import outbox
from apps.executions.models import Delivery
from tests.doubles import mail, receiver
from tests.doubles import telegram as telegram_double


@pytest.fixture
def deliver() -> Callable[[], int]:
    """Tries everything that is due; how many deliveries that were."""

    def all_due() -> int:
        outbox.Dispatcher().step(0.0)
        due = Delivery.objects.filter(status=Delivery.Status.PENDING, due_at__lte=timezone.now()).order_by("created_at")
        return sum(outbox.attempt(key) for key in list(due.values_list("pk", flat=True)))

    return all_due


@pytest.fixture
def later() -> Callable[[], None]:
    """Makes what waits for another try due."""
    return lambda: Delivery.objects.filter(status=Delivery.Status.PENDING).update(due_at=timezone.now()) and None


@pytest.fixture
def mailbox(settings: Any) -> Iterator[mail.Mailbox]:
    with mail.running() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", box.port, False
        settings.DEFAULT_FROM_EMAIL = "pipelit@example.org"
        yield box


@pytest.fixture
def callbacks(settings: Any) -> Iterator[receiver.Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver.running() as server:
        yield server


@pytest.fixture
def telegram(settings: Any) -> Iterator[telegram_double.Telegram]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with telegram_double.running() as server:
        yield server


@pytest.fixture
def bot(telegram: telegram_double.Telegram, users: Any) -> int:
    """The credential of a bot that the double knows."""
    detail = {"bot_token": telegram_double.TOKEN, "api_url": telegram.url}
    return int(credentials.create(users.ada, "bot", "telegram", detail).pk)
