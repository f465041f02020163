"""Model nodes in whole executions: real clients on the wire, token events, costs, fallbacks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import langchain_openai  # noqa: F401  # loaded before a step's time runs
import pytest

from apps.accounts.audit import broken_at
from apps.accounts.models import AuditEntry
from apps.credentials import actions as credentials
from apps.credentials import usage
from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow
from pipelit import events
from tests.doubles.openai_server import CUT_OFF, HANG, SILENT_END, Fault, OpenAIServer, Raw, Say, tool
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def spare() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def credential(user: Any, server: OpenAIServer) -> int:
    detail = {"provider_type": "openai_compatible", "base_url": server.url, "api_key": "sk-canary-0123456789"}
    return credentials.create(user, "models", "llm", detail).pk


def model(credential_id: int, **config: Any) -> dict[str, Any]:
    return node("m", "ai_model", llm_credential_id=credential_id, model_name="first", max_retries=0, **config)


def told(execution: WorkflowExecution, kind: str) -> list[dict[str, Any]]:
    found = events.read(f"execution:{execution.pk}", None)
    return [event["data"] for event in found if event["type"] == kind]


def test_an_agent_a_switch_and_two_branches(users: Any, server: OpenAIServer) -> None:
    """The README's workflow on a server of the real wire format."""
    rule = {"id": "sum", "field": "agent.output", "operator": "contains", "value": "42"}
    nodes = [
        node("chat", "trigger_chat"),
        model(credential(users.ada, server), price_input=1.0, price_output=2.0),
        node("calc", "calculator"),
        node("agent", "agent", system_prompt="Be exact."),
        node("kind", "switch", rules=[rule], enable_fallback=True),
        node("sum", "set", values={"t": "SUM: {{ agent.output }}"}),
        node("talk", "set", values={"t": "TALK"}),
        node("merge", "merge", mode="first"),
        node("say", "reply", text="{{ merge.merged.t }}"),
    ]
    edges = [
        ("chat", "agent"), ("m", "agent", "llm"), ("calc", "agent", "tool"), ("agent", "kind"),
        ("kind", "sum", "", "sum"), ("kind", "talk", "", "__other__"), ("sum", "merge"), ("talk", "merge"),
        ("merge", "say"),
    ]  # fmt: skip
    server.reply(tool("calculator", expression="6*7"), Say("It is 42.", usage=(100, 50)))
    version = harness.store(users.ada, "tour", nodes, edges)
    execution = harness.run(version, text="6*7?", trigger="chat")
    assert (execution.status, execution.final_output) == ("completed", "SUM: It is 42.")
    assert harness.finals(execution)["talk"].status == "skipped"
    assert harness.finals(execution)["agent/tool[0.0]"].input == {
        "name": "calculator", "arguments": {"expression": "6*7"},
    }  # fmt: skip
    assert "".join(event["delta"] for event in told(execution, "token")) == "It is 42."
    assert [call.body["stream"] for call in server.chats] == [True, True]
    assert server.chats[0].headers["authorization"] == "Bearer sk-canary-0123456789"
    assert execution.total_input_tokens == 11 + 100
    assert execution.total_output_tokens == 7 + 50
    assert execution.total_cost_usd == Decimal(11 + 100 + 2 * (7 + 50)) / 1_000_000
    assert execution.cost_known
    assert "sk-canary" not in str(list(execution.logs.values()))


def test_the_use_of_a_credential_is_audited_once_per_execution(users: Any, server: OpenAIServer) -> None:
    used = credential(users.ada, server)
    nodes = [node("start", "trigger_manual"), model(used), node("a", "llm", prompt="x"), node("b", "llm", prompt="y")]
    edges = [("start", "a"), ("a", "b"), ("m", "a", "llm"), ("m", "b", "llm")]
    server.reply(Say("A."), Say("B."))
    execution = harness.run(harness.store(users.ada, "audited", nodes, edges), user=users.ben)
    assert (execution.status, len(server.chats)) == ("completed", 2)
    entry = AuditEntry.objects.get(action="credential.used")
    assert (entry.actor, entry.object) == ("ben", f"credential:{used}")
    assert entry.data == {"execution": str(execution.pk), "workflow": "audited"}
    assert broken_at() is None


