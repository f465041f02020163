"""The outbox by the example of callbacks: what is delivered, tried again, given up, sent again; and how it is seen."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.credentials import actions as credentials
from apps.executions.delivery import outbox
from apps.executions.models import Delivery, WorkflowExecution
from apps.workflows.models import WorkflowVersion
from pipelit import events
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "0123456789abcdef-signing"
URL = "/api/v1/deliveries/"


def hooked(user: Any, *then: dict[str, Any], **config: Any) -> WorkflowVersion:
    config = {"auth": "none", "callback_url": "{{ trigger.body.callback_url }}", **config}
    nodes = [harness.node("hook", "trigger_webhook", **config), *then]
    return harness.store(user, "hooked", nodes, [(a["node_id"], b["node_id"]) for a, b in pairwise(nodes)])


def call(api: Any, url: str) -> WorkflowExecution:
    answer = api(None).post("/webhooks/hooked/", {"callback_url": url})
    assert answer.status_code == 202, answer.content
    harness.work()
    return WorkflowExecution.objects.get(pk=answer.json()["execution_id"])


def test_replies_and_the_result_are_posted_signed(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    signer = credentials.create(users.ben, "signer", "signing", {"secret": SECRET})
    hooked(users.ben, harness.node("say", "reply", text="Working on it."), callback_credential_id=signer.pk)
    execution = call(api, callbacks.url)
    assert deliver() == 2
    bodies = [json.loads(content) for _, content in callbacks.calls]
    assert [(body["kind"], body["text"]) for body in bodies] == [
        ("reply", "Working on it."), ("result", "Working on it."),
    ]  # fmt: skip
    assert bodies[1]["status"] == "completed"
    assert bodies[1]["final_output"] == "Working on it."
    for headers, content in callbacks.calls:
        stamp, _, digest = headers["x-pipelit-signature"].partition(",v1=")
        signed = f"{stamp.removeprefix('t=')}.".encode() + content
        assert hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == digest
    sent = {str(row.pk) for row in Delivery.objects.filter(execution=execution, status="sent")}
    assert set(callbacks.keys) == sent
    assert SECRET not in json.dumps(api(users.ben).get(URL).json())


def test_a_failure_is_told_without_why(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    hooked(users.ben, harness.node("bad", "transform", template="{{ secret_name }}"))
    assert call(api, callbacks.url).status == "failed"
    deliver()
    ((_, content),) = callbacks.calls
    assert json.loads(content)["status"] == "failed"
    assert b"secret_name" not in content


def test_tried_again_then_given_up_then_sent_again(
    api: Any, users: Any, callbacks: Any, deliver: Any, later: Any
) -> None:
    hooked(users.ben)
    execution = call(api, callbacks.url)
    callbacks.answers = [(503, {"Retry-After": "40"}), *[(500, {})] * len(outbox.PAUSES)]
    assert deliver() == 1
    row = Delivery.objects.get(execution=execution)
    assert (row.status, row.attempts, row.error_code) == ("pending", 1, "http_error")
    assert row.due_at > timezone.now() + dt.timedelta(seconds=35)
    assert deliver() == 0  # not before its time
    for _ in outbox.PAUSES:
        later()
        assert deliver() == 1
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("failed", len(outbox.PAUSES) + 1)
    execution.refresh_from_db()
    assert execution.status == "completed"  # and it is seen that something is wrong with it:
    shown = api(users.ben).get(f"/api/v1/executions/{execution.pk}/").json()["deliveries"]
    assert [(one["status"], one["error"]) for one in shown] == [("failed", "The receiver answered 500.")]
    told = events.read(f"execution:{execution.pk}", None)
    assert [one["data"]["status"] for one in told if one["type"] == "delivery_updated"][-1] == "failed"
    again = api(users.ben).post(f"{URL}{row.pk}/resend/", headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    assert deliver() == 1
    same = api(users.ben).post(f"{URL}{row.pk}/resend/", headers={"Idempotency-Key": "k"})
    assert (same.status_code, same.json()["status"]) == (202, "sent")
    assert deliver() == 0
    row.refresh_from_db()
    assert (row.status, row.error) == ("sent", "")
    assert set(callbacks.keys) == {str(row.pk)}  # one key for all tries
    assert AuditEntry.objects.filter(action="delivery.resent", object=f"delivery:{row.pk}").exists()


def test_a_receiver_may_name_the_time(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    hooked(users.ben)
    call(api, callbacks.url)
    later = timezone.now() + dt.timedelta(hours=2)
    callbacks.answers = [(429, {"Retry-After": format_datetime(later.astimezone(dt.UTC), usegmt=True)})]
    deliver()
    assert abs(Delivery.objects.get().due_at - later) < dt.timedelta(minutes=1)


def test_a_credential_that_holds_no_secret_signs_nothing(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    other = credentials.create(users.ben, "other", "http", {"auth_type": "bearer", "token": "x"})
    hooked(users.ben, callback_credential_id=other.pk)
    call(api, callbacks.url)
    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.error_code, callbacks.calls) == ("failed", "config_error", [])


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_cannot_work_is_given_up_at_once(api: Any, users: Any, callbacks: Any, deliver: Any, status: int) -> None:
    hooked(users.ben)
    call(api, callbacks.url)
    callbacks.answers = [(status, {})]
    deliver()
    assert Delivery.objects.get().status == "failed"


def test_a_private_address_is_refused(api: Any, users: Any, deliver: Any) -> None:
    hooked(users.ben)
    call(api, "http://127.0.0.1:9/")
    deliver()
    row = Delivery.objects.get()
    assert row.status == "failed"
    assert "no public address" in row.error


def test_a_try_that_broke_off(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    """A callback carries a key, so it goes out again; a mail may have gone out already, so a person decides."""
    hooked(users.ben)
    call(api, callbacks.url)
    row = Delivery.objects.get()
    past = timezone.now() - dt.timedelta(seconds=1)
    Delivery.objects.filter(pk=row.pk).update(status="sending", due_at=past)
    assert deliver() == 1
    row.refresh_from_db()
    assert row.status == "sent"
    Delivery.objects.filter(pk=row.pk).update(status="sending", due_at=past, channel="email", address='{"to": []}')
    deliver()
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "outcome_unknown")


def test_two_workers_send_once(api: Any, users: Any, callbacks: Any) -> None:
    hooked(users.ben)
    call(api, callbacks.url)
    row = Delivery.objects.get()
    assert [outbox.attempt(row.pk), outbox.attempt(row.pk)] == [True, False]
    assert len(callbacks.calls) == 1


def test_a_retry_of_the_execution_delivers_its_own_result(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    hooked(users.ben, harness.node("bad", "transform", template="{{ nothing }}"))
    execution = call(api, callbacks.url)
    deliver()
    assert api(users.ben).post(f"/api/v1/executions/{execution.pk}/retry/").status_code in (200, 202)
    harness.work()
    deliver()
    assert len(callbacks.keys) == 2


def test_lists_and_rights(api: Any, users: Any, callbacks: Any, deliver: Any) -> None:
    hooked(users.ben)
    execution = call(api, callbacks.url)
    deliver()
    row = Delivery.objects.get()
    assert api(users.eve).get(URL).json() == {"items": [], "total": 0}
    assert api(users.eve).get(f"{URL}{row.pk}/").status_code == 404
    assert api(users.eve).post(f"{URL}{row.pk}/resend/").status_code == 404
    assert api(None).get(URL).status_code == 401
    client = api(users.ben)
    for query in ({"status": "sent"}, {"channel": "callback"}, {"kind": "result"}, {"execution_id": str(execution.pk)}):
        assert client.get(URL, query).json()["total"] == 1, query
    assert client.get(URL, {"status": "failed"}).json()["total"] == 0
    assert client.get(URL, {"status": "lost"}).status_code == 400
    assert client.get(f"{URL}{row.pk}/").json()["receipt"] == {"status": 200}
    Delivery.objects.filter(pk=row.pk).update(status="sending")
    assert client.post(f"{URL}{row.pk}/resend/").status_code == 409


def test_the_scheduler_asks_for_what_no_queue_brought_and_not_all_the_time(
    api: Any, users: Any, callbacks: Any, monkeypatch: pytest.MonkeyPatch, redis_client: Any
) -> None:
    hooked(users.ben)
    call(api, callbacks.url)
    redis_client.flushall()
    row = Delivery.objects.get()
    asked: list[Any] = []
    monkeypatch.setattr(outbox.queue, "enqueue_delivery", lambda key: asked.append(key) or True)
    dispatcher = outbox.Dispatcher()
    assert dispatcher.step(0.0) == 0  # it is fresh
    Delivery.objects.update(due_at=timezone.now() - dt.timedelta(seconds=3))
    assert [dispatcher.step(now) for now in (1.0, 1.5, 10.0, 16.5)] == [1, 0, 0, 1]
    assert asked == [row.pk, row.pk]
    outbox.attempt(row.pk)
    assert dispatcher.step(60.0) == 0


def test_the_scheduler_asks_no_further_while_redis_is_away(
    api: Any, users: Any, callbacks: Any, monkeypatch: pytest.MonkeyPatch, redis_client: Any
) -> None:
    hooked(users.ben)
    for _ in range(3):
        call(api, callbacks.url)
    redis_client.flushall()
    Delivery.objects.update(due_at=timezone.now() - dt.timedelta(seconds=3))
    asked: list[Any] = []
    dispatcher = outbox.Dispatcher()
    monkeypatch.setattr(outbox.queue, "enqueue_delivery", lambda key: bool(asked.append(key)))
    assert dispatcher.step(0.0) == 0
    assert len(asked) == 1
    monkeypatch.setattr(outbox.queue, "enqueue_delivery", lambda key: True)
    assert dispatcher.step(0.5) == 3
