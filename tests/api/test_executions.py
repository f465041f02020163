"""executions/: reading, and what people do to runs."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.executions.engine import lease
from apps.executions.engine.publisher import live_key
from apps.executions.models import ExecutionLog, WorkflowExecution
from apps.workflows.models import WorkflowCollaborator
from pipelit import redis
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/executions/"


@pytest.fixture
def chain(users: Any) -> Any:
    """start -> a -> b, ben's."""
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("a", "set", values={"n": "{{ trigger.payload.n }}"}),
        harness.node("b", "set", values={"m": "{{ a.output.n + 1 }}"}),
    ]
    return harness.store(users.ben, "chain", nodes, [("start", "a"), ("a", "b")])


@pytest.fixture
def failed(users: Any) -> WorkflowExecution:
    nodes = [harness.node("start", "trigger_manual"), harness.node("bad", "set", values={"n": "{{ nothing.x }}"})]
    return harness.run(harness.store(users.ben, "failing", nodes, [("start", "bad")]))


@pytest.fixture
def asking(users: Any) -> WorkflowExecution:
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("ask", "human_confirmation", prompt="Really?"),
        harness.node("done", "set", values={"v": 1}),
    ]
    return harness.run(harness.store(users.ben, "asking", nodes, [("start", "ask"), ("ask", "done")]))


def test_read_shows_the_whole_shape(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1}, text="hi")
    shown = api(users.ben).get(f"{URL}{execution.pk}/").json()
    assert shown["execution_id"] == str(execution.pk)
    assert (shown["workflow_slug"], shown["version"], shown["status"]) == ("chain", 1, "completed")
    assert shown["trigger_payload"] == {"text": "hi", "payload": {"n": 1}}
    assert shown["final_output"] == {"m": 2}
    assert shown["user"] == "ben"
    assert shown["total_cost_usd"] == "0.000000"
    assert shown["error_code"] is None
    assert shown["waiting_for"] is None
    assert shown["duration_ms"] >= 0
    assert [log["node_id"] for log in shown["logs"]] == ["start", "a", "b"]
    assert shown["logs"][2]["output"] == {"output": {"m": 2}}
    assert shown["logs"][2]["step_key"] == "b"
    assert shown["children"] == []
    assert shown["pending_tasks"] == []


def test_list_is_newest_first_at_a_constant_number_of_queries(api: Any, users: Any, chain: Any) -> None:
    client = api(users.ben)
    client.get(URL)
    first = harness.start(chain, {"n": 0})
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(URL, {"limit": 10})
        counts.append(len(queries))
        last = [harness.start(chain, {"n": i}) for i in range(5)][-1]
    shown = client.get(URL, {"limit": 3, "offset": 0}).json()
    assert counts[0] == counts[1] <= 5
    assert answer.json()["items"][-1]["execution_id"] == str(first.pk)
    assert shown["total"] == 11
    assert [len(shown["items"]), shown["items"][0]["execution_id"]] == [3, str(last.pk)]
    assert shown["items"][0]["waiting_for"]["what"] == "queue"


def test_list_filters(api: Any, users: Any, chain: Any, failed: WorkflowExecution) -> None:
    client = api(users.ben)
    done = harness.run(chain, {"n": 1})

    def found(**query: Any) -> list[str]:
        answer = client.get(URL, query)
        assert answer.status_code == 200, answer.content
        return [item["execution_id"] for item in answer.json()["items"]]

    assert found(workflow_slug="chain") == [str(done.pk)]
    assert found(status="failed") == [str(failed.pk)]
    assert found(trigger="start", status="completed") == [str(done.pk)]
    assert found(trigger="trigger_chat") == []
    WorkflowExecution.objects.filter(pk=done.pk).update(trigger_node_id="trigger_manual_1a2b3c")
    assert found(trigger="trigger_manual_1a2b3c") == [str(done.pk)]
    assert found(**{"from": done.created_at.isoformat()}) == [str(done.pk)]
    assert found(to=done.created_at.isoformat()) == [str(failed.pk)]
    assert found(parent=str(done.pk)) == []
    assert len(found(parent="none")) == 2
    WorkflowExecution.objects.update(user=None)
    WorkflowExecution.objects.filter(pk=done.pk).update(user=users.ben)
    assert found(user=users.ben.username) == [str(done.pk)]
    assert found(user="nobody") == []
    assert client.get(URL, {"status": "odd"}).status_code == 400
    assert client.get(URL, {"from": "yesterday"}).status_code == 400
    assert client.get(URL, {"nonsense": "1"}).status_code == 400


