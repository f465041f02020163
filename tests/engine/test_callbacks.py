"""The addresses of waits: known before the wait begins, called before, during and after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from apps.executions import actions, addresses
from apps.executions.models import ExecutionLog, PendingTask, WorkflowExecution
from apps.workflows.models import WorkflowCollaborator
from pipelit import events
from tests.doubles.receiver import Receiver, running
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
TELL = node("tell", "set", values={"url": "{{ execution.callback_urls.w }}"})
WAIT = node("w", "wait", callback=True)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with running() as server:
        yield server


def told(execution: WorkflowExecution, step_key: str = "tell") -> str:
    """The path of the address that a step has been given."""
    url = execution.logs.get(step_key=step_key, final=True, superseded=False).output["output"]["url"]
    assert url.startswith("http://")
    return "/" + url.split("/", 3)[3]


def before_a_wait(users: Any) -> WorkflowExecution:
    """An execution that has told the address, and waits for a person before it waits for the call."""
    nodes = [node("start", "trigger_manual"), TELL, node("ask", "human_confirmation", prompt="Go?"), WAIT]
    edges = [("start", "tell"), ("tell", "ask"), ("ask", "w")]
    return harness.run(harness.store(users.ben, "calls", nodes, edges))


def waiting(users: Any, **more: Any) -> WorkflowExecution:
    nodes = [node("start", "trigger_manual"), TELL, node("w", "wait", callback=True, **more)]
    return harness.run(harness.store(users.ben, "calls", nodes, [("start", "tell"), ("tell", "w")]))


def test_a_call_ends_the_wait_once(api: Any, users: Any) -> None:
    execution = waiting(users)
    assert execution.status == "waiting"
    task = execution.pending_tasks.get()
    path = told(execution)
    assert api(users.ben).get(f"/api/v1/tasks/{task.pk}/").json()["callback_path"] == path
    assert api(None).post(path, {"n": 1}).status_code == 202
    assert api(None).post(path, {"n": 2}).status_code == 409
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"n": 1}


def test_an_early_call_is_not_lost(api: Any, users: Any) -> None:
    execution = before_a_wait(users)
    path = told(execution)
    assert api(None).post(path, {"n": 1}).status_code == 202
    again = api(None).post(path, {"n": 2})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    harness.work()
    harness.answer(execution)
    assert (execution.status, execution.final_output) == ("completed", {"n": 1})
    assert execution.pending_tasks.filter(kind="callback").count() == 1


def test_a_wait_finds_a_call_of_which_its_worker_has_not_heard(api: Any, users: Any) -> None:
    """A first run reads no pending tasks."""
    nodes = [node("start", "trigger_manual"), TELL, WAIT]
    version = harness.store(users.ben, "calls", nodes, [("start", "tell"), ("tell", "w")])
    execution = harness.start(version)
    assert api(None).post(addresses.path(execution.pk, "w"), {"n": 1}).status_code == 202
    harness.work()
    execution.refresh_from_db()
    assert (execution.status, execution.final_output) == ("completed", {"n": 1})


def test_nobody_makes_an_address_up(api: Any, users: Any) -> None:
    execution = waiting(users)
    path, client = told(execution), api(None)
    other = addresses.path(execution.pk, "tell").rpartition(".")[2]
    forged = (path[:-3] + "xx/", path.rpartition(".")[0] + f".{other}", addresses.path(uuid4(), "w"))
    assert [client.post(address, {}).status_code for address in forged] == [404] * 3
    assert execution.pending_tasks.get().status == "pending"


@pytest.mark.parametrize("how", ["cancelled", "skipped"])
def test_a_call_for_a_wait_that_will_not_begin(api: Any, users: Any, how: str) -> None:
    if how == "cancelled":
        execution = before_a_wait(users)
        actions.cancel(execution, users.ben)
    else:
        rules = [{"id": "no", "field": "trigger.text", "operator": "equals", "value": "no"}]
        nodes = [
            node("start", "trigger_manual"), TELL, node("way", "switch", rules=rules, enable_fallback=True), WAIT,
            node("ask", "human_confirmation", prompt="Go?"),
        ]  # fmt: skip
        edges = [("start", "tell"), ("tell", "way"), ("way", "w", "", "no"), ("way", "ask", "", "__other__")]
        execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
        assert execution.status == "interrupted"
    refused = api(None).post(told(execution), {})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "Nobody waits" in refused.json()["detail"]
    assert not PendingTask.objects.filter(kind="callback").exists()


def test_each_iteration_has_its_own_address(api: Any, users: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("each", "loop", items=["a", "b"], concurrency=2), TELL, WAIT]
    edges = [("start", "each"), ("each", "tell", "loop_body"), ("tell", "w"), ("w", "each", "loop_return")]
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    for index in (1, 0):
        path = told(execution, f"each[{index}]/tell")
        assert api(None).post(path, {"of": index}).status_code == 202
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == [{"of": 0}, {"of": 1}]


def test_an_iteration_sees_the_waits_around_it_and_nobody_those_of_a_loop(users: Any) -> None:
    names = node("names", "set", values={"urls": "{{ execution.callback_urls | list }}"})
    nodes = [
        node("start", "trigger_manual"), node("each", "loop", items=["a"]), {**names, "node_id": "inner"},
        node("w_in", "wait", callback=True, duration=0, on_error="continue"), names,
        node("w_out", "wait", callback=True), node("timer", "wait", duration=0),
    ]  # fmt: skip
    edges = [
        ("start", "names"), ("names", "each"), ("each", "inner", "loop_body"), ("inner", "w_in"),
        ("each", "timer"), ("timer", "w_out"),
    ]  # fmt: skip
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    seen = {row.node_id: row.output for row in ExecutionLog.objects.filter(node_id__in=["names", "inner"])}
    assert seen["names"]["output"]["urls"] == ["w_out"]
    assert seen["inner"]["output"]["urls"] == ["w_in", "w_out"]
    assert execution.status != "failed"


def test_a_retry_waits_at_the_same_address(api: Any, users: Any) -> None:
    execution = waiting(users, duration=1, unit="hours")
    path = told(execution)
    PendingTask.objects.update(until=execution.created_at)
    assert api(None).post(path, {}).status_code == 409  # too late
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "failed"
    assert api(None).post(path, {}).status_code == 409
    actions.retry(execution, users.ben)
    assert api(None).post(path, {"n": 1}).status_code == 202
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"n": 1}


def test_an_address_is_sent_but_not_shown(api: Any, users: Any, receiver: Receiver) -> None:
    """Who may look at the workflow may not end its waits."""
    code = "print(node_outputs['tell'])\nreturn node_outputs['tell']['output']['url']"
    nodes = [
        node("start", "trigger_manual"), TELL,
        node("post", "http_request", url=receiver.url, method="POST", body={"url": "{{ tell.output.url }}"}),
        node("echo", "code", code=code), WAIT,
    ]  # fmt: skip
    edges = [("start", "tell"), ("tell", "post"), ("post", "echo"), ("echo", "w")]
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    path = told(execution)
    assert json.loads(receiver.calls[0][1])["url"].endswith(path)
    WorkflowCollaborator.objects.create(workflow=execution.workflow, user=users.eve, role="viewer")
    client, root = api(users.eve), f"/api/v1/executions/{execution.pk}/"
    shown = [client.get(root + page).content.decode() for page in ("", "logs/", "graph/")]
    shown.append(json.dumps(events.read(f"execution:{execution.pk}", "0-0")))
    for page in shown[1:]:
        assert ".callback.****" in page
    assert path.rpartition(".")[2].strip("/") not in "".join(shown)


def test_a_reply_tells_the_address(users: Any) -> None:
    """Its author wants whoever asked to have it."""
    nodes = [node("start", "trigger_manual"), TELL, node("say", "reply", text="{{ tell.output.url }}"), WAIT]
    edges = [("start", "tell"), ("tell", "say"), ("say", "w")]
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    (reply,) = (e["data"] for e in events.read(f"execution:{execution.pk}", "0-0") if e["type"] == "reply")
    assert reply["text"].endswith(told(execution))


def test_all_of_the_execution_is_a_value(users: Any) -> None:
    told = {
        "whole": "{{ execution }}",
        "urls": "{{ execution.callback_urls }}",
        "in_a_list": "{{ [execution] }}",
        "as_json": "{{ execution | tojson }}",
        "as_text": "It is {{ execution }}",
        "outputs": "{{ node_outputs | tojson }}",
    }
    child = [node("begin", "trigger_workflow"), node("said", "set", values={"got": "{{ trigger.payload }}"})]
    harness.store(users.ben, "child", child, [("begin", "said")])
    nodes = [
        node("start", "trigger_manual"), node("tell", "set", values=told), WAIT,
        node("text", "transform", template="{{ execution }}"),
        node("sub", "workflow", target_workflow="child", input_mapping={"path": "execution"}, wait=False),
    ]  # fmt: skip
    edges = [("start", "tell"), ("tell", "text"), ("text", "sub"), ("sub", "w")]
    execution = harness.run(harness.store(users.ben, "calls", nodes, edges))
    rows = {row.node_id: row.output for row in execution.logs.filter(final=True)}
    values = rows["tell"]["output"]
    whole = values["whole"]
    assert whole["id"] == str(execution.pk)
    assert list(whole["callback_urls"]) == ["w"]
    assert whole["callback_urls"] == values["urls"]
    assert values["in_a_list"] == [whole]
    assert json.loads(values["as_json"]) == whole
    assert values["as_text"] == f"It is {whole}"
    assert list(json.loads(values["outputs"])) == ["start"]
    assert rows["text"]["output"]["callback_urls"] == values["urls"]
    assert WorkflowExecution.objects.get(parent=execution).trigger_payload["payload"]["path"]["id"] == whole["id"]
