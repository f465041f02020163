"""/webhooks/: how programs prove themselves, what they start, what they are answered; events in general."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import AuditEntry
from apps.executions.inbound.signatures import Refused, authenticate
from apps.executions.models import TriggerEvent, WorkflowExecution
from apps.executions.triggers.dispatch import dispatch_event, short
from apps.executions.waiting import LONGEST
from apps.workflows.models import Workflow
from pipelit.errors import Conflict
from tests.components.twin import component
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "canary-s3cret"
BODY = b'{"id": 7, "text": "hi"}'


def hook(user: Any, slug: str = "hooked", then: Any = None, **config: Any) -> Any:
    config = {"path": "orders", "secret": SECRET, **config}
    nodes = [harness.node("hook", "trigger_webhook", **config)]
    nodes += then or [harness.node("seen", "set", values={"id": "{{ hook.payload.id | default(0) }}"})]
    return harness.store(user, slug, nodes, [(a["node_id"], b["node_id"]) for a, b in pairwise(nodes)])


def call(
    path: str = "hooked/orders", body: bytes | str = BODY, method: str = "POST", kind: str = "application/json",
    **headers: str,
) -> Any:  # fmt: skip
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(raise_request_exception=False).generic(method, f"/webhooks/{path}", body, kind, headers=given)


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_secret_in_a_header(users: Any) -> None:
    hook(users.ben)
    answer = call(X_Webhook_Secret=SECRET, X_Other="kept", Authorization="Bearer private")
    assert answer.status_code == 202, answer.content
    execution = WorkflowExecution.objects.get(pk=answer.json()["execution_id"])
    assert (execution.trigger_type, execution.user) == ("trigger_webhook", users.ben)
    event = execution.trigger_payload
    assert (event["payload"], event["text"], event["method"]) == ({"id": 7, "text": "hi"}, "hi", "POST")
    assert event["headers"]["x-other"] == "kept"
    assert SECRET not in json.dumps(event)
    assert "private" not in json.dumps(event)
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == {"id": 7}


@pytest.mark.parametrize("header", [{}, {"X_Webhook_Secret": "wrong"}, {"X_Webhook_Secret": ""}, {"X_Other": SECRET}])
def test_a_wrong_secret(users: Any, header: dict[str, str]) -> None:
    hook(users.ben)
    answer = call(**header)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert SECRET not in answer.content.decode()
    assert not WorkflowExecution.objects.exists()


def test_no_secret_lets_nobody_in(users: Any) -> None:
    hook(users.ben, secret="")
    assert call(X_Webhook_Secret="").status_code == 401
    hook(users.ben, "open", secret="", auth="none")
    assert call("open/orders").status_code == 202


def test_presets_over_the_raw_body(users: Any) -> None:
    now = str(int(time.time()))
    stripe = f"t={now},v1=00ff,v1={signed(now.encode() + b'.' + BODY)}"
    slack = "v0=" + signed(b"v0:" + now.encode() + b":" + BODY)
    cases: dict[str, dict[str, str]] = {
        "github": {"X_Hub_Signature_256": "sha256=" + signed(BODY)},
        "stripe": {"Stripe_Signature": stripe},
        "slack": {"X_Slack_Signature": slack, "X_Slack_Request_Timestamp": now},
        "generic": {"X_Signature": signed(now.encode() + b"." + BODY), "X_Timestamp": now},
    }
    for kind, headers in cases.items():
        hook(users.ben, kind, auth=kind)
        assert call(f"{kind}/orders", body=BODY + b" ", **headers).status_code == 401, kind
        answer = call(f"{kind}/orders", **headers)
        assert answer.status_code == 202, (kind, answer.content)
    assert call("generic/orders", X_Signature=signed(BODY)).status_code == 202


@pytest.mark.parametrize("offset", [-301, 301])
def test_old_calls_are_replays(offset: int) -> None:
    now = 1_800_000_000.0
    stamp = str(int(now + offset))
    cases = {
        "stripe": {"stripe-signature": f"t={stamp},v1={signed(stamp.encode() + b'.' + BODY)}"},
        "slack": {
            "x-slack-signature": "v0=" + signed(b"v0:" + stamp.encode() + b":" + BODY),
            "x-slack-request-timestamp": stamp,
        },
        "generic": {"x-signature": signed(stamp.encode() + b"." + BODY), "x-timestamp": stamp},
    }
    for kind, headers in cases.items():
        authenticate({"auth": kind, "secret": SECRET}, headers, BODY, now + offset)
        with pytest.raises(Refused, match="replay"):
            authenticate({"auth": kind, "secret": SECRET}, headers, BODY, now)


def test_a_timestamp_cannot_be_stripped() -> None:
    stamp = "1800000000"
    headers = {"x-signature": signed(stamp.encode() + b"." + BODY)}
    with pytest.raises(Refused):
        authenticate({"auth": "generic", "secret": SECRET}, headers, BODY, 1_800_000_000.0)


def test_slack_says_hello(users: Any) -> None:
    hook(users.ben, auth="slack")
    body = b'{"type": "url_verification", "challenge": "abc"}'
    now = str(int(time.time()))
    signature = "v0=" + signed(b"v0:" + now.encode() + b":" + body)
    answer = call(body=body, X_Slack_Signature=signature, X_Slack_Request_Timestamp=now)
    assert answer.json() == {"challenge": "abc"}
    assert not WorkflowExecution.objects.exists()


def test_the_same_delivery_starts_one(users: Any) -> None:
    hook(users.ben, auth="github")
    headers = {"X_Hub_Signature_256": "sha256=" + signed(BODY), "X_GitHub_Delivery": "d-1"}
    first, again = call(**headers).json(), call(**headers).json()
    other = call(body=BODY + b" ", X_Hub_Signature_256="sha256=" + signed(BODY + b" "), X_GitHub_Delivery="d-2").json()
    assert first["execution_id"] == again["execution_id"] != other["execution_id"]


def test_a_captured_call_is_no_other_delivery(users: Any) -> None:
    """Nobody signs the delivery's id: the same signed content under another one is the same delivery."""
    now = str(int(time.time()))
    stamped = signed(now.encode() + b"." + BODY)
    cases: dict[str, list[dict[str, str]]] = {
        "generic": [
            {"X_Signature": stamped, "X_Timestamp": now, "X_Delivery_Id": "d-1"},
            {"X_Signature": "SHA256=" + stamped.upper(), "X_Timestamp": now, "X_Delivery_Id": "d-2"},
            {"X_Signature": stamped, "X_Timestamp": now},
        ],
        "stripe": [{"Stripe_Signature": f"t={now},{more}v1={stamped}"} for more in ("", "v0=00,")],
    }
    for kind, calls in cases.items():
        hook(users.ben, kind, auth=kind)
        sent = [call(f"{kind}/orders", **headers) for headers in calls]
        assert len({answer.json()["execution_id"] for answer in sent}) == 1, kind


