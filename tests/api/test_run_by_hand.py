"""Run on a trigger that has a door of its own: the event is shaped like what comes by that door."""

from __future__ import annotations

from typing import Any

import pytest

from apps.executions.models import WorkflowExecution
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
PAYLOAD = {"customer": "Kim", "text": "hello"}
FIELDS = {"properties": {"text": {"type": "string"}}}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    (
        "trigger_webhook",
        {"auth": "none", "path": "orders", "methods": ["PUT"]},
        {"payload": PAYLOAD},
        "{{ trigger.body.customer }} {{ start.body.customer }} {{ trigger.headers | length }} "
        "{{ start.query | length }} {{ trigger.method }} {{ trigger.path }} {{ trigger.text }}",
        "Kim Kim 0 0 PUT orders hello",
    ),
    (
        "trigger_webhook", {"auth": "none"}, {"text": "plain"},
        "{{ trigger.body }} {{ trigger.method }} {{ start.payload | length }}", "plain POST 0",
    ),
    ("trigger_webhook", {"auth": "none"}, {}, "{{ trigger.body.x | default('none') }} {{ trigger.text }}", "none "),
    (
        "trigger_form", {"access": "public", "path": "ask", "input_schema": FIELDS}, {"payload": PAYLOAD},
        "{{ start.payload.customer }} {{ trigger.path }} {{ trigger.text }}", "Kim ask hello",
    ),
    (
        "trigger_telegram",
        {"credential_id": 1},
        {"text": "/report may"},
        "{{ start.text }} {{ trigger.command }} {{ start.chat_id }} {{ trigger.payload['from'].id }} "
        "{{ user_context.telegram_user_id }} {{ start.files | length }} {{ trigger.message_id }}",
        "may report 0 0 0 0 0",
    ),
    (
        "trigger_telegram", {"credential_id": 1},
        {"payload": {"text": "hi", "chat": {"id": 42}, "from": {"id": 7, "first_name": "Kim"}}},
        "{{ start.text }} {{ start.chat_id }} {{ user_context.name }}", "hi 42 Kim",
    ),
    (
        "trigger_schedule", {"interval_seconds": 60, "trigger_payload": {"list": "daily"}}, {},
        "{{ start.payload.list }} {{ start.timestamp[:2] }} {{ trigger.schedule.retry }}", "daily 20 0",
    ),
    (
        "trigger_error", {}, {"text": "boom", "payload": {"error_code": "timeout"}},
        "{{ start.error.message }} {{ trigger.error.error_code }} {{ trigger.payload.error_code }}",
        "boom timeout timeout",
    ),
    (
        "trigger_workflow", {"source_workflow": "caller"}, {"payload": PAYLOAD},
        "{{ start.payload.customer }} {{ trigger.source_workflow }}", "Kim caller",
    ),
    ("trigger_chat", {}, {"text": "hi"}, "{{ start.text }}{{ trigger.conversation_id }}", "hi"),
    ("trigger_manual", {}, {"payload": PAYLOAD}, "{{ start.payload.customer }}", "Kim"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "body", "shown", "said"), CASES)
def test_a_payload_is_what_the_door_would_bring(
    api: Any, users: Any, kind: str, config: Any, body: Any, shown: str, said: str
) -> None:
    nodes = [harness.node("start", kind, **config), harness.node("say", "set", values={"said": shown})]
    harness.store(users.ben, "tried", nodes, [("start", "say")], is_active=False)
    answer = api(users.ben).post("/api/v1/workflows/tried/execute/", body)
    assert answer.status_code == 202, answer.content
    harness.work()
    execution = WorkflowExecution.objects.get(pk=answer.json()["execution_id"])
    assert (execution.error_message, execution.final_output) == ("", {"said": said})


def test_what_is_no_message_is_refused(api: Any, users: Any) -> None:
    nodes = [harness.node("start", "trigger_telegram", credential_id=1), harness.node("say", "set", values={})]
    harness.store(users.ben, "tried", nodes, [("start", "say")])
    for payload in ({"chat": 7}, {"from": {}}, {"photo": "x"}):
        answer = api(users.ben).post("/api/v1/workflows/tried/execute/", {"payload": payload})
        assert (answer.status_code, answer.json()["code"]) == (422, "payload_mismatch"), payload
