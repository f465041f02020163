"""How an execution was started: by hand, by its trigger's door, or by what runs here."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.executions.models import WorkflowExecution
from apps.schedules import actions as schedules
from apps.schedules import firing
from apps.workflows.models import Workflow
from tests.drawing import canvas
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
FORM = node(
    "form", "trigger_form", path="ask", access="public", input_schema={"properties": {"text": {"type": "string"}}}
)  # fmt: skip
URL = "/api/v1/workflows/{}/execute/"


def draw(user: Any, slug: str, *nodes: Any) -> None:
    harness.store(user, slug, list(nodes), [(a["node_id"], b["node_id"]) for a, b in pairwise(nodes)])


def sources(client: Any, slug: str) -> list[str]:
    found = client.get("/api/v1/executions/", {"workflow_slug": slug}).json()["items"]
    one = [client.get(f"/api/v1/executions/{each['execution_id']}/").json()["source"] for each in found]
    assert [each["source"] for each in found] == one
    return one[::-1]


def test_a_door_is_told_from_the_hand(api: Any, users: Any) -> None:
    client = api(users.ben)
    draw(users.ben, "hooked", node("hook", "trigger_webhook", path="in", auth="none"), node("seen", "set"))
    assert Client().post("/webhooks/hooked/in", {"a": 1}, "application/json").status_code == 202
    assert client.post(URL.format("hooked"), {"payload": {"a": 1}}).status_code == 202
    assert client.post(URL.format("hooked"), headers={"Idempotency-Key": "k"}).status_code == 202
    harness.work()
    called = WorkflowExecution.objects.order_by("created_at")[0]
    assert called.user == users.ben
    assert client.post(f"/api/v1/executions/{called.pk}/rerun/").status_code == 202
    assert sources(client, "hooked") == ["door", "hand", "hand", "hand"]


def test_a_run_by_hand_stays_one_when_its_key_comes_again(api: Any, users: Any) -> None:
    client = api(users.ben)
    draw(users.ben, "hooked", node("hook", "trigger_webhook", path="in", auth="none"), node("seen", "set"))
    for _ in range(2):
        assert client.post(URL.format("hooked"), headers={"Idempotency-Key": "k"}).status_code == 202
        WorkflowExecution.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    assert sources(client, "hooked") == ["hand", "hand"]


def test_visitors_come_by_the_door_and_people_chat_by_hand(api: Any, users: Any) -> None:
    client = api(users.ben)
    draw(users.ben, "talk", node("chat", "trigger_chat"), node("say", "reply", text="Hi"))
    assert client.post("/api/v1/workflows/talk/chat/", {"text": "x"}).status_code == 202
    draw(users.ben, "asked", FORM, node("seen", "set"))
    assert Client().post("/forms/asked/ask", {}).status_code == 200
    assert (sources(client, "talk"), sources(client, "asked")) == (["hand"], ["door"])


def test_what_runs_here_says_so(api: Any, users: Any) -> None:
    client = api(users.ben)
    draw(users.ben, "child", node("begin", "trigger_workflow"), node("bad", "assertion", rules=[{"field": "x"}]))
    drawn = canvas(client, "ticking")
    drawn.must_node("tick", "trigger_schedule")
    drawn.must_node("sub", "workflow", {"extra_config": {"target_workflow": "child", "wait": False}})
    drawn.must_edge("tick", "sub")
    draw(users.ben, "helped", node("oops", "trigger_error"), node("seen", "set"))
    Workflow.objects.filter(slug="child").update(error_handler_workflow=Workflow.objects.get(slug="helped"))
    given = {"name": "t", "interval_seconds": 60}
    made = schedules.create(users.ben, Workflow.objects.get(slug="ticking"), "tick", given)
    schedules.run_now(users.ben, made)
    made.next_run_at = timezone.now()
    made.save()
    firing.step()
    assert client.post(URL.format("ticking")).status_code == 202
    harness.work()
    assert sources(client, "ticking") == ["schedule", "schedule", "hand"]
    assert set(sources(client, "child")) == {"workflow"}
    assert set(sources(client, "helped")) == {"error"}
