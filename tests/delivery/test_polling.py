"""Which bots are polled, by whom, and what a Telegram that hangs or a bot that has changed does to that."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.utils import timezone

from apps.credentials import actions as credentials
from apps.executions.models import TelegramBot, WorkflowExecution
from apps.executions.telegram import bots, poller, updates
from tests.delivery.polling import OWNER, answering, known, poll, poll_as
from tests.doubles.telegram import TOKEN
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
OTHER_TOKEN = "654321:BBBB-test-token-of-another-bot-000000"
WAIT_SECONDS = 20


@pytest.fixture
def polling(transactional_db: None, telegram: Any) -> Iterator[poller.Poller]:
    """A poller whose threads have ended before the database goes, whatever the test does."""
    one = poller.Poller()
    yield one
    one.stop()
    telegram.said("so that the poll ends")
    assert has_ended(one)


def has_ended(stopped: poller.Poller) -> bool:
    """Waits for the threads of a poller that was stopped."""
    for thread in stopped._threads.values():
        thread.join(WAIT_SECONDS)
    return not any(thread.is_alive() for thread in stopped._threads.values())


@pytest.fixture
def hanging(telegram: Any, polling: Any) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Telegram answers nothing (the first event: it was asked) until the second event is set."""
    asked, let_go = threading.Event(), threading.Event()
    original = telegram.call

    def call(method: str, params: dict[str, Any]) -> Any:
        asked.set()
        let_go.wait(WAIT_SECONDS)
        return original(method, params)

    telegram.call = call
    yield asked, let_go
    let_go.set()


def test_the_scheduler_polls_wanted_bots(users: Any, bot: int, telegram: Any, api: Any, polling: Any) -> None:
    """With threads of its own, from the nodes of an active workflow that was not published yet."""
    client = api(users.ben)
    client.post("/api/v1/workflows/", {"name": "Bot", "slug": "bot"})
    made = client.post(
        "/api/v1/workflows/bot/nodes/",
        {"node_id": "start", "component_type": "trigger_telegram", "config": {"credential_id": bot}},
    )
    assert made.status_code == 201, made.content
    assert polling.step(0.0) == 1
    assert telegram.wait_for_call("deleteWebhook")
    assert polling.step(1.0) == 0  # not looked up again yet
    telegram.said("/pending")
    assert telegram.wait_for("Nothing waits for you.")
    client.patch("/api/v1/workflows/bot/", {"is_active": False})
    assert bots.wanted() == set()
    polling.stop()
    assert TelegramBot.objects.get().lease_owner == ""


def test_a_published_version_decides_which_bots_are_wanted(users: Any, bot: int, telegram: Any, api: Any) -> None:
    other = credentials.create(users.ada, "other", "telegram", {"bot_token": OTHER_TOKEN, "api_url": telegram.url})
    answering(users.ben, bot)
    made = api(users.ben).post(
        "/api/v1/workflows/bot/nodes/",
        {"node_id": "drawn", "component_type": "trigger_telegram", "config": {"credential_id": other.pk}},
    )
    assert made.status_code == 201, made.content
    assert bots.wanted() == {bot}


def test_a_telegram_that_hangs_does_not_hold_up_the_scheduler(users: Any, bot: int, polling: Any, hanging: Any) -> None:
    answering(users.ben, bot)
    asked, _ = hanging
    assert polling.step(0.0) == 1
    assert asked.wait(WAIT_SECONDS)
    assert polling.step(poller.LOOK_SECONDS) == 0  # its thread still waits


def test_a_poller_that_was_stopped_takes_no_bot(
    users: Any, bot: int, telegram: Any, polling: Any, hanging: Any
) -> None:
    """Stopped while it registers the bot, which another process may poll from then on."""
    answering(users.ben, bot)
    asked, let_go = hanging
    polling.step(0.0)
    assert asked.wait(WAIT_SECONDS)
    polling.stop()
    let_go.set()
    assert has_ended(polling)
    assert (TelegramBot.objects.get().lease_owner, telegram.polls) == ("", 0)


def test_one_poller_per_bot(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot)
    poll(bot)
    telegram.said("hi")
    assert poll_as(bot, "another:process:2") == 0
    assert not WorkflowExecution.objects.exists()
    TelegramBot.objects.update(lease_until=timezone.now())  # the other one has died
    assert poll_as(bot, "another:process:2") == 1
    assert poll_as(bot, OWNER) == 0


def test_a_batch_that_takes_long_keeps_its_bot(bot: int, telegram: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []

    def take(credential_id: int, update: Mapping[str, Any]) -> None:
        now = timezone.now()
        left.append(TelegramBot.objects.get().lease_until - now > dt.timedelta(seconds=poller.LEASE_SECONDS / 2))
        TelegramBot.objects.update(lease_until=now + dt.timedelta(seconds=1))  # as if it had taken that long

    monkeypatch.setattr(updates, "take", take)
    for text in ("one", "two", "three"):
        telegram.said(text)
    assert (poll(bot), left) == (3, [True] * 3)
    assert poll_as(bot, "another:process:2") == 0


def test_who_has_lost_a_bot_handles_no_more_of_a_batch(
    bot: int, telegram: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def take(credential_id: int, update: Mapping[str, Any]) -> None:
        taken.append(update["message"]["text"])
        TelegramBot.objects.update(lease_owner="another:process:2")

    monkeypatch.setattr(updates, "take", take)
    telegram.said("one")
    telegram.said("two")
    assert (poll(bot), taken) == (0, ["one"])


def test_another_bot_is_heard_from_its_first_message(users: Any, bot: int, telegram: Any) -> None:
    """A new token may be another bot's: it is registered, and its updates, numbered anew, are no duplicates."""
    answering(users.ben, bot)
    bots.register(bot)
    telegram.said("to the first")
    assert poll(bot) == 1
    telegram.forget()
    telegram.token = OTHER_TOKEN
    telegram.said("to the second")
    credentials.update(users.ada, bot, detail={"bot_token": OTHER_TOKEN})
    assert poll(bot) == 0  # not before it is registered
    telegram.sent.clear()
    bots.register(bot)
    assert [method for method, _ in telegram.sent] == ["deleteWebhook", "getMe"]
    assert poll(bot) == 1
    harness.work()
    texts = [one.trigger_payload["text"] for one in WorkflowExecution.objects.order_by("created_at")]
    assert texts == ["to the first", "to the second"]


def test_a_new_token_has_its_own_webhook(users: Any, bot: int, telegram: Any, settings: Any) -> None:
    settings.PUBLIC_URL = "https://pipelit.example.org"
    credentials.update(users.ada, bot, detail={"updates": "webhook"})
    bots.register(bot)
    before = telegram.webhook["secret_token"]
    telegram.token = OTHER_TOKEN
    credentials.update(users.ada, bot, detail={"bot_token": OTHER_TOKEN})
    bots.register(bot)
    assert telegram.webhook["secret_token"] not in ("", before)


def test_a_registered_bot_is_left_alone(bot: int, telegram: Any) -> None:
    known(bot)
    bots.register(bot)
    assert (telegram.sent, TOKEN in TelegramBot.objects.get().fingerprint) == ([], False)
