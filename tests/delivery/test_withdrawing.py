"""Questions that are settled while they are on their way, and who is told that they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.executions.delivery import outbox
from apps.executions.models import Delivery, PendingTask
from tests.delivery.asking import asking, on_telegram
from tests.delivery.polling import poll
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = (502, {"ok": False, "description": "Bad Gateway"})


def respond(api: Any, user: Any, decision: str = "confirmed") -> None:
    answer = api(user).post(f"/api/v1/tasks/{PendingTask.objects.get().pk}/respond/", {"decision": decision})
    assert answer.status_code == 200, answer.content


def test_what_was_not_sent_yet_is_not_asked_any_more(
    users: Any, bot: int, telegram: Any, deliver: Any, later: Any, api: Any
) -> None:
    asking(users.ben, start=harness.node("start", "trigger_telegram", credential_id=bot), prompt="Ship it?")
    telegram.said("go")
    poll(bot)
    telegram.refuse = [BROKEN]
    deliver()
    respond(api, users.ben)
    assert not Delivery.objects.filter(status="pending").exists()  # nor shown as if it were
    later()
    deliver()
    (row,) = Delivery.objects.filter(kind="question")
    assert (row.status, row.error_code, telegram.texts()) == ("cancelled", "already_answered", [])
    assert not Delivery.objects.filter(kind="notice").exists()  # nor told that nobody need answer
    again = api(users.ben).post(f"/api/v1/deliveries/{row.pk}/resend/")
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert api(users.ben).get("/api/v1/deliveries/", {"status": "cancelled"}).json()["total"] == 1


def test_a_try_that_failed_meanwhile_is_the_last(
    users: Any, bot: int, telegram: Any, deliver: Any, later: Any, api: Any
) -> None:
    """Claimed by a worker before the answer, and back in the outbox after it."""
    asking(users.ben, start=harness.node("start", "trigger_telegram", credential_id=bot), prompt="Ship it?")
    telegram.said("go")
    poll(bot)
    Delivery.objects.update(status="sending", due_at=timezone.now() + dt.timedelta(minutes=1))
    respond(api, users.ben)
    Delivery.objects.filter(kind="question").update(status="pending", due_at=timezone.now())
    later()
    deliver()
    assert set(Delivery.objects.values_list("kind", "status")) == {("question", "cancelled"), ("notice", "cancelled")}
    assert telegram.sent == []


def test_a_question_that_is_sent_while_it_is_answered_gets_its_edit(
    users: Any, bot: int, telegram: Any, deliver: Any, later: Any, api: Any
) -> None:
    on_telegram(users, bot, telegram, deliver)
    due = timezone.now() + dt.timedelta(minutes=1)
    question = Delivery.objects.get(kind="question")
    Delivery.objects.filter(pk=question.pk).update(status="sending", due_at=due, receipt=None)
    respond(api, users.ben)
    deliver()
    assert telegram.texts("editMessageText") == []
    Delivery.objects.filter(pk=question.pk).update(status="sent", receipt=question.receipt)
    later()
    deliver()
    assert telegram.texts("editMessageText") == ["Ship it?\n\nconfirmed by ben"]


def test_others_are_told_by_mail(users: Any, mailbox: Any, deliver: Any, api: Any) -> None:
    for person in (users.ada, users.eve):
        person.email = f"{person.username}@example.org"
        person.save()
    harness.run(asking(users.ben, assignees=["ada", "eve", "email:boss@example.org"], prompt="Pay 10 EUR?"))
    deliver()
    asked = {str(one["To"]): one["Message-ID"] for one in mailbox.messages}
    mailbox.messages.clear()
    respond(api, users.eve)
    deliver()
    told = {str(one["To"]): one for one in mailbox.messages}
    assert set(told) == {"ada@example.org", "boss@example.org"}
    for to, message in told.items():
        text = message.get_payload(decode=True).decode()
        assert ("confirmed by eve" in text, "/answer/" in text) == (True, False)
        assert message["In-Reply-To"] == asked[to]


@pytest.mark.parametrize("header", ["9" * 30, "²"])
def test_whoever_asks_to_be_left_alone_for_ever_is_asked_tomorrow(
    users: Any, api: Any, callbacks: Any, deliver: Any, header: str
) -> None:
    nodes = [harness.node("hook", "trigger_webhook", auth="none", callback_url=callbacks.url)]
    harness.store(users.ben, "hooked", nodes, [])
    api(None).post("/webhooks/hooked/", {})
    harness.work()
    callbacks.answers = [(503, {"Retry-After": header})]
    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.error_code) == ("pending", "http_error")
    assert row.due_at <= timezone.now() + dt.timedelta(days=1)


def test_the_longest_pause_of_telegram(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    asking(users.ben, start=harness.node("start", "trigger_telegram", credential_id=bot))
    telegram.said("go")
    poll(bot)
    telegram.refuse = [(429, {"ok": False, "description": "later", "parameters": {"retry_after": 10**30}})]
    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.attempts) == (outbox.Status.PENDING, 1)
    assert row.due_at <= timezone.now() + dt.timedelta(days=1)