def test_a_sender_that_signs_anew_is_known_by_its_delivery(users: Any) -> None:
    hook(users.ben, auth="generic")
    stamps = [str(int(time.time()) - ago) for ago in (30, 0)]
    sent = [
        call(X_Signature=signed(stamp.encode() + b"." + BODY), X_Timestamp=stamp, X_Delivery_Id="d-1")
        for stamp in stamps
    ]
    assert len({answer.json()["execution_id"] for answer in sent}) == 1


def test_equal_events_of_github_are_told_apart(users: Any) -> None:
    """Its signature has no timestamp: an equal body is no proof of a repetition."""
    hook(users.ben, auth="github")
    for delivery in ("d-1", "d-2", "d-2"):
        call(X_Hub_Signature_256="sha256=" + signed(BODY), X_GitHub_Delivery=delivery)
    assert WorkflowExecution.objects.count() == 2


def test_a_delivery_whose_execution_was_deleted_runs_no_second_time(users: Any, api: Any) -> None:
    hook(users.ben)
    headers = {"X_Webhook_Secret": SECRET, "X_Delivery_Id": "d-1"}
    key = call(**headers).json()["execution_id"]
    harness.work()
    deleted = api(users.ben).post("/api/v1/executions/batch-delete/", {"ids": [key]}, format="json")
    assert deleted.status_code == 200, deleted.content
    again = call(**headers)
    assert (again.status_code, again.json()["code"]) == (409, "received_before")
    assert not WorkflowExecution.objects.exists()