def test_lists_show_the_beginning_of_large_values(api: Any, users: Any, chain: Any) -> None:
    execution = harness.start(chain, {"n": "x" * 50_000})
    (item,) = api(users.ben).get(URL).json()["items"]
    assert item["trigger_payload"]["$truncated"] is True
    assert item["trigger_payload"]["size"] > 50_000
    whole = api(users.ben).get(f"{URL}{execution.pk}/").json()
    assert whole["trigger_payload"]["payload"]["n"] == "x" * 50_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""), ("get", "logs/"), ("get", "graph/"), ("get", "events/"), ("get", "values/abc/"),
        ("post", "cancel/"), ("post", "retry/"), ("post", "rerun/"), ("post", "test-case/"),
    ],
)  # fmt: skip
def test_strangers_find_nothing(api: Any, users: Any, chain: Any, method: str, path: str) -> None:
    execution = harness.run(chain, {"n": 1})
    for key in (execution.pk, uuid.uuid4()):
        answer = getattr(api(users.eve), method)(f"{URL}{key}/{path}")
        assert answer.status_code == 404, answer.content
    assert api(users.eve).get(URL).json()["total"] == 0
    answer = api(users.eve).post(f"{URL}batch-delete/", {"ids": [str(execution.pk)]})
    assert answer.status_code == 404


def test_a_viewer_reads_but_does_not_change(api: Any, users: Any, asking: WorkflowExecution) -> None:
    WorkflowCollaborator.objects.create(workflow=asking.workflow, user=users.eve, role="viewer")
    assert api(users.eve).get(f"{URL}{asking.pk}/").status_code == 200
    assert api(users.eve).post(f"{URL}{asking.pk}/cancel/").status_code == 404
    WorkflowExecution.objects.filter(pk=asking.pk).update(user=users.eve)
    assert api(users.eve).post(f"{URL}{asking.pk}/cancel/").status_code == 200


