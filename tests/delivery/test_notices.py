"""Notification rules: who is told of failures, of recovery, of long waits, of what could not be delivered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.executions import diagnosis
from apps.executions.delivery import notices
from apps.executions.models import Delivery, TelegramBot, WorkflowExecution
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
MAIL = {"channel": "email", "to": "ops@example.org"}
BAD = harness.node("bad", "transform", template="{{ trigger.payload.x }}")


def graph(user: Any, *rules: dict[str, Any], node: dict[str, Any] = BAD) -> Any:
    return harness.store(
        user, "watched", [harness.node("start", "trigger_manual"), node], [("start", node["node_id"])],
        notifications=list(rules),
    )  # fmt: skip


def subjects(mailbox: Any, deliver: Any) -> list[str]:
    deliver()
    return [str(message["Subject"]) for message in mailbox.messages]


def test_a_failure_and_the_recovery_are_told_once(users: Any, mailbox: Any, deliver: Any, api: Any) -> None:
    version = graph(users.ben, {"on": "failed", **MAIL}, {"on": "recovered", **MAIL})
    harness.run(version, {"x": 1})
    assert subjects(mailbox, deliver) == []
    failed = harness.run(version)
    assert failed.status == "failed"
    assert subjects(mailbox, deliver) == ["watched: failed"]
    text = mailbox.messages[0].get_payload(decode=True).decode()
    assert 'failed at "bad"' in text
    assert f"/executions/{failed.pk}" in text
    harness.run(version, {"x": 1})
    harness.run(version, {"x": 1})
    assert subjects(mailbox, deliver) == ["watched: failed", "watched: recovered"]
    api(users.ben).post(f"/api/v1/executions/{failed.pk}/retry/")
    harness.work()
    assert subjects(mailbox, deliver)[2:] == ["watched: failed"]  # it has failed again


def test_a_cancelled_execution_shows_no_recovery_and_hides_none(
    users: Any, mailbox: Any, deliver: Any, api: Any
) -> None:
    version = graph(users.ben, {"on": "recovered", **MAIL})
    harness.run(version)
    stopped = harness.start(version)
    assert api(users.ben).post(f"/api/v1/executions/{stopped.pk}/cancel/").status_code == 200
    harness.run(version, {"x": 1})
    assert subjects(mailbox, deliver) == ["watched: recovered"]


@pytest.mark.parametrize(("wait", "told"), [(True, []), (False, ["called: failed"])])
def test_of_a_child_its_caller_hears_if_it_waits(
    users: Any, mailbox: Any, deliver: Any, wait: bool, told: list[str]
) -> None:
    rule = {"on": "failed", **MAIL}
    nodes = [harness.node("start", "trigger_workflow"), BAD]
    harness.store(users.ben, "called", nodes, [("start", "bad")], notifications=[rule])
    call = harness.node("call", "workflow", target_workflow="called", wait=wait)
    nodes = [harness.node("start", "trigger_manual"), call]
    harness.run(harness.store(users.ben, "caller", nodes, [("start", "call")]))
    harness.work()
    assert WorkflowExecution.objects.get(workflow__slug="called").status == "failed"
    assert subjects(mailbox, deliver) == told


def test_waiting_too_long(users: Any, callbacks: Any, deliver: Any) -> None:
    rule = {"on": "waiting", "channel": "callback", "to": callbacks.url, "after_minutes": 30}
    execution = harness.run(graph(users.ben, rule, node=harness.node("ask", "human_confirmation")))
    notices.overdue()
    assert deliver() == 0
    late = timezone.now() - dt.timedelta(minutes=31)
    WorkflowExecution.objects.filter(pk=execution.pk).update(waiting_since=late)
    for _ in range(3):
        notices.overdue()
        deliver()
    assert len(callbacks.calls) == 1
    assert b'"event":"waiting"' in callbacks.calls[0][1].replace(b": ", b":")


def test_those_who_wait_longest_do_not_hide_the_others(
    users: Any, callbacks: Any, deliver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "BATCH", 1)
    rules = [
        {"on": "waiting", "channel": "callback", "to": f"{callbacks.url}?after={minutes}", "after_minutes": minutes}
        for minutes in (30, 90)
    ]
    version = graph(users.ben, *rules, node=harness.node("ask", "human_confirmation"))
    for _ in range(2):
        harness.run(version)
    WorkflowExecution.objects.update(waiting_since=timezone.now() - dt.timedelta(minutes=31))
    assert [notices.overdue() for _ in range(3)] == [1, 1, 0]
    assert (deliver(), Delivery.objects.filter(address__contains="after=30").count()) == (2, 2)  # each by its own rule
    WorkflowExecution.objects.update(waiting_since=timezone.now() - dt.timedelta(minutes=91))
    assert [notices.overdue() for _ in range(3)] == [1, 1, 0]
    assert (deliver(), Delivery.objects.filter(address__contains="after=90").count()) == (2, 2)


def test_what_could_not_be_delivered_is_told(users: Any, api: Any, mailbox: Any, callbacks: Any, deliver: Any) -> None:
    nodes = [harness.node("hook", "trigger_webhook", auth="none", callback_url=callbacks.url)]
    harness.store(users.ben, "hooked", nodes, [], notifications=[{"on": "undelivered", **MAIL}])
    api(None).post("/webhooks/hooked/", {})
    harness.work()
    callbacks.answers = [(410, {})]
    deliver()
    assert subjects(mailbox, deliver) == ["hooked: undelivered"]
    mailbox.refuse = ["550 no"]
    Delivery.objects.filter(channel="email").update(status="pending", attempts=0)
    deliver()
    assert Delivery.objects.count() == 2  # a notice that fails leads to no further one


def test_by_telegram(users: Any, telegram: Any, bot: int, deliver: Any) -> None:
    version = graph(users.ben, {"on": "failed", "channel": "telegram", "to": "-100", "credential_id": bot})
    harness.run(version)
    deliver()
    assert telegram.sent[0][1]["chat_id"] == -100


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"on": "failed", "channel": "email", "to": "nobody"}, "no mail address"),
        ({"on": "failed", "channel": "callback", "to": "ftp://x"}, "http"),
        ({"on": "failed", "channel": "telegram", "to": "42"}, "bot"),
        ({"on": "failed", "channel": "telegram", "to": "--5", "credential_id": 1}, "number"),
        ({"on": "failed", "channel": "telegram", "to": "\u00b2", "credential_id": 1}, "number"),
        ({"on": "failed", "channel": "telegram", "to": "5", "credential_id": 999_999}, "kind telegram"),
        ({"on": "failed", "channel": "callback", "to": "https://x.example", "credential_id": 999_999}, "kind signing"),
        ({"on": "never", **MAIL}, "never"),
        ({"on": "waiting", "after_minutes": 0, **MAIL}, "greater"),
        ({"on": "failed", "by": "post", **MAIL}, "no such field"),
    ],
)
def test_rules_are_checked(users: Any, api: Any, rule: dict[str, Any], says: str) -> None:
    client = api(users.ben)
    client.post("/api/v1/workflows/", {"name": "W", "slug": "w"})
    answer = client.patch("/api/v1/workflows/w/", {"notifications": [rule]})
    assert answer.status_code == 400, answer.content
    assert says in answer.content.decode()


def test_a_bot_that_asks_or_tells_is_in_use(users: Any, api: Any, bot: int) -> None:
    client = api(users.ada)
    client.post("/api/v1/workflows/", {"name": "W", "slug": "w"})
    rule = {"on": "failed", "channel": "telegram", "to": "5", "credential_id": bot}
    assert client.patch("/api/v1/workflows/w/", {"notifications": [rule]}).status_code == 200
    node = {"node_id": "ask", "component_type": "human_confirmation"}
    config = {"extra_config": {"prompt": "Go?", "telegram_credential_id": bot}}
    assert client.post("/api/v1/workflows/w/nodes/", {**node, "config": config}).status_code == 201
    uses = client.get(f"/api/v1/credentials/{bot}/usage/").json()["items"]
    assert [use["node_id"] for use in uses] == ["ask", "(notifications)"]
    assert client.delete(f"/api/v1/credentials/{bot}/").json()["code"] == "in_use"


def test_rules_that_are_none_stop_nothing(users: Any) -> None:
    rules = [{"on": on, "channel": "telegram", "to": "--5", "credential_id": 1} for on in ("failed", "waiting")]
    version = graph(users.ben, *rules)
    assert harness.run(version).status == "failed"
    assert notices.overdue() == 0


def test_rules_by_the_api(users: Any, api: Any) -> None:
    client = api(users.ben)
    rules = [{"on": "failed", **MAIL, "after_minutes": 60}]
    made = client.post("/api/v1/workflows/", {"name": "W", "slug": "w", "notifications": rules})
    assert (made.status_code, made.json()["notifications"]) == (201, rules)
    assert client.patch("/api/v1/workflows/w/", {"notifications": []}).json()["notifications"] == []


def test_the_doctor_knows_of_what_fails_outside(users: Any, bot: int, callbacks: Any, api: Any, deliver: Any) -> None:
    TelegramBot.objects.create(credential_id=bot, error="Another program takes its messages.")
    nodes = [harness.node("hook", "trigger_webhook", auth="none", callback_url=callbacks.url)]
    harness.store(users.ben, "hooked", nodes, [])
    api(None).post("/webhooks/hooked/", {})
    harness.work()
    callbacks.answers = [(410, {})]
    deliver()
    found = {one.subject: one.detail for one in diagnosis.outside()}
    assert "Another program" in found["telegram"]
    assert found["deliveries"].startswith("1 of")
