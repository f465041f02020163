"""Cancelling stops what a step waits for outside; handing over does so too, and records nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from apps.credentials import actions as credentials
from apps.executions import actions
from apps.executions.engine import executor, lease, registry
from apps.executions.engine.run import Run
from apps.executions.models import WorkflowExecution
from apps.workflows.models import WorkflowVersion
from tests.doubles.openai_server import HANG, OpenAIServer, Say, tool
from tests.doubles.receiver import Receiver, running
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20
"""Of patience with what should take none; the other side would keep silent for longer."""


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running() as server:
        server.gate.clear()
        yield server


@pytest.fixture
def models() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@contextmanager
def under_way(version: WorkflowVersion, asked: Callable[[], bool]) -> Iterator[tuple[WorkflowExecution, Run]]:
    """An execution in a thread of its own that waits for the other side; in the end it must have stopped."""
    execution = harness.start(version, text="hello")

    def work() -> None:
        executor.WorkflowExecutor(harness.OWNER).run(execution.pk)
        connection.close()

    beside = threading.Thread(target=work, daemon=True)
    beside.start()
    while not asked():
        assert beside.is_alive()
        threading.Event().wait(0.01)
    run = registry.get(execution.pk)
    assert run is not None
    yield execution, run
    beside.join(SECONDS)
    assert not beside.is_alive()


def call(users: Any, receiver: Receiver) -> WorkflowVersion:
    nodes = [
        node("start", "trigger_manual"),
        node("post", "http_request", url=receiver.url, method="POST", body="{}", timeout_seconds=120, timeout=120),
    ]
    return harness.store(users.ada, "call", nodes, [("start", "post")])


def test_a_request_is_broken_off(users: Any, receiver: Receiver) -> None:
    with under_way(call(users, receiver), lambda: bool(receiver.keys)) as (execution, run):
        actions.cancel(execution)
        run.cancel()
    execution.refresh_from_db()
    assert (execution.status, receiver.gate.is_set()) == ("cancelled", False)


def test_a_request_that_is_handed_over_is_not_known_to_have_failed(users: Any, receiver: Receiver) -> None:
    with under_way(call(users, receiver), lambda: bool(receiver.keys)) as (execution, run):
        run.hand_over()
        assert lease.release(execution.pk, run.execution.epoch)
    execution.refresh_from_db()
    assert (execution.status, execution.lease_owner) == ("running", "")
    assert execution.logs.get(step_key="post").status == "running"


@pytest.mark.parametrize("reply", [HANG, Say(delay=60), tool("fetch")])
def test_a_model_and_its_tool_are_broken_off(users: Any, receiver: Receiver, models: OpenAIServer, reply: Any) -> None:
    detail = {"provider_type": "openai_compatible", "base_url": models.url, "api_key": "sk-canary-0123456789"}
    credential = credentials.create(users.ada, "models", "llm", detail).pk
    nodes = [
        node("start", "trigger_manual"),
        node("m", "ai_model", llm_credential_id=credential, model_name="first", max_retries=2),
        node("fetch", "http_request", url=receiver.url, method="POST", timeout=120),
        node("agent", "agent", system_prompt="Be exact."),
    ]
    edges = [("start", "agent"), ("m", "agent", "llm"), ("fetch", "agent", "tool")]
    version = harness.store(users.ada, "agent", nodes, edges)
    in_tool = reply == tool("fetch")
    models.reply(reply)
    asked = (lambda: bool(receiver.keys)) if in_tool else (lambda: bool(models.chats))
    with under_way(version, asked) as (execution, run):
        actions.cancel(execution)
        run.cancel()
    execution.refresh_from_db()
    assert (execution.status, len(models.chats), len(receiver.keys)) == ("cancelled", 1, int(in_tool))