def test_executions_of_a_deleted_workflow_stay_with_their_owner(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    assert api(users.ben).delete("/api/v1/workflows/chain/").status_code == 204
    assert api(users.ben).get(f"{URL}{execution.pk}/").status_code == 200
    assert api(users.ada).get(URL).json()["total"] == 1


def test_cancel_once(api: Any, users: Any, asking: WorkflowExecution) -> None:
    answer = api(users.ben).post(f"{URL}{asking.pk}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = api(users.ben).post(f"{URL}{asking.pk}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_retry_only_what_failed(api: Any, users: Any, failed: WorkflowExecution, chain: Any) -> None:
    answer = api(users.ben).post(f"{URL}{failed.pk}/retry/")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert api(users.ben).post(f"{URL}{failed.pk}/retry/").status_code == 409
    harness.work()
    shown = api(users.ben).get(f"{URL}{failed.pk}/").json()
    assert (shown["status"], shown["attempt_group"]) == ("failed", 2)
    assert [log["superseded"] for log in shown["logs"] if log["node_id"] == "bad"] == [True, False]


def test_the_same_key_retries_once(api: Any, users: Any, failed: WorkflowExecution) -> None:
    client, url = api(users.ben), f"{URL}{failed.pk}/retry/"
    for _ in range(2):
        answer = client.post(url, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["execution_id"]) == (202, str(failed.pk))
        harness.work()
    failed.refresh_from_db()
    assert (failed.status, failed.attempt_group) == ("failed", 2)
    assert client.post(url, headers={"Idempotency-Key": "other"}).status_code == 202
    failed.refresh_from_db()
    assert failed.attempt_group == 3


def test_rerun_from_a_step_with_edits(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    client = api(users.ben)
    body = {"from_step": "b", "edits": {"a": {"output": {"n": 41}}}}
    answer = client.post(f"{URL}{execution.pk}/rerun/", body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 202, answer.content
    again = client.post(f"{URL}{execution.pk}/rerun/", body, headers={"Idempotency-Key": "k"})
    assert again.json()["execution_id"] == answer.json()["execution_id"]
    harness.work()
    shown = client.get(f"{URL}{answer.json()['execution_id']}/").json()
    assert (shown["status"], shown["final_output"], shown["rerun_of"]) == ("completed", {"m": 42}, str(execution.pk))
    assert client.post(f"{URL}{execution.pk}/rerun/", {"from_step": "zzz"}).status_code == 422
    assert client.post(f"{URL}{execution.pk}/rerun/", {"edits": [1]}).status_code == 400
    assert client.post(f"{URL}{execution.pk}/rerun/", {"version": "99"}).status_code == 404
    assert client.post(f"{URL}{execution.pk}/rerun/", {"version": "last"}).status_code == 400


def test_logs_page_by_page(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    shown = api(users.ben).get(f"{URL}{execution.pk}/logs/", {"limit": 1, "offset": 1}).json()
    assert (shown["total"], [log["node_id"] for log in shown["items"]]) == (3, ["a"])
    shown = api(users.ben).get(f"{URL}{execution.pk}/logs/", {"node_id": "b", "status": "success"}).json()
    assert [log["node_id"] for log in shown["items"]] == ["b"]


def test_logs_with_a_word(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    ExecutionLog.objects.filter(execution=execution, node_id="a").update(output={"text": 'Grüße "an" alle'})
    ExecutionLog.objects.filter(execution=execution, node_id="b").update(error="It broke.")
    for words, found in (('grüße "AN', ["a"]), ("BROKE", ["b"]), ("start", ["start"]), ("nowhere", [])):
        shown = api(users.ben).get(f"{URL}{execution.pk}/logs/", {"q": words}).json()["items"]
        assert [log["node_id"] for log in shown] == found, words


def test_large_values_by_reference(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": "y" * 100_000})
    shown = api(users.ben).get(f"{URL}{execution.pk}/").json()
    log = next(log for log in shown["logs"] if log["node_id"] == "a")
    reference = log["output"]["output"]
    assert reference["size"] > 100_000
    answer = api(users.ben).get(f"{URL}{execution.pk}/values/{reference['$ref']}/")
    assert answer.json() == {"n": "y" * 100_000}
    assert api(users.ben).get(f"{URL}{execution.pk}/values/0000/").status_code == 404


def test_sealed_secrets_are_shown_as_stars(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    row = ExecutionLog.objects.filter(execution=execution, node_id="a").get()
    row.output = {"output": {"n": "Bearer \u27e6sealed:7:0\u27e7!"}}
    row.save()
    shown = api(users.ben).get(f"{URL}{execution.pk}/").json()
    assert shown["logs"][1]["output"] == {"output": {"n": "Bearer ****!"}}


def test_graph_for_replay(api: Any, users: Any) -> None:
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("each", "loop", items="{{ [1, 2, 3] }}"),
        harness.node("body", "set", values={"n": "{{ loop.item }}"}),
        harness.node("never", "set", values={"n": 1}),
    ]
    edges = [("start", "each"), ("each", "body", "loop_body"), ("body", "each", "loop_return")]
    execution = harness.run(harness.store(users.ben, "loops", nodes, edges))
    shown = api(users.ben).get(f"{URL}{execution.pk}/graph/").json()
    runs = {node["node_id"]: node["run"] for node in shown["nodes"]}
    assert runs["body"]["counts"] == {"success": 3}
    assert runs["body"]["last"]["input"] == {"input": 3}
    assert runs["body"]["last"]["output"] == {"output": {"n": 3}}
    assert runs["each"]["status"] == "success"
    assert runs["never"] is None
    assert {"source_node_id": "each", "target_node_id": "body"}.items() <= shown["edges"][1].items()
    config = next(node["config"] for node in shown["nodes"] if node["node_id"] == "body")
    assert config["extra_config"]["values"] == {"n": "{{ loop.item }}"}


def test_graph_hides_webhook_secrets(api: Any, users: Any) -> None:
    nodes = [harness.node("hook", "trigger_webhook", secret="s3cret-canary"), harness.node("a", "set", values={})]
    version = harness.store(users.ben, "hooked", nodes, [("hook", "a")])
    execution = harness.run(version, trigger="hook")
    for answer in (
        api(users.ben).get(f"{URL}{execution.pk}/graph/"),
        api(users.ben).post(f"{URL}{execution.pk}/test-case/"),
    ):
        assert answer.status_code < 300, answer.content
        assert b"s3cret-canary" not in answer.content


def test_what_holds_it(api: Any, users: Any, asking: WorkflowExecution, chain: Any) -> None:
    client = api(users.ben)
    held = client.get(f"{URL}{asking.pk}/").json()["waiting_for"]
    assert held["what"] == "person"
    assert held["since"]
    nodes = [harness.node("start", "trigger_manual"), harness.node("w", "wait", duration=1, unit="hours")]
    execution = harness.run(harness.store(users.ben, "late", nodes, [("start", "w")]))
    held = client.get(f"{URL}{execution.pk}/").json()["waiting_for"]
    assert held["what"] == "timer"
    assert held["next_wake"]
    graph = client.get(f"{URL}{execution.pk}/graph/").json()
    assert next(n["run"]["status"] for n in graph["nodes"] if n["node_id"] == "w") == "waiting"


def test_a_resumed_execution_is_held_since_it_was_resumed(api: Any, users: Any, asking: WorkflowExecution) -> None:
    client = api(users.ben)
    before = dt.datetime.fromisoformat(client.get(f"{URL}{asking.pk}/").json()["waiting_for"]["since"])
    assert lease.acquire(asking.pk, harness.OWNER)
    redis.client().hset(live_key(asking.pk), "done", "done")
    held = client.get(f"{URL}{asking.pk}/").json()["waiting_for"]
    assert held["what"] == "worker"
    assert dt.datetime.fromisoformat(held["since"]) > before
    graph = client.get(f"{URL}{asking.pk}/graph/").json()
    assert next(n["run"]["status"] for n in graph["nodes"] if n["node_id"] == "done") == "running"
    WorkflowExecution.objects.filter(pk=asking.pk).update(status="pending", lease_owner="", retried_at=timezone.now())
    held = client.get(f"{URL}{asking.pk}/").json()["waiting_for"]
    assert held["what"] == "queue"
    assert dt.datetime.fromisoformat(held["since"]) > before


def test_events_as_json(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    client = api(users.ben)
    shown = client.get(f"{URL}{execution.pk}/events/").json()
    types = [event["type"] for event in shown["items"]]
    assert types[-1] == "execution_completed"
    assert "node_status" in types
    rest = client.get(f"{URL}{execution.pk}/events/", {"since": shown["items"][-2]["seq"]}).json()
    assert [event["type"] for event in rest["items"]] == ["execution_completed"]
    assert client.get(f"{URL}{execution.pk}/events/", {"since": "1-1"}).json()["code"] == "resync"
    assert client.get(f"{URL}{execution.pk}/events/", {"since": "1-1"}).status_code == 410
    assert client.get(f"{URL}{execution.pk}/events/", {"since": "now"}).status_code == 400


def test_test_case_runs_again(api: Any, users: Any, asking: WorkflowExecution) -> None:
    client = api(users.ben)
    assert client.post(f"{URL}{asking.pk}/test-case/").status_code == 409
    harness.answer(asking, comment="go")
    answer = client.post(f"{URL}{asking.pk}/test-case/")
    assert answer.status_code == 201
    assert "attachment" in answer.headers["Content-Disposition"]
    case = answer.json()
    assert case["edges"] == [["start", "ask", ""], ["ask", "done", ""]]
    assert case["input"]["trigger_node_id"] == "start"
    assert case["expect"]["status"] == "completed"
    assert case["expect"]["nodes"]["done"] == {"status": "success", "output": {"v": 1}, "count": 1}
    assert case["do"] == [
        {
            "when": "task",
            "kind": "approval",
            "prompt_contains": "Really?",
            "respond": {"decision": "confirmed", "comment": "go"},
        }
    ]
    json.dumps(case)


def test_batch_delete_only_what_has_ended(
    api: Any, users: Any, chain: Any, asking: WorkflowExecution, redis_client: Any
) -> None:
    done = harness.run(chain, {"n": 1})
    client: APIClient = api(users.ben)
    answer = client.post(f"{URL}batch-delete/", {"ids": [str(done.pk), str(asking.pk)]})
    assert (answer.status_code, answer.json()["ids"]) == (409, [str(asking.pk)])
    answer = client.post(f"{URL}batch-delete/", {"ids": [str(done.pk)]})
    assert answer.json() == {"deleted": 1}
    assert client.get(f"{URL}{done.pk}/").status_code == 404
    assert not redis_client.exists(f"pipelit:events:execution:{done.pk}")
    assert client.post(f"{URL}batch-delete/", {"ids": ["x"]}).status_code == 400


def test_a_page_of_many_is_quick(api: Any, users: Any, chain: Any) -> None:
    """The figure itself is the benchmark's; this keeps the plan from falling back to reading everything."""
    rows = [
        WorkflowExecution(workflow=chain.workflow, version=chain, trigger_node_id="start", status="completed",
                          trigger_type="trigger_manual", trigger_payload={"text": "", "payload": {}})
        for _ in range(300)
    ]  # fmt: skip
    WorkflowExecution.objects.bulk_create(rows)
    shown = api(users.ben).get(URL, {"limit": 200, "offset": 100}).json()
    assert (shown["total"], len(shown["items"])) == (300, 200)


def test_workflows_show_their_newest_execution_and_how_many_there_are(api: Any, users: Any, chain: Any) -> None:
    execution = harness.run(chain, {"n": 1})
    shown = api(users.ben).get("/api/v1/workflows/chain/").json()
    assert shown["execution_count"] == 1
    assert shown["last_execution"].items() >= {"execution_id": str(execution.pk), "status": "completed"}.items()
