"""tasks/: what waits for people, and callbacks."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.executions import addresses
from apps.executions.models import PendingTask, WorkflowExecution
from apps.workflows.models import WorkflowCollaborator
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/tasks/"
SCHEMA = {"type": "object", "required": ["when"], "properties": {"when": {"type": "string"}}}


def ask(user: Any, slug: str = "asks", **config: Any) -> WorkflowExecution:
    nodes = [harness.node("start", "trigger_manual"), harness.node("ask", "human_confirmation", **config)]
    return harness.run(harness.store(user, slug, nodes, [("start", "ask")]))


def ids(client: Any, **query: Any) -> list[int]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return [task["id"] for task in answer.json()["items"]]


def test_a_task_is_found_and_answered(api: Any, users: Any) -> None:
    execution = ask(users.ben, prompt="Deploy {{ trigger.text or 'it' }}?")
    client = api(users.ben)
    (item,) = client.get(URL, {"limit": 200}).json()["items"]
    assert item["execution_id"] == str(execution.pk)
    assert (item["kind"], item["status"], item["prompt"]) == ("approval", "pending", "Deploy it?")
    assert (item["workflow_slug"], item["node_id"], item["decision"]) == ("asks", "ask", None)
    answer = client.post(f"{URL}{item['id']}/respond/", {"decision": "confirmed", "comment": "go"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["responded_by"]) == ("answered", "ben")
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"confirmed": True, "user_response": "go", "data": {}}
    assert ids(client) == []
    assert ids(client, status="all") == [item["id"]]
    again = client.post(f"{URL}{item['id']}/respond/", {"decision": "cancelled"})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert "by ben" in again.json()["detail"]
    assert str(timezone.now().year) in again.json()["detail"]


def test_unassigned_tasks_belong_to_who_may_edit(api: Any, users: Any) -> None:
    execution = ask(users.ben)
    task = PendingTask.objects.get().pk
    assert ids(api(users.eve)) == []
    assert ids(api(users.ada)) == [task]
    viewer = WorkflowCollaborator.objects.create(workflow=execution.workflow, user=users.eve, role="viewer")
    assert ids(api(users.eve)) == []
    assert api(users.eve).get(f"{URL}{task}/").status_code == 200
    assert api(users.eve).post(f"{URL}{task}/respond/", {"decision": "confirmed"}).status_code == 404
    viewer.role = "editor"
    viewer.save()
    assert ids(api(users.eve)) == [task]
    assert api(users.eve).post(f"{URL}{task}/respond/", {"decision": "confirmed"}).status_code == 200


def test_assigned_tasks_belong_to_the_assignees(api: Any, users: Any) -> None:
    ask(users.ben, "one", assignees=["eve"])
    ask(users.ben, "two", assignees=["role:admin"])
    one, two = PendingTask.objects.order_by("pk").values_list("pk", flat=True)
    assert ids(api(users.eve)) == [one]
    assert ids(api(users.ben)) == []
    assert ids(api(users.ada)) == [two]
    assert api(users.ben).get(f"{URL}{one}/").status_code == 200
    assert api(users.ben).post(f"{URL}{one}/respond/", {"decision": "confirmed"}).status_code == 404
    assert api(users.eve).post(f"{URL}{one}/respond/", {"decision": "confirmed"}).status_code == 200


def test_a_part_of_a_name_is_no_name(api: Any, users: Any) -> None:
    ask(users.ben, assignees=["eve2", "steve"])
    assert ids(api(users.eve)) == []


def test_the_form_is_checked(api: Any, users: Any) -> None:
    ask(users.ben, schema=SCHEMA)
    task = PendingTask.objects.get().pk
    client = api(users.ben)
    answer = client.post(f"{URL}{task}/respond/", {"decision": "confirmed", "data": {"when": 5}})
    assert (answer.status_code, answer.json()["code"]) == (422, "data_mismatch")
    assert client.post(f"{URL}{task}/respond/", {"decision": "maybe"}).status_code == 400
    assert client.post(f"{URL}{task}/respond/", {}).status_code == 400
    answer = client.post(f"{URL}{task}/respond/", {"decision": "confirmed", "data": {"when": "now"}})
    assert answer.json()["response"] == {"when": "now"}


def test_declining_needs_no_form(api: Any, users: Any) -> None:
    ask(users.ben, schema=SCHEMA)
    task = PendingTask.objects.get().pk
    assert api(users.ben).post(f"{URL}{task}/respond/", {"decision": "cancelled"}).status_code == 200


def test_agents_answer_nothing(api: Any, users: Any) -> None:
    ask(users.ben, assignees=["eve"])
    users.eve.is_agent = True
    users.eve.save()
    task = PendingTask.objects.get().pk
    assert ids(api(users.eve)) == []
    assert api(users.eve).post(f"{URL}{task}/respond/", {"decision": "confirmed"}).status_code == 404


def test_what_answers_itself_is_handed_to_nobody(api: Any, users: Any) -> None:
    nodes = [harness.node("start", "trigger_manual"), harness.node("later", "wait", duration=60)]
    harness.run(harness.store(users.ben, "waits", nodes, [("start", "later")]))
    task = PendingTask.objects.get()
    for deed, given in (("delegate", {"to": "eve"}), ("respond", {"decision": "confirmed"})):
        answer = api(users.ben).post(f"{URL}{task.pk}/{deed}/", given)
        assert (answer.status_code, "answers itself" in answer.json()["detail"]) == (409, True), deed
    task.refresh_from_db()
    assert (task.status, task.assignees) == ("pending", [])


def test_an_ended_execution_wants_no_answer(api: Any, users: Any) -> None:
    execution = ask(users.ben)
    task = PendingTask.objects.get().pk
    assert api(users.ben).post(f"/api/v1/executions/{execution.pk}/cancel/").status_code == 200
    answer = api(users.ben).post(f"{URL}{task}/respond/", {"decision": "confirmed"})
    assert answer.status_code == 409
    assert "ended" in answer.json()["detail"]


def test_filters(api: Any, users: Any) -> None:
    execution = ask(users.ben)
    ask(users.ben, "others")
    client = api(users.ben)
    assert len(ids(client)) == 2
    assert len(ids(client, workflow_slug="others")) == 1
    assert len(ids(client, execution_id=str(execution.pk))) == 1
    assert ids(client, execution_id="x") == []
    assert ids(client, kind="timer") == []
    assert client.get(URL, {"status": "open"}).status_code == 400


def test_a_callback_answers_once_without_a_key(api: Any, users: Any) -> None:
    nodes = [harness.node("start", "trigger_manual"), harness.node("w", "wait", callback=True)]
    execution = harness.run(harness.store(users.ben, "calls", nodes, [("start", "w")]))
    task = PendingTask.objects.get()
    shown = api(users.ben).get(f"{URL}{task.pk}/").json()
    path = shown["callback_path"]
    nobody = api(None)
    wrong = nobody.get(path)
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["Allow"]) == (405, "method_not_allowed", "POST")
    assert nobody.post("/webhooks/-/callbacks/nonsense/", {"x": 1}).status_code == 404
    bad = nobody.generic("POST", path, "{oops", content_type="application/json")
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_json")
    assert nobody.post(path, {"x": 1}).status_code == 202
    assert nobody.post(path, {"x": 2}).status_code == 409
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"x": 1}


def test_what_a_callback_refuses_is_audited(api: Any, users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    nodes = [harness.node("start", "trigger_manual"), harness.node("w", "wait", callback=True)]
    harness.run(harness.store(users.ben, "calls", nodes, [("start", "w")]))
    task = PendingTask.objects.get()
    send, path = api(None).generic, addresses.path(task.execution_id, "w")
    send("GET", path, REMOTE_ADDR="192.0.2.1")
    send("POST", path, b"{oops", content_type="application/json", REMOTE_ADDR="192.0.2.2")
    assert send("POST", path, REMOTE_ADDR="192.0.2.3").status_code == 202
    send("POST", path, REMOTE_ADDR="192.0.2.4")
    for number in range(3):
        send("POST", f"/webhooks/-/callbacks/guess-{number}/", REMOTE_ADDR="192.0.2.5")
    entries = AuditEntry.objects.filter(action="callback.refused")
    assert [(entry.data["address"], entry.object) for entry in entries] == [
        *((f"192.0.2.{number}", f"workflowexecution:{task.execution_id}") for number in (1, 2, 4)),
        ("192.0.2.5", ""),
    ]
    assert "/callbacks/" not in str(list(entries.values()))


def test_readers_are_not_told_a_callbacks_address(api: Any, users: Any) -> None:
    nodes = [harness.node("start", "trigger_manual"), harness.node("w", "wait", callback=True)]
    execution = harness.run(harness.store(users.ben, "calls", nodes, [("start", "w")]))
    WorkflowCollaborator.objects.create(workflow=execution.workflow, user=users.eve, role="viewer")
    task = PendingTask.objects.get()
    for url in (f"{URL}{task.pk}/", f"/api/v1/executions/{execution.pk}/"):
        answer = api(users.eve).get(url)
        assert answer.status_code == 200
        assert "/callbacks/" not in answer.content.decode()