@pytest.mark.parametrize("fault", [Fault(503), Fault(429), Fault(401), Fault(400)])
def test_the_next_model_answers(users: Any, server: OpenAIServer, spare: OpenAIServer, fault: Fault) -> None:
    other = credential(users.ada, spare)
    fallbacks = [{"model_name": "second"}, {"model_name": "third", "llm_credential_id": other}]
    nodes = [
        node("start", "trigger_manual"),
        model(credential(users.ada, server), fallbacks=fallbacks, temperature=0.5),
        node("calc", "calculator"),
        node("agent", "agent"),
    ]
    edges = [("start", "agent"), ("m", "agent", "llm"), ("calc", "agent", "tool")]
    version = harness.store(users.ada, "fallback", nodes, edges)
    server.reply(fault, fault)
    spare.reply(Say("From the spare.", usage=(5, 3)))
    execution = harness.run(version, text="hello")
    assert (execution.status, execution.final_output) == ("completed", "From the spare.")
    assert [call.body["model"] for call in (*server.chats, *spare.chats)] == ["first", "second", "third"]
    last = spare.chats[0].body
    assert (last["temperature"], last["tools"][0]["function"]["name"]) == (0.5, "calculator")
    assert (execution.total_input_tokens, execution.llm_calls) == (5, 1)
    Workflow.objects.update(deleted_at=None)
    assert usage.of(other) == []  # a version alone is no use; the drawing is


def test_all_models_fail(users: Any, server: OpenAIServer) -> None:
    nodes = [
        node("start", "trigger_manual"),
        model(credential(users.ada, server), fallbacks=[{"model_name": "second"}]),
        node("ask", "llm", prompt="x", retries=0),
    ]
    version = harness.store(users.ada, "fail", nodes, [("start", "ask"), ("m", "ask", "llm")])
    server.reply(Fault(503, "first is down"), Fault(500, "second is down"))
    execution = harness.run(version)
    assert (execution.status, execution.error_code, execution.failed_node_id) == ("failed", "model_error", "ask")
    assert "first is down" in execution.error_message


@pytest.mark.parametrize("broken", [CUT_OFF, SILENT_END, Raw(b"data: [DONE]\n\n"), Raw(b"<html>hello</html>")])
def test_a_break_in_the_middle_is_retried_as_a_whole(users: Any, server: OpenAIServer, broken: Raw) -> None:
    nodes = [
        node("start", "trigger_manual"),
        model(credential(users.ada, server)),
        node("ask", "llm", prompt="x", retry_backoff_seconds=0.0),
    ]
    version = harness.store(users.ada, "broken", nodes, [("start", "ask"), ("m", "ask", "llm")])
    server.reply(broken, Say("Whole."))
    execution = harness.run(version)
    assert (execution.status, execution.final_output) == ("completed", "Whole.")
    assert [row.status for row in execution.logs.filter(node_id="ask").order_by("id")] == ["failed", "success"]


def test_a_model_that_hangs_is_given_up_and_no_fallback_is_asked(users: Any, server: OpenAIServer) -> None:
    """The step's own time is over: another model could not be waited for either."""
    nodes = [
        node("start", "trigger_manual"),
        model(credential(users.ada, server), fallbacks=[{"model_name": "second"}]),
        node("ask", "llm", prompt="x", retries=0, timeout_seconds=1),
    ]
    version = harness.store(users.ada, "hang", nodes, [("start", "ask"), ("m", "ask", "llm")])
    server.reply(HANG, Say("Too late."))
    execution = harness.run(version)
    assert (execution.status, execution.error_code) == ("failed", "timeout")
    assert len(server.chats) == 1