def test_a_deduplication_key_of_ones_own(users: Any) -> None:
    hook(users.ben, auth="none", dedup_key="{{ trigger.body.id }}")
    for body in (BODY, b'{"id": 7}', b'{"id": 8}'):
        assert call(body=body).status_code == 202
    assert WorkflowExecution.objects.count() == 2
    for name in ("d-1", "d-1", "d-2"):  # without an id, the sender's own name for it counts
        assert call(body=b"{}", X_Delivery_Id=name).status_code == 202
    assert WorkflowExecution.objects.count() == 4


def test_an_address_that_cannot_be_worked_out_is_the_authors_business(users: Any) -> None:
    hook(users.ben, auth="none", callback_url="{{ trigger.body.back.to }}")
    answer = call()
    assert (answer.status_code, "trigger.body" in answer.content.decode()) == (409, False)
    kept = TriggerEvent.objects.get()
    assert (kept.status, "trigger.body.back" in kept.reason) == ("failed", True)


def test_what_is_not_there(users: Any) -> None:
    version = hook(users.ben, auth="none", methods=["GET", "PUT"])
    assert call("nowhere/orders").status_code == 404
    assert call("hooked/else", method="GET").status_code == 404
    answer = call(method="DELETE")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")
    assert call("hooked/orders/", method="GET", body="").status_code == 202
    Workflow.objects.filter(pk=version.workflow_id).update(is_active=False)
    answer = call(method="GET")
    assert (answer.status_code, answer.json()["code"]) == (409, "inactive_workflow")


def test_an_inactive_workflow_says_so_only_to_who_may_know(users: Any) -> None:
    version = hook(users.ben)
    Workflow.objects.filter(pk=version.workflow_id).update(is_active=False)
    assert call().status_code == 401
    assert call(X_Webhook_Secret=SECRET).status_code == 409


def test_an_unfinished_workflow_tells_nothing_of_itself(users: Any) -> None:
    hook(users.ben, auth="none", then=[harness.node("internal_name", "workflow")])
    answer = call()
    assert answer.status_code == 409
    assert "internal_name" not in answer.content.decode()


