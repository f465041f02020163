"""schedules/ over HTTP: what can be made, changed, paused, run; whose it is; what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import AuditEntry
from apps.executions.models import WorkflowExecution
from apps.executions.scheduler import Scheduler
from apps.schedules.models import ScheduledJob
from apps.workflows.models import Workflow
from tests.drawing import Canvas, canvas
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/schedules/"


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    made_one = canvas(api(users.ben), "ticking")
    config = {"cron": "0 8 * * 1-5", "timezone": "Europe/Berlin", "trigger_payload": {"a": 1}, "total_repeats": 2}
    made_one.must_node("tick", "trigger_schedule", {"trigger_config": config})
    made_one.must_node("out", "set", {"extra_config": {"values": {"at": "{{ trigger.timestamp }}"}}})
    made_one.must_edge("tick", "out")
    return made_one


def body(**more: Any) -> dict[str, Any]:
    workflow = Workflow.objects.get(slug="ticking")
    return {"name": "t", "workflow_id": workflow.pk, "trigger_node_id": "tick", "interval_seconds": 60, **more}


def made(client: APIClient, **more: Any) -> dict[str, Any]:
    answer = client.post(URL, body(**more))
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_made_read_changed_deleted(drawn: Canvas) -> None:
    client = drawn.client
    schedule = made(client, total_repeats=0, description="d", trigger_payload={"k": [1]})
    assert (schedule["status"], schedule["total_repeats"], schedule["cron"]) == ("active", None, None)
    assert schedule["workflow_slug"] == "ticking"
    soon = dt.datetime.fromisoformat(schedule["next_run_at"]) - timezone.now()
    assert dt.timedelta(seconds=50) < soon <= dt.timedelta(seconds=60)
    url = f"{URL}{schedule['id']}/"
    assert client.get(url).json() == schedule
    changed = client.patch(url, {"cron": "30 6 * * *", "timezone": "Europe/Berlin", "name": "dawn"}).json()
    assert (changed["interval_seconds"], changed["cron"], changed["name"]) == (None, "30 6 * * *", "dawn")
    assert changed["next_run_at"] != schedule["next_run_at"]
    same = client.patch(url, {"description": "x"}).json()
    assert same["next_run_at"] == changed["next_run_at"]
    assert client.get(URL, {"q": "DAW", "status": "active", "workflow_slug": "ticking"}).json()["total"] == 1
    assert client.get(URL, {"status": "paused"}).json()["total"] == 0
    assert client.get(URL, {"trigger_node_id": schedule["trigger_node_id"]}).json()["total"] == 1
    assert client.get(URL, {"trigger_node_id": "elsewhere"}).json()["total"] == 0
    other = made(client)
    assert client.post(f"{URL}batch-delete/", {"ids": [schedule["id"], 99999]}).status_code == 404
    assert client.post(f"{URL}batch-delete/", {"ids": [schedule["id"], other["id"]]}).json() == {"deleted": 2}
    assert client.get(url).status_code == 404
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"schedule.created", "schedule.updated", "schedule.deleted"} <= actions


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"interval_seconds": 0}, 400, "interval_seconds"),
        ({"interval_seconds": 10 * 366 * 86_400}, 400, "interval_seconds"),
        ({"interval_seconds": "often"}, 400, "interval_seconds"),
        ({"interval_seconds": None, "cron": "61 * * * *"}, 422, "cron"),
        ({"interval_seconds": None, "cron": "0 0 31 2 *"}, 422, "cron"),
        ({"interval_seconds": None}, 422, "cron"),
        ({"cron": "* * * * *"}, 422, "cron"),
        ({"timezone": "Mars/Base"}, 422, "timezone"),
        ({"trigger_node_id": "out"}, 422, "trigger_node_id"),
        ({"trigger_node_id": "ghost"}, 422, "trigger_node_id"),
        ({"workflow_id": 10**30}, 404, "workflow_id"),
        ({"catch_up": "some"}, 400, "catch_up"),
        ({"overlap": 1}, 400, "overlap"),
        ({"max_retries": -1}, 400, "max_retries"),
        ({"trigger_payload": [1]}, 400, "trigger_payload"),
        ({"name": ""}, 400, "name"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_what_is_refused(drawn: Canvas, more: dict[str, Any], status: int, field: str) -> None:
    answer = drawn.client.post(URL, body(**more))
    assert answer.status_code == status, answer.content
    assert field in answer.json()["fields"]
    assert not ScheduledJob.objects.exists()
    noted = AuditEntry.objects.get(action="schedule.refused")
    assert (noted.actor, noted.data["reason"]) == ("ben", answer.json()["detail"])


def test_a_deleted_workflow_is_refused(drawn: Canvas) -> None:
    given, schedule = body(), made(drawn.client)
    assert drawn.client.delete("/api/v1/workflows/ticking/").status_code in (200, 204)
    deeds = [("post", "", given), ("patch", f"{schedule['id']}/", {"interval_seconds": 5}),
             ("post", f"{schedule['id']}/run-now/", {}), ("post", f"{schedule['id']}/resume/", {})]  # fmt: skip
    for method, path, sent in deeds:
        answer = getattr(drawn.client, method)(URL + path, sent)
        assert (answer.status_code, answer.json()["detail"][:11]) == (404, "There is no"), path
    noted = AuditEntry.objects.filter(action="schedule.refused")
    about = [f"workflow:{given['workflow_id']}", *[f"scheduledjob:{schedule['id']}"] * 3]
    assert list(noted.order_by("pk").values_list("object", flat=True)) == about


def test_whose_it_is(drawn: Canvas, api: Any, users: Any) -> None:
    schedule = made(drawn.client)
    url = f"{URL}{schedule['id']}/"
    stranger = api(users.eve)
    assert stranger.get(URL).json()["total"] == 0
    refused, nobodys = stranger.post(URL, body()), stranger.post(URL, body(workflow_id=999_999))
    assert refused.status_code == nobodys.status_code == 404
    assert "ticking" not in refused.content.decode(), "its name is not for strangers"
    for method, path in [("get", ""), ("patch", ""), ("delete", ""), ("post", "pause/"), ("post", "resume/"),
                         ("post", "run-now/"), ("get", "runs/")]:  # fmt: skip
        assert getattr(stranger, method)(url + path, {}).status_code == 404
    for deed in ("start", "pause", "stop"):
        assert stranger.post(f"/api/v1/workflows/ticking/nodes/tick/schedule/{deed}/").status_code == 404
    Workflow.objects.update(is_public=True)
    assert stranger.get(url).status_code == 200
    assert stranger.post(f"{url}run-now/").status_code == 404
    assert api(users.ada).post(f"{url}pause/").json()["status"] == "paused"


def test_pause_resume_and_run_now(drawn: Canvas) -> None:
    client, schedule = drawn.client, made(drawn.client, total_repeats=1)
    url = f"{URL}{schedule['id']}/"
    assert schedule["next_run_at"]
    paused = client.post(f"{url}pause/").json()
    assert (paused["status"], paused["next_run_at"]) == ("paused", None)
    started = client.post(f"{url}run-now/")
    assert started.status_code == 202
    harness.work()
    Scheduler().step()
    (run,) = client.get(f"{url}runs/").json()["items"]
    assert (run["number"], run["state"], run["execution_id"]) == (None, "succeeded", started.json()["execution_id"])
    assert client.get(f"{url}runs/", {"state": "failed"}).json()["total"] == 0
    resumed = client.post(f"{url}resume/").json()
    assert (resumed["status"], resumed["next_run_at"] is None) == ("active", False)
    ScheduledJob.objects.update(next_run_at=timezone.now())
    call_command("recover_scheduled_jobs")
    harness.work()
    call_command("recover_scheduled_jobs")
    assert client.get(url).json()["status"] == "done"
    assert client.post(f"{url}pause/").status_code == 409
    assert client.post(f"{url}resume/").status_code == 409
    assert client.patch(url, {"total_repeats": 2}).json()["status"] == "active"
    Workflow.objects.update(is_active=False)
    refused = client.post(f"{url}run-now/")
    assert (refused.status_code, "not active" in refused.json()["detail"]) == (409, True)


def test_run_now_with_the_same_key_runs_once(drawn: Canvas) -> None:
    client, schedule = drawn.client, made(drawn.client)
    url = f"{URL}{schedule['id']}/"
    first, again, other = (
        client.post(f"{url}run-now/", headers={"Idempotency-Key": key}).json()["execution_id"] for key in "aab"
    )
    assert first == again != other
    assert client.get(f"{url}runs/").json()["total"] == 2


def test_preview_across_a_change_of_the_clocks(drawn: Canvas) -> None:
    given = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "count": 100}
    fires = drawn.client.post(f"{URL}preview/", given).json()["fires"]
    assert len(fires) == 100
    assert len(drawn.client.post(f"{URL}preview/", {"interval_seconds": 5}).json()["fires"]) == 10
    year = drawn.client.post(f"{URL}preview/", {**given, "cron": "0 12 1 * *", "count": 12}).json()["fires"]
    assert sum(fire["clock_changed"] for fire in year) == 2
    assert all(fire["local"][11:16] == "12:00" for fire in year)
    assert drawn.client.post(f"{URL}preview/", {"cron": "x"}).status_code == 422
    assert drawn.client.post(f"{URL}preview/", {"count": 5}).status_code == 422


def test_a_nodes_own_schedule(drawn: Canvas) -> None:
    client, url = drawn.client, "/api/v1/workflows/ticking/nodes/tick/"
    assert client.get(url).json()["schedule_job"] is None
    assert client.post(f"{url}schedule/pause/").status_code == 404
    started = client.post(f"{url}schedule/start/").json()
    assert (started["cron"], started["timezone"], started["total_repeats"]) == ("0 8 * * 1-5", "Europe/Berlin", 2)
    assert (started["trigger_payload"], started["of_node"], started["overlap"]) == ({"a": 1}, True, "skip")
    shown = client.get(url).json()["schedule_job"]
    assert (shown["id"], shown["status"]) == (started["id"], "active")
    assert client.post(f"{url}schedule/pause/").json()["status"] == "paused"
    assert client.get(url).json()["schedule_job"]["next_run_at"] is None
    drawn.patch("nodes/tick/", {"config": {"trigger_config": {"cron": "", "interval_seconds": 30}}})
    again = client.post(f"{url}schedule/start/").json()
    assert (again["id"], again["status"], again["interval_seconds"]) == (started["id"], "active", 30)
    assert client.post(f"{url}schedule/stop/").json()["status"] == "done"
    anew = client.post(f"{url}schedule/start/").json()
    assert (anew["status"], anew["current_repeat"], anew["id"] != started["id"]) == ("active", 0, True)
    assert client.post("/api/v1/workflows/ticking/nodes/out/schedule/start/").status_code == 422
    drawn.must_node("other", "trigger_manual")
    assert client.post("/api/v1/workflows/ticking/nodes/other/schedule/start/").status_code == 409


def test_a_nodes_own_schedule_stays_its_own(drawn: Canvas) -> None:
    drawn.must_node("tock", "trigger_schedule")
    own = drawn.client.post("/api/v1/workflows/ticking/nodes/tick/schedule/start/").json()
    moved = drawn.client.patch(f"{URL}{own['id']}/", {"trigger_node_id": "tock"})
    assert (moved.status_code, '"tick" itself' in moved.json()["detail"]) == (409, True)
    assert drawn.client.patch(f"{URL}{own['id']}/", {"trigger_node_id": "tick"}).status_code == 200
    other = drawn.client.post(URL, body()).json()
    assert drawn.client.patch(f"{URL}{other['id']}/", {"trigger_node_id": "tock"}).json()["trigger_node_id"] == "tock"


def test_a_node_without_times_is_told_so(drawn: Canvas) -> None:
    drawn.patch("nodes/tick/", {"config": {"trigger_config": {"cron": ""}}})
    answer = drawn.client.post("/api/v1/workflows/ticking/nodes/tick/schedule/start/")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_schedule")
    noted = AuditEntry.objects.get(action="schedule.refused")
    assert (noted.object, noted.data["code"]) == ("workflow:ticking", "invalid_schedule")


def test_a_bad_cron_line_is_seen_in_the_drawing(drawn: Canvas) -> None:
    answer = drawn.client.patch(
        "/api/v1/workflows/ticking/nodes/tick/", {"config": {"trigger_config": {"cron": "61 * * * *"}}}
    )
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        assert any("minute" in warning["message"] for warning in answer.json()["warnings"])


def test_executions_outlive_their_schedule(drawn: Canvas) -> None:
    schedule = made(drawn.client)
    drawn.client.post(f"{URL}{schedule['id']}/run-now/")
    assert drawn.client.delete(f"{URL}{schedule['id']}/").status_code == 204
    harness.work()
    assert WorkflowExecution.objects.get().status == "completed"
