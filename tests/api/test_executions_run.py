"""execute/, chat/, one node by itself, statistics."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import django_rq
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.executions.models import Conversation, PendingTask, WorkflowExecution
from apps.workflows.models import Workflow
from tests.drawing import canvas
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
EXECUTE = "/api/v1/workflows/{}/execute/"
CHAT = "/api/v1/workflows/{}/chat/"


@pytest.fixture
def echo(users: Any) -> Any:
    """Two manual triggers and a chat trigger; each says what it got."""
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("urgent", "trigger_manual", priority=5),
        harness.node("chat", "trigger_chat"),
        harness.node("say", "set", values={"text": "{{ trigger.text }}", "n": "{{ trigger.payload.n | default(0) }}"}),
    ]
    edges = [("start", "say"), ("urgent", "say"), ("chat", "say")]
    return harness.store(users.ben, "echo", nodes, edges)


def queued() -> list[str]:
    return [job_id.partition("_")[0] for job_id in django_rq.get_queue(settings.QUEUE_NAME).get_job_ids()]


def test_execute_is_accepted_and_queued(api: Any, users: Any, echo: Any) -> None:
    answer = api(users.ben).post(EXECUTE.format("echo"), {"text": "hi", "payload": {"n": 3}})
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    execution = WorkflowExecution.objects.get(pk=answer.json()["execution_id"])
    assert execution.trigger_node_id == "urgent"
    assert execution.user == users.ben
    assert execution.trigger_payload == {"text": "hi", "payload": {"n": 3}}
    assert queued() == [str(execution.pk)]
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"text": "hi", "n": 3}


def test_execute_costs_few_queries(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    client.post(EXECUTE.format("echo"), {})
    with CaptureQueriesContext(connection) as queries:
        assert client.post(EXECUTE.format("echo"), {}).status_code == 202
    statements = [q["sql"] for q in queries if q["sql"].startswith(("SELECT", "INSERT", "UPDATE"))]
    assert len(statements) == 3, statements
    assert not any('"snapshot"' in statement for statement in statements)


def test_execute_names_trigger_and_version(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    answer = client.post(EXECUTE.format("echo"), {"trigger_node_id": "chat", "version": 1})
    execution = WorkflowExecution.objects.get(pk=answer.json()["execution_id"])
    assert (execution.trigger_node_id, execution.trigger_type) == ("chat", "trigger_chat")
    assert client.post(EXECUTE.format("echo"), {"trigger_node_id": "say"}).status_code == 422
    assert client.post(EXECUTE.format("echo"), {"version": "7"}).status_code == 404
    answer = client.post(EXECUTE.format("echo"), {"version": "draft"})
    assert answer.json()["code"] == "no_trigger"  # the draft of this workflow is empty


@pytest.mark.parametrize(
    "body",
    [{"payload": [1]}, {"payload": "x"}, {"txt": "hi"}, {"version": "latest"}, {"wait": 121}, {"text": {"a": 1}}, [1]],
)
def test_execute_refuses_what_is_malformed(api: Any, users: Any, echo: Any, body: Any) -> None:
    answer = api(users.ben).post(EXECUTE.format("echo"), body)
    assert answer.status_code == 400, answer.content
    assert not WorkflowExecution.objects.exists()


def test_execute_of_something_unfinished(api: Any, users: Any) -> None:
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("other", "trigger_manual"),
        harness.node("call", "workflow"),
        harness.node("fine", "set", values={"a": 1}),
    ]
    harness.store(users.ben, "half", nodes, [("start", "call"), ("other", "fine")])
    answer = api(users.ben).post(EXECUTE.format("half"), {"trigger_node_id": "start"})
    assert answer.status_code == 422
    assert answer.json()["validation_errors"][0]["node_id"] == "call"
    assert api(users.ben).post(EXECUTE.format("half"), {"trigger_node_id": "other"}).status_code == 202


def test_execute_checks_the_form(api: Any, users: Any) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    nodes = [harness.node("start", "trigger_manual", input_schema=schema), harness.node("a", "set", values={"x": 1})]
    harness.store(users.ben, "form", nodes, [("start", "a")])
    answer = api(users.ben).post(EXECUTE.format("form"), {"payload": {"name": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "payload_mismatch")
    assert api(users.ben).post(EXECUTE.format("form"), {"payload": {"name": "Ada"}}).status_code == 202


def test_execute_ends_the_check_of_an_exponential_form(api: Any, users: Any) -> None:
    defs: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)}
    schema = {"$defs": {**defs, "d60": {}}, "$ref": "#/$defs/d0"}
    nodes = [harness.node("start", "trigger_manual", input_schema=schema), harness.node("a", "set", values={"x": 1})]
    harness.store(users.ben, "form", nodes, [("start", "a")])
    answer = api(users.ben).post(EXECUTE.format("form"), {"payload": {}})
    assert answer.status_code == 422
    assert "too many steps" in answer.json()["detail"]


def test_the_same_key_starts_one(api: Any, users: Any, echo: Any) -> None:
    Workflow.objects.filter(slug="echo").update(is_public=True)
    headers = {"Idempotency-Key": "once"}
    first = api(users.ben).post(EXECUTE.format("echo"), {"text": "a"}, headers=headers).json()
    again = api(users.ben).post(EXECUTE.format("echo"), {"text": "b"}, headers=headers).json()
    other = api(users.eve).post(EXECUTE.format("echo"), {"text": "a"}, headers=headers).json()
    assert first["execution_id"] == again["execution_id"] != other["execution_id"]
    assert WorkflowExecution.objects.count() == 2


def test_an_inactive_workflow_runs_by_hand(api: Any, users: Any, echo: Any) -> None:
    Workflow.objects.filter(slug="echo").update(is_active=False)
    assert api(users.ben).post(EXECUTE.format("echo"), {}).status_code == 202


def test_strangers_cannot_run(api: Any, users: Any, echo: Any) -> None:
    for path in ("execute/", "chat/", "stats/", "chat/history/", "nodes/say/run/", "nodes/say/preview/"):
        url = f"/api/v1/workflows/echo/{path}"
        client = api(users.eve)
        answer = client.get(url) if path.startswith(("stats", "chat/h")) else client.post(url, {"text": "x"})
        answer = client.post(url, {"expression": "x"}) if "preview" in path else answer
        answer = client.post(url, {}) if path.endswith("run/") else answer
        assert answer.status_code == 404, (path, answer.content)


def test_execute_waits_for_the_result(api: Any, users: Any, echo: Any) -> None:
    worker = threading.Thread(target=_work_once)
    worker.start()
    answer = api(users.ben).post(EXECUTE.format("echo"), {"text": "quick", "wait": 20})
    worker.join(20)
    assert answer.status_code == 200, answer.content
    assert answer.json()["final_output"] == {"text": "quick", "n": 0}


def test_a_number_that_is_too_large_is_malformed(api: Any, users: Any, echo: Any) -> None:
    answer = api(users.ben).generic("POST", EXECUTE.format("echo"), '{"payload": {"a": 1e999}}', "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_execute_that_waits_in_vain(api: Any, users: Any, echo: Any) -> None:
    answer = api(users.ben).post(EXECUTE.format("echo"), {"wait": 0.05})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")


def _work_once() -> None:
    """Wait for a job, as a worker does, and run it."""
    try:
        while not WorkflowExecution.objects.exists():
            threading.Event().wait(0.01)
        harness.work()
    finally:
        connection.close()


def test_chat_opens_and_continues_a_conversation(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    answer = client.post(CHAT.format("echo"), {"text": "Hello there"})
    assert answer.status_code == 202
    talk = answer.json()["conversation_id"]
    harness.work()
    client.post(CHAT.format("echo"), {"text": "And again", "conversation_id": talk})
    history = client.get(CHAT.format("echo") + "history/").json()
    assert history["conversation_id"] == talk
    assert [(m["role"], m["content"]) for m in history["items"]] == [
        ("human", "Hello there"),
        ("ai", '{"text": "Hello there", "n": 0}'),
        ("human", "And again"),
    ]
    assert history["total"] == 3
    older = client.get(CHAT.format("echo") + "history/", {"before": history["items"][2]["id"], "limit": 1}).json()
    assert [m["role"] for m in older["items"]] == ["ai"]
    oldest = client.get(CHAT.format("echo") + "history/", {"before": older["items"][0]["id"]}).json()
    assert [m["content"] for m in oldest["items"]] == ["Hello there"]
    assert client.get(CHAT.format("echo") + "history/", {"before": "x"}).status_code == 400
    assert Conversation.objects.get().title == "Hello there"


def test_chat_refuses_what_is_not_there(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    Workflow.objects.filter(slug="echo").update(is_public=True)
    talk = client.post(CHAT.format("echo"), {"text": "a"}).json()["conversation_id"]
    answer = api(users.eve).post(CHAT.format("echo"), {"text": "b", "conversation_id": talk})
    assert answer.status_code == 404
    assert client.post(CHAT.format("echo"), {"text": "a", "trigger_node_id": "start"}).status_code == 422
    assert client.post(CHAT.format("echo"), {"text": ""}).status_code == 400
    harness.store(users.ben, "mute", [harness.node("start", "trigger_manual")], [])
    assert client.post(CHAT.format("mute"), {"text": "a"}).json()["code"] == "no_trigger"
    assert Conversation.objects.count() == 1


def test_conversations_are_forgotten_once_idle(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    talk = client.post(CHAT.format("echo"), {"text": "a"}).json()["conversation_id"]
    assert client.delete(f"/api/v1/conversations/{talk}/").status_code == 409
    harness.work()
    assert api(users.eve).get(f"/api/v1/conversations/{talk}/").status_code == 404
    shown = client.get(f"/api/v1/conversations/{talk}/").json()
    assert shown["messages"][0]["content"] == "a"
    assert client.get("/api/v1/conversations/", {"workflow_slug": "echo"}).json()["total"] == 1
    assert client.post("/api/v1/conversations/batch-delete/", {"ids": [talk]}).json() == {"deleted": 1}
    assert client.delete(CHAT.format("echo") + "history/").status_code == 204
    assert WorkflowExecution.objects.count() == 1


def test_words_in_a_chat_answer_its_question(api: Any, users: Any) -> None:
    nodes = [harness.node("chat", "trigger_chat"), harness.node("ask", "human_confirmation", prompt="Sure?")]
    harness.store(users.ben, "asks", nodes, [("chat", "ask")])
    client = api(users.ben)
    first = client.post(CHAT.format("asks"), {"text": "do it"}).json()
    harness.work()
    second = client.post(CHAT.format("asks"), {"text": "Yes.", "conversation_id": first["conversation_id"]}).json()
    assert second["execution_id"] == first["execution_id"]
    task = PendingTask.objects.get()
    assert (task.decision, task.comment, task.responded_by) == ("confirmed", "Yes.", users.ben)


def test_words_answer_a_question_also_while_other_branches_run(api: Any, users: Any) -> None:
    nodes = [harness.node("chat", "trigger_chat"), harness.node("ask", "human_confirmation", prompt="Sure?")]
    harness.store(users.ben, "asks", nodes, [("chat", "ask")])
    client = api(users.ben)
    first = client.post(CHAT.format("asks"), {"text": "do it"}).json()
    harness.work()
    WorkflowExecution.objects.update(status="running", lease_owner="elsewhere:1:1")
    second = client.post(CHAT.format("asks"), {"text": "yes", "conversation_id": first["conversation_id"]}).json()
    assert (second["execution_id"], PendingTask.objects.get().decision) == (first["execution_id"], "confirmed")


def test_the_same_key_answers_a_question_of_a_chat_once(api: Any, users: Any) -> None:
    nodes = [harness.node("chat", "trigger_chat"), harness.node("ask", "human_confirmation", prompt="Sure?")]
    harness.store(users.ben, "asks", nodes, [("chat", "ask")])
    client = api(users.ben)
    first = client.post(CHAT.format("asks"), {"text": "do it"}).json()
    harness.work()
    body = {"text": "yes", "conversation_id": first["conversation_id"]}
    again = [client.post(CHAT.format("asks"), body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [202, 202]
    assert {answer.json()["execution_id"] for answer in again} == {first["execution_id"]}
    assert WorkflowExecution.objects.count() == 1


def told(answer: Any) -> str:
    """A stream to its end."""

    async def collect() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return asyncio.run(asyncio.wait_for(collect(), 20)).decode()


def test_chat_streams_until_the_end(api: Any, users: Any, echo: Any) -> None:
    worker = threading.Thread(target=_work_once)
    worker.start()
    answer = api(users.ben).post(CHAT.format("echo"), {"text": "hi"}, headers={"Accept": "text/event-stream"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    text = told(answer)
    worker.join(20)
    assert "event: node_status" in text
    assert "event: execution_completed" in text
    refused = api(users.ben).post(CHAT.format("echo"), {"text": ""}, headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/json")


def test_events_stream_from_a_seq(api: Any, users: Any, echo: Any) -> None:
    client = api(users.ben)
    execution = client.post(EXECUTE.format("echo"), {}).json()["execution_id"]
    harness.work()
    url = f"/api/v1/executions/{execution}/events/"
    seq = client.get(url).json()["items"][-2]["seq"]
    answer = client.get(url, headers={"Accept": "text/event-stream", "Last-Event-ID": seq})
    text = told(answer)
    assert text.count("event: ") == 1
    assert "event: execution_completed" in text
    gone = client.get(url, {"since": "1-1"}, headers={"Accept": "text/event-stream"})
    assert "event: resync" in told(gone)


def _drawn(api: Any, users: Any) -> Any:
    """A workflow with a draft: start -> a -> b -> c."""
    client = api(users.ben)
    client.post("/api/v1/workflows/", {"name": "drawn", "slug": "drawn"})
    values = {"a": {"n": "{{ trigger.payload.n }}"}, "b": {"m": "{{ a.output.n * 2 }}"}, "c": {"done": True}}
    operations: list[dict[str, Any]] = [{"op": "create_node", "node_id": "start", "component_type": "trigger_manual"}]
    for name, value in values.items():
        config = {"extra_config": {"values": value}}
        operations.append({"op": "create_node", "node_id": name, "component_type": "set", "config": config})
    for source, target in ("start", "a"), ("a", "b"), ("b", "c"):
        operations.append({"op": "create_edge", "source_node_id": source, "target_node_id": target})
    answer = client.post("/api/v1/workflows/drawn/bulk/", {"operations": operations})
    assert answer.status_code == 200, answer.content
    return client


def test_one_node_alone(api: Any, users: Any) -> None:
    client = _drawn(api, users)
    url = "/api/v1/workflows/drawn/nodes/b/run/"
    assert client.post(url, {}).status_code == 409
    client.post(EXECUTE.format("drawn"), {"payload": {"n": 4}})
    harness.work()
    alone = client.post(url, {}).json()["execution_id"]
    given = client.post(url, {"inputs": {"a": {"output": {"n": 50}}}}).json()["execution_id"]
    harness.work()
    shown = client.get(f"/api/v1/executions/{alone}/").json()
    assert (shown["status"], shown["final_output"]) == ("completed", {"m": 8})
    assert [log["node_id"] for log in shown["logs"] if not log["metadata"].get("taken_over")] == ["b"]
    assert shown["version"] is None  # a part of the graph is no version of it
    assert [version["number"] for version in client.get("/api/v1/workflows/drawn/versions/").json()["items"]] == [1]
    assert client.get(f"/api/v1/executions/{given}/").json()["final_output"] == {"m": 100}
    same = [client.post(url, {}, headers={"Idempotency-Key": "k"}).json()["execution_id"] for _ in range(2)]
    assert same[0] == same[1]
    assert client.post("/api/v1/workflows/drawn/nodes/zzz/run/", {}).status_code == 404
    assert client.post("/api/v1/workflows/drawn/nodes/start/run/", {}).status_code == 422


def test_a_loop_alone_runs_its_body(api: Any, users: Any) -> None:
    drawn = canvas(api(users.ben), "loops")
    drawn.must_node("start", "trigger_manual")
    for name, items in (("outer", "{{ [1, 2] }}"), ("inner", "{{ [loop.item] }}")):
        drawn.must_node(name, "loop", {"extra_config": {"items": items}})
    for name, value in (("say", "{{ loop.item }}"), ("after", "{{ outer.results }}")):
        drawn.must_node(name, "set", {"extra_config": {"values": {"v": value}}})
    for source, target, *label in (
        ("start", "outer"), ("outer", "inner", "loop_body"), ("inner", "say", "loop_body"),
        ("say", "inner", "loop_return"), ("inner", "outer", "loop_return"), ("outer", "after"),
    ):  # fmt: skip
        drawn.must_edge(source, target, *label)
    first = WorkflowExecution.objects.get(pk=drawn.post("execute/", {}).json()["execution_id"])
    harness.work()
    first.refresh_from_db()
    alone = WorkflowExecution.objects.get(pk=drawn.post("nodes/outer/run/", {}).json()["execution_id"])
    harness.work()
    alone.refresh_from_db()
    assert alone.final_output == first.final_output["v"] == [[{"v": 1}], [{"v": 2}]]
    assert not harness.finals(alone)["outer[0]/inner[0]/say"].metadata


def test_a_preview_sees_what_its_node_would_see(api: Any, users: Any) -> None:
    drawn = canvas(api(users.ben), "seen")
    drawn.must_node("start", "trigger_manual")
    drawn.must_node("before", "set", {"extra_config": {"values": {"n": "{{ 7 }}"}}})
    drawn.must_node("each", "loop", {"extra_config": {"items": "{{ [1] }}"}})
    drawn.must_node("inside", "set")
    drawn.must_node("agent", "agent")
    drawn.must_node("tool", "calculator")
    for source, target, *label in (
        ("start", "before"), ("before", "each"), ("each", "inside", "loop_body"), ("inside", "each", "loop_return"),
        ("before", "agent"), ("tool", "agent", "tool"),
    ):  # fmt: skip
        drawn.must_edge(source, target, *label)
    nodes = [harness.node("start", "trigger_manual"), harness.node("before", "set", values={"n": "{{ 7 }}"})]
    version = harness.store(users.ben, "ran", nodes, [("start", "before")])
    harness.run(version)
    WorkflowExecution.objects.update(workflow=Workflow.objects.get(slug="seen"))
    for name in ("inside", "tool"):
        answer = drawn.post(f"nodes/{name}/preview/", {"expression": "{{ before.output.n }}"})
        assert answer.json().get("value") == 7, (name, answer.content)


def test_previews_render_and_run_nothing(api: Any, users: Any) -> None:
    client = _drawn(api, users)
    client.post(EXECUTE.format("drawn"), {"payload": {"n": 4}})
    harness.work()
    url = "/api/v1/workflows/drawn/nodes/c/preview/"
    before = WorkflowExecution.objects.count()
    assert client.post(url, {"expression": "{{ b.output.m + trigger.payload.n }}"}).json()["value"] == 12
    assert client.post(url, {"expression": {"x": ["n is {{ a.output.n }}"]}}).json()["value"] == {"x": ["n is 4"]}
    refused = client.post(url, {"expression": "{{ c.output }}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "expression_error")
    wait = {"node_id": "w", "component_type": "wait", "config": {"callback": True}}
    assert client.post("/api/v1/workflows/drawn/nodes/", wait).status_code == 201
    address = client.post(url, {"expression": "{{ execution.callback_urls.w }}"}).json()["value"]
    assert address.endswith(".callback.****/")
    assert WorkflowExecution.objects.count() == before


def test_stats_by_day(api: Any, users: Any, echo: Any) -> None:
    harness.run(echo)
    harness.start(echo)
    shown = api(users.ben).get("/api/v1/workflows/echo/stats/", {"days": 7}).json()
    (day,) = shown["days"]
    assert (day["runs"], day["completed"], day["failed"]) == (2, 1, 0)
    assert day["average_ms"] > 0
    assert shown["total"]["total_cost_usd"] == "0.000000"
    assert shown["latency_ms"]["p95"] > 0
    assert api(users.ben).get("/api/v1/workflows/echo/stats/", {"days": 0}).status_code == 400


def test_recent_runs_of_many_workflows_at_once(api: Any, users: Any, echo: Any) -> None:
    ran = harness.run(echo)
    WorkflowExecution.objects.filter(pk=harness.run(echo).pk).update(status="failed")
    asked = {"workflow_slugs": "echo,other", "days": 7}
    (shown,) = api(users.ben).get("/api/v1/executions/stats/", asked).json()["items"]
    day = str(ran.created_at.date())
    assert shown == {"workflow_slug": "echo", "days": [{"date": day, "runs": 2, "failed": 1}]}
    assert api(users.eve).get("/api/v1/executions/stats/", asked).json()["items"] == []