def test_bodies_of_all_kinds(users: Any) -> None:
    hook(users.ben, auth="none", methods=["GET", "POST", "PUT"])

    def event(*args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = call(*args, **kwargs)
        assert answer.status_code == 202, answer.content
        found: dict[str, Any] = WorkflowExecution.objects.get(pk=answer.json()["execution_id"]).trigger_payload
        return found

    assert event(body="a=1&b=2&b=3", kind="application/x-www-form-urlencoded")["payload"] == {"a": "1", "b": ["2", "3"]}
    assert event(body="a=1", kind="application/x-www-form-urlencoded", method="PUT")["payload"] == {"a": "1"}
    assert event(body="plain words", kind="text/plain")["text"] == "plain words"
    assert event(body="[1, 2]")["body"] == [1, 2]
    assert event("hooked/orders?x=1&y=2", body="", method="GET")["query"] == {"x": "1", "y": "2"}
    assert event(body=b"\xff\x00", kind="application/octet-stream")["body"] == "\ufffd\x00"
    for body in ("{oops", '{"x": NaN}', '{"x": 1e400}', "[" * 100_000):
        answer = call(body=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json"), body[:10]


def test_a_body_that_is_too_large(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    hook(users.ben, auth="none")
    for _ in range(2):
        assert call(body=b'"' + b"x" * (10 * 1024 * 1024) + b'"').status_code == 413
    entry = AuditEntry.objects.get(action="webhook.refused")
    assert (entry.object, "too large" in entry.data["reason"]) == ("webhook:hooked", True)


def test_waiting_for_the_result(users: Any) -> None:
    hook(users.ben, auth="none", response_mode="wait")
    answer = harness.beside(call)
    assert (answer.status_code, answer.json()["final_output"]) == (200, {"id": 7})


def test_waiting_for_a_failure_tells_no_reasons(users: Any) -> None:
    then = [harness.node("bad", "set", values={"x": "{{ inner_name.x }}"})]
    hook(users.ben, auth="none", response_mode="wait", then=then)
    answer = harness.beside(call)
    assert (answer.status_code, answer.json()["code"]) == (502, "execution_failed")
    assert "inner_name" not in answer.content.decode()


def test_the_longest_wait_that_may_be_set_is_kept() -> None:
    for kind in ("trigger_webhook", "trigger_form"):
        schema = component(kind).Config.model_json_schema()
        assert schema["properties"]["response_timeout"]["maximum"] == LONGEST


def test_waiting_in_vain(users: Any) -> None:
    hook(users.ben, auth="none", response_mode="wait", response_timeout=1)
    assert call().status_code == 202


def test_a_reply_as_the_response(users: Any) -> None:
    then = [
        harness.node("say", "reply", text="<b>got {{ hook.payload.id }}</b>"),
        harness.node("w", "wait", duration=60),
    ]
    hook(users.ben, auth="none", response_mode="reply", then=then)
    answer = harness.beside(call)
    assert (answer.status_code, answer.content) == (200, b"<b>got 7</b>")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_reply_chooses_status_and_type(users: Any) -> None:
    say = harness.node("say", "reply", text="<script>x</script>", status=404, content_type="text/html")
    hook(users.ben, auth="none", response_mode="reply", then=[say])
    answer = harness.beside(call)
    assert (answer.status_code, answer.content) == (404, b"<script>x</script>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]  # such a page may do nothing in our name
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy


def test_a_reply_whose_event_was_missed(users: Any, redis_client: Any) -> None:
    say = harness.node("say", "reply", text='{"a": 1}', status=201, content_type="application/json")
    hook(users.ben, auth="none", response_mode="reply", response_timeout=5, then=[say])

    def call_and_lose_events() -> Any:
        threading.Thread(target=_until_ended, args=(redis_client,)).start()
        return call()

    answer = harness.beside(call_and_lose_events)
    assert (answer.status_code, answer.json()) == (201, {"a": 1})


def _until_ended(redis_client: Any) -> None:
    """Drop all streams for as long as nothing has ended."""
    try:
        while not WorkflowExecution.objects.filter(status="completed").exists():
            redis_client.flushall()
        redis_client.flushall()
    finally:
        connection.close()


def test_the_highest_priority_takes_an_event(users: Any) -> None:
    nodes = [
        harness.node("low", "trigger_workflow"),
        harness.node("only_crm", "trigger_workflow", source_workflow="crm", priority=9),
        harness.node("off", "trigger_workflow", is_active=False, priority=99),
        harness.node("a", "set", values={"x": 1}),
    ]
    workflow = harness.store(users.ben, "taken", nodes, [("low", "a"), ("only_crm", "a"), ("off", "a")]).workflow

    def taker(source: str) -> str:
        event = {"text": "", "payload": {}, "source_workflow": source}
        execution = dispatch_event("trigger_workflow", event, workflow=workflow)
        assert execution is not None
        return execution.trigger_node_id

    assert [taker("crm"), taker("shop")] == ["only_crm", "low"]
    assert dispatch_event("trigger_chat", {"text": "x"}, workflow=workflow) is None
    workflow.is_active = False
    with pytest.raises(Conflict):
        taker("crm")


def test_an_event_for_nobody_in_particular(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.executions.triggers.dispatch.CHUNK", 1)
    for slug, priority in ("first", 0), ("second", 3):
        nodes = [harness.node("t", "trigger_chat", priority=priority)]
        harness.store(users.ben, slug, nodes, [])
    execution = dispatch_event("trigger_chat", {"text": "x", "payload": {}})
    assert execution is not None
    assert execution.workflow.slug == "second"
    Workflow.objects.update(is_active=False)
    assert dispatch_event("trigger_chat", {"text": "x", "payload": {}}) is None


def _failing(users: Any, slug: str = "fails", **fields: Any) -> Any:
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("bad", "set", values={"x": "{{ nothing.x }}"}),
        harness.node("oops", "trigger_error"),
        harness.node("told", "set", values={"where": "{{ oops.error.source_node_id }}"}),
    ]
    return harness.store(users.ben, slug, nodes, [("start", "bad"), ("oops", "told")], **fields)


def test_a_failure_fires_the_error_trigger_once(users: Any) -> None:
    execution = harness.run(_failing(users))
    assert execution.status == "failed"
    (told,) = WorkflowExecution.objects.exclude(pk=execution.pk)
    assert (told.trigger_type, told.status, told.final_output) == ("trigger_error", "completed", {"where": "bad"})
    error = told.trigger_payload["error"]
    assert (error["error_code"], error["source_node_type"]) == ("expression_error", "set")
    assert error["execution_id"] == str(execution.pk)


def test_a_failing_error_trigger_fires_nothing(users: Any) -> None:
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("bad", "set", values={"x": "{{ nothing.x }}"}),
        harness.node("oops", "trigger_error"),
    ]
    execution = harness.run(harness.store(users.ben, "worse", nodes, [("start", "bad"), ("oops", "bad")]))
    (told,) = WorkflowExecution.objects.exclude(pk=execution.pk)
    assert told.status == "failed"


def test_an_error_trigger_that_cannot_run_hides_no_error_handler(users: Any) -> None:
    nodes = [harness.node("oops", "trigger_error"), harness.node("told", "set", values={"x": "1"})]
    handler = harness.store(users.ada, "handler", nodes, [("oops", "told")]).workflow
    nodes = [
        harness.node("start", "trigger_manual"),
        harness.node("bad", "set", values={"x": "{{ nothing.x }}"}),
        harness.node("oops", "trigger_error"),
        harness.node("unfinished", "workflow"),
    ]
    edges = [("start", "bad"), ("oops", "unfinished")]
    harness.run(harness.store(users.ben, "plain", nodes, edges, error_handler_workflow=handler))
    assert WorkflowExecution.objects.get(workflow=handler).status == "completed"


def test_the_error_handler_of_another_workflow(users: Any) -> None:
    nodes = [harness.node("oops", "trigger_error"), harness.node("told", "set", values={"x": "{{ trigger.text }}"})]
    handler = harness.store(users.ada, "handler", nodes, [("oops", "told")]).workflow
    nodes = [harness.node("start", "trigger_manual"), harness.node("bad", "set", values={"x": "{{ nothing.x }}"})]
    version = harness.store(users.ben, "plain", nodes, [("start", "bad")], error_handler_workflow=handler)
    execution = harness.run(version)
    told = WorkflowExecution.objects.get(workflow=handler)
    assert (told.user, told.status) == (users.ada, "completed")
    assert "nothing" in told.final_output["x"]
    harness.run(version)
    assert WorkflowExecution.objects.filter(workflow=handler).count() == 2
    assert execution.status == "failed"


def test_long_keys_stay_apart() -> None:
    long = "child:" + "x" * 400
    assert short("child:1") == "child:1"
    assert len(short(long) or "") <= 300
    assert short(long) != short(long + "y")
    assert (short(long) or "").startswith("child:")
