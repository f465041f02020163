"""trigger-events/: what came in is stored, found, replayed; dead letters; the same delivery twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.executions.models import TriggerEvent, WorkflowExecution
from apps.executions.triggers import inbox
from apps.workflows.models import Workflow
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/trigger-events/"


@pytest.fixture
def hooked(users: Any) -> Any:
    hook = node("hook", "trigger_webhook", path="orders", auth="none")
    seen = node("seen", "set", values={"id": "{{ hook.payload.id }}"})
    return harness.store(users.ben, "hooked", [hook, seen], [("hook", "seen")])


def send(number: int = 7, **headers: str) -> Any:
    return Client().post("/webhooks/hooked/orders", {"id": number}, content_type="application/json", headers=headers)


def test_what_came_in_is_found(hooked: Any, api: Any, users: Any) -> None:
    started = send(7, X_Delivery_Id="d-1").json()["execution_id"]
    send(8)
    harness.work()
    client = api(users.ben)
    listed = client.get(URL).json()
    assert listed["total"] == 2
    first = listed["items"][1]
    assert (first["status"], first["execution_id"], first["execution_status"]) == ("started", started, "completed")
    assert (first["title"], first["trigger_node_id"], first["attempts"]) == ("POST /orders", "hook", 1)
    assert first["delivery_key"] == "d-1"
    assert client.get(URL, {"workflow_slug": "hooked", "trigger": "hook", "status": "started"}).json()["total"] == 2
    assert client.get(URL, {"trigger": "trigger_chat"}).json()["total"] == 0
    assert client.get(URL, {"q": "d-1"}).json()["total"] == 1
    assert client.get(URL, {"from": "2099-01-01"}).json()["total"] == 0
    shown = client.get(f"{URL}{first['id']}/").json()
    assert shown["event"]["payload"] == {"id": 7}


def test_the_same_delivery_is_one_event(hooked: Any) -> None:
    answers = {send(7, X_Delivery_Id="d-1").json()["execution_id"] for _ in range(5)}
    assert len(answers) == 1
    assert (TriggerEvent.objects.count(), WorkflowExecution.objects.count()) == (1, 1)


def test_what_starts_nothing_is_kept_and_can_be_replayed(hooked: Any, api: Any, users: Any) -> None:
    Workflow.objects.update(is_active=False)
    assert send(41, X_Delivery_Id="d-1").status_code == 409
    client = api(users.ben)
    (dead,) = client.get(URL, {"status": "failed", "q": "41"}).json()["items"]
    assert (dead["execution_id"], "not active" in dead["reason"]) == (None, True)
    (still,) = client.post(f"{URL}replay/", {"ids": [dead["id"]]}).json()
    assert (still["status"], still["replay_of"]) == ("failed", dead["id"])
    Workflow.objects.update(is_active=True)
    answer = client.post(f"{URL}replay/", {"ids": [dead["id"]]})
    assert answer.status_code == 201
    harness.work()
    run = WorkflowExecution.objects.get(pk=answer.json()[0]["execution_id"])
    assert (run.status, run.final_output, run.user) == ("completed", {"id": 41}, users.ben)
    assert client.get(f"{URL}{dead['id']}/").json()["event"]["payload"] == {"id": 41}


def test_a_delivery_that_failed_is_tried_again_by_its_sender(hooked: Any) -> None:
    Workflow.objects.update(is_active=False)
    assert send(1, X_Delivery_Id="d-1").status_code == 409
    Workflow.objects.update(is_active=True)
    assert send(1, X_Delivery_Id="d-1").status_code == 202
    received = TriggerEvent.objects.get()
    assert (received.status, received.attempts, received.reason, received.event) == ("started", 2, "", None)


def test_the_same_delivery_at_the_same_moment_fails_alike(hooked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither sees the other's row, and neither can start."""
    Workflow.objects.update(is_active=False)
    assert send(41, X_Delivery_Id="d-1").status_code == 409
    unseen, look = [None], inbox._earlier
    monkeypatch.setattr(inbox, "_earlier", lambda arrived: unseen.pop() if unseen else look(arrived))
    answer = send(41, X_Delivery_Id="d-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "inactive_workflow")
    received = TriggerEvent.objects.get()
    assert (received.status, received.attempts) == ("failed", 2)


def test_a_run_is_replayed_with_its_event(hooked: Any, api: Any, users: Any) -> None:
    send(5)
    harness.work()
    (again,) = api(users.ben).post(f"{URL}replay/", {"ids": [TriggerEvent.objects.get().pk]}).json()
    harness.work()
    assert WorkflowExecution.objects.get(pk=again["execution_id"]).final_output == {"id": 5}
    assert WorkflowExecution.objects.count() == 2


def test_a_replay_that_is_asked_for_twice_is_one(hooked: Any, api: Any, users: Any) -> None:
    send(5)
    body, client = {"ids": [TriggerEvent.objects.get().pk]}, api(users.ben)
    first, again, other = (
        client.post(f"{URL}replay/", body, headers={"Idempotency-Key": key}).json()[0]["execution_id"]
        for key in ("k-1", "k-1", "k-2")
    )
    assert first == again != other
    assert WorkflowExecution.objects.count() == 3
    TriggerEvent.objects.update(received_at=timezone.now() - dt.timedelta(hours=25))
    later = client.post(f"{URL}replay/", body, headers={"Idempotency-Key": "k-1"}).json()[0]["execution_id"]
    assert later not in (first, other)
    assert client.post(f"{URL}replay/", body, headers={"Idempotency-Key": "\n"}).status_code == 400


def test_whose_it_is(hooked: Any, api: Any, users: Any) -> None:
    send()
    key = TriggerEvent.objects.get().pk
    stranger = api(users.eve)
    assert stranger.get(URL).json()["total"] == 0
    assert stranger.get(f"{URL}{key}/").status_code == 404
    assert stranger.post(f"{URL}replay/", {"ids": [key]}).status_code == 404
    assert stranger.post(f"{URL}batch-delete/", {"ids": [key]}).status_code == 404
    Workflow.objects.update(is_public=True)
    assert stranger.get(f"{URL}{key}/").status_code == 200
    assert stranger.post(f"{URL}replay/", {"ids": [key]}).status_code == 404
    assert api(users.ada).post(f"{URL}batch-delete/", {"ids": [key]}).json() == {"deleted": 1}
    assert WorkflowExecution.objects.count() == 1


def test_a_list_has_few_queries(hooked: Any, api: Any, users: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(6):
        send(number)
    client = api(users.ben)
    with django_assert_max_num_queries(4):
        assert client.get(URL).json()["total"] == 6
