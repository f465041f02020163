"""/webhooks/: what is refused, how it is said, what is written down; pages of other origins; test mode."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import AuditEntry
from apps.executions.inbound.signatures import Refused, authenticate
from apps.executions.models import TriggerEvent, WorkflowExecution
from pipelit import redis
from tests.api.test_forms import GOOD, SCHEMA
from tests.api.test_webhooks import BODY, SECRET, call, hook, signed
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "https://shop.example"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def preflight(origin: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return Client().options("/webhooks/hooked/orders", headers=headers)


def test_no_page_may_call_unless_it_is_said(users: Any) -> None:
    hook(users.ben)
    answer = preflight(PAGE)
    assert (answer.status_code, answer.headers["Allow"]) == (204, "POST, OPTIONS")
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    answer = call(X_Webhook_Secret=SECRET, Origin=PAGE)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_listed_origins_may_call(users: Any) -> None:
    hook(users.ben, allowed_origins=[PAGE], header_name="X-Shop-Key")
    answer = preflight(PAGE)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert "X-Shop-Key" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example").headers
    for status, secret in (202, SECRET), (401, "wrong"):
        answer = call(X_Shop_Key=secret, Origin=PAGE)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_every_page_may_call(users: Any) -> None:
    hook(users.ben, allowed_origins=["*"], auth="none")
    assert preflight(PAGE).headers["Access-Control-Allow-Origin"] == "*"
    assert call(Origin=PAGE).headers["Access-Control-Allow-Origin"] == "*"


def test_a_body_above_the_triggers_own_limit(users: Any) -> None:
    hook(users.ben, auth="none", max_body_kb=1)
    assert call(body=json.dumps("x" * 1000)).status_code == 202
    answer = call(body=json.dumps("x" * 1100))
    assert code(answer) == (413, "too_large")
    assert "1 KB" in answer.json()["detail"]
    assert WorkflowExecution.objects.count() == 1


def test_too_many_calls(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    hook(users.ben, rate_limit_per_minute=2)
    for _ in range(5):
        assert call(X_Webhook_Secret="wrong").status_code == 401, "those who prove nothing use nothing up"
    answers = [call(X_Webhook_Secret=SECRET) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert code(answers[-1]) == (429, "throttled")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert WorkflowExecution.objects.count() == TriggerEvent.objects.count() == 2
    hook(users.ben, "other", rate_limit_per_minute=2)
    assert call("other/orders", X_Webhook_Secret=SECRET).status_code == 202
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_070.0)
    assert call(X_Webhook_Secret=SECRET).status_code == 202


def test_a_workflow_limits_all_its_doors_together(users: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    nodes = [
        harness.node("hook", "trigger_webhook", path="orders", secret=SECRET, rate_limit_per_minute=9),
        harness.node("ask", "trigger_form", path="f", access="public", input_schema=SCHEMA),
        harness.node("seen", "set", values={"x": "1"}),
    ]
    harness.store(users.ben, "hooked", nodes, [("hook", "seen"), ("ask", "seen")])
    client = api(users.ben)
    assert client.patch("/api/v1/workflows/hooked/", {"rate_limit_per_minute": 0}).status_code == 400
    assert client.patch("/api/v1/workflows/hooked/", {"rate_limit_per_minute": 3}).json()["rate_limit_per_minute"] == 3
    assert [call(X_Webhook_Secret=SECRET).status_code for _ in range(2)] == [202, 202]
    assert [Client().post("/forms/hooked/f", GOOD).status_code for _ in range(2)] == [200, 429]
    assert call(X_Webhook_Secret=SECRET).status_code == 429


def test_a_limit_lets_all_in_while_redis_is_away(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> None:
        raise redis.DOWN[0]

    monkeypatch.setattr("apps.executions.inbound.limits.tally", away)
    hook(users.ben, rate_limit_per_minute=1)
    assert [call(X_Webhook_Secret=SECRET).status_code for _ in range(3)] == [202] * 3
    assert call().status_code == 401
    assert not AuditEntry.objects.filter(action="webhook.refused").exists()


@pytest.mark.parametrize("query", ["secret=" + SECRET, "anything=" + SECRET, "api_key=guess", "X-Shop-Key=x"])
def test_a_secret_in_the_address(users: Any, query: str) -> None:
    hook(users.ben, header_name="X-Shop-Key")
    answer = call(f"hooked/orders?{query}", X_Shop_Key=SECRET)
    assert code(answer) == (400, "secret_in_query")
    assert "header" in answer.json()["detail"]
    assert not TriggerEvent.objects.exists()
    (entry,) = AuditEntry.objects.filter(action="webhook.refused")
    assert SECRET not in json.dumps(entry.data)


def test_without_authentication_any_parameter_is_taken(users: Any) -> None:
    hook(users.ben, auth="none", secret="")
    assert call("hooked/orders?token=7").status_code == 202


def test_refusals_are_audited_once_a_minute_and_address(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelit.throttling.time.time", lambda: 1_800_000_010.0)
    version = hook(users.ben)
    client = Client()
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        for _ in range(5):
            answer = client.post("/webhooks/hooked/orders", BODY, "application/json", REMOTE_ADDR=address)
            assert answer.status_code == 401
    entries = AuditEntry.objects.filter(action="webhook.refused", object=f"workflow:{version.workflow_id}")
    assert [entry.data["address"] for entry in entries] == ["192.0.2.1", "192.0.2.2", "2001:db8::/64"]
    assert (entries[0].data["trigger"], "missing or wrong" in entries[0].data["reason"]) == ("hook", True)
    for number in range(40):
        client.post("/webhooks/hooked/orders", BODY, "application/json", REMOTE_ADDR=f"198.51.100.{number}")
    assert entries.all().count() == 30, "nor does a flood from everywhere fill the log"


def test_an_old_call_is_refused_and_audited(users: Any) -> None:
    hook(users.ben, auth="generic")
    stamp = str(int(time.time()) - 301)
    answer = call(X_Timestamp=stamp, X_Signature=signed(stamp.encode() + b"." + BODY))
    assert code(answer) == (401, "not_authenticated")
    assert "replay" in AuditEntry.objects.get(action="webhook.refused").data["reason"]


def test_the_same_timed_call_is_one_delivery(users: Any) -> None:
    for kind in ("generic", "slack"):
        hook(users.ben, kind, auth=kind)
        stamp = str(int(time.time()))
        body = b"text=hi"
        if kind == "slack":
            headers = {"X_Slack_Request_Timestamp": stamp}
            headers["X_Slack_Signature"] = "v0=" + signed(b"v0:" + stamp.encode() + b":" + body)
        else:
            headers = {"X_Timestamp": stamp, "X_Signature": signed(stamp.encode() + b"." + body)}
        sent = [call(f"{kind}/orders", body, kind="application/x-www-form-urlencoded", **headers) for _ in range(3)]
        assert len({answer.json()["execution_id"] for answer in sent}) == 1


def test_a_timestamp_moved_into_the_body_is_no_way_around(users: Any) -> None:
    hook(users.ben, auth="generic")
    old = b"1500000000." + BODY
    answer = call(body=old, kind="text/plain", X_Signature=signed(old))
    assert code(answer) == (401, "not_authenticated")


def test_a_timestamp_may_be_demanded() -> None:
    config = {"auth": "generic", "secret": SECRET, "require_timestamp": True}
    with pytest.raises(Refused, match="X-Timestamp"):
        authenticate(config, {"x-signature": signed(BODY)}, BODY, 1_800_000_000.0)
    stamp = "1800000000"
    given = hmac.new(SECRET.encode(), stamp.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    authenticate(config, {"x-signature": given, "x-timestamp": stamp}, BODY, 1_800_000_000.0)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\xff\xfe", "text/plain", 400),
        (b"hi", "text/plain; charset=klingon", 415),
        (b'{"a": "\xff"}', "application/json", 400),
        (b"no boundary", "multipart/form-data", 400),
        (b"a=1", "application/x-www-form-urlencoded; charset=utf-16", 400),
    ],
)
def test_wrong_encodings(users: Any, body: bytes, kind: str, status: int) -> None:
    hook(users.ben, auth="none")
    answer = call(body=body, kind=kind)
    assert answer.status_code == status, answer.content
    assert answer.json()["detail"].endswith((".", ")")), answer.content


def test_a_text_in_its_charset(users: Any) -> None:
    hook(users.ben, auth="none")
    answer = call(body="Größe".encode("latin-1"), kind="text/plain; charset=iso-8859-1")
    assert WorkflowExecution.objects.get(pk=answer.json()["execution_id"]).trigger_payload["text"] == "Größe"


def test_a_compressed_body(users: Any) -> None:
    hook(users.ben, auth="none")
    assert code(call(body=b"\x1f\x8b", Content_Encoding="gzip")) == (415, "unsupported_media_type")


def test_test_mode_holds_deliveries(users: Any, api: Any) -> None:
    hook(users.ben, test_mode=True)
    assert call(X_Webhook_Secret="wrong").status_code == 401
    sent = [call(X_Webhook_Secret=SECRET, X_Delivery_Id="d-1") for _ in range(2)]
    held = TriggerEvent.objects.get()
    assert [(a.status_code, a.json()) for a in sent] == [(202, {"event_id": held.pk, "status": "held"})] * 2
    assert not WorkflowExecution.objects.exists()
    client = api(users.ben)
    (seen,) = client.get("/api/v1/trigger-events/", {"status": "held"}).json()["items"]
    assert (seen["id"], seen["execution_id"], "test mode" in seen["reason"]) == (held.pk, None, True)
    assert client.get(f"/api/v1/trigger-events/{held.pk}/").json()["event"]["payload"] == {"id": 7, "text": "hi"}
    (again,) = client.post("/api/v1/trigger-events/replay/", {"ids": [held.pk]}).json()
    harness.work()
    execution = WorkflowExecution.objects.get(pk=again["execution_id"])
    assert (execution.status, execution.final_output) == ("completed", {"id": 7})
