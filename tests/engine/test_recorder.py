"""The recorder: what goes wrong with one commit, or while it is told, neither doubles anything nor stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, transaction
from redis.exceptions import TimeoutError

from apps.executions.engine import executor, publisher, queue, recorder, transitions
from apps.executions.engine.recorder import Entry
from apps.executions.models import PendingTask, Status
from pipelit import events, redis
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)
CHAIN = [node("start", "trigger_manual"), node("a", "set", values={"n": "1"}), node("b", "set", values={"n": "2"})]
EDGES = [("start", "a"), ("a", "b")]


def lose_acknowledgement(monkeypatch: Any, wanted: Callable[[Entry], bool]) -> list[Any]:
    """The first group with a wanted entry is committed, but seems not to be."""
    written, lost = recorder._written, []

    def once(group: Any) -> Any:
        result = written(group)
        if not lost and any(wanted(entry) for entry in group):
            lost.append(result)
            raise OperationalError("the connection was lost at the commit")
        return result

    monkeypatch.setattr(recorder, "_written", once)
    return lost


def test_rows_whose_commit_only_seemed_to_fail_are_not_written_again(users: Any, monkeypatch: Any) -> None:
    lost = lose_acknowledgement(monkeypatch, lambda entry: entry.row is not None)
    execution = harness.run(harness.store(users.ben, "chain", CHAIN, EDGES))
    assert lost
    assert (execution.status, execution.error_message) == (Status.COMPLETED, "")
    assert [row.step_key for row in execution.logs.all()] == ["start", "a", "b"]


def test_an_attempt_whose_commit_only_seemed_to_fail(users: Any, monkeypatch: Any) -> None:
    """It is written before the step runs, and once more when it has."""
    lost = lose_acknowledgement(monkeypatch, lambda entry: entry.row is not None and entry.row.status == "running")
    nodes = [CHAIN[0], node("say", "reply", text="hello")]
    execution = harness.run(harness.store(users.ben, "says", nodes, [("start", "say")]))
    assert lost
    assert (execution.status, execution.final_output) == (Status.COMPLETED, "hello")
    assert [(row.step_key, row.status) for row in execution.logs.all()] == [("start", "success"), ("say", "success")]


def test_a_question_whose_commit_only_seemed_to_fail_is_asked_once(users: Any, monkeypatch: Any) -> None:
    lost = lose_acknowledgement(monkeypatch, lambda entry: entry.call is not None)
    nodes = [CHAIN[0], node("ask", "human_confirmation", prompt="Go?")]
    execution = harness.run(harness.store(users.ben, "asks", nodes, [("start", "ask")]))
    assert lost
    assert (execution.status, execution.error_message) == (Status.INTERRUPTED, "")
    harness.answer(execution)
    assert execution.status == Status.COMPLETED
    assert PendingTask.objects.count() == 1


@pytest.mark.parametrize("broken", [False, True])
def test_an_end_whose_commit_only_seemed_to_fail_stays(users: Any, monkeypatch: Any, broken: bool) -> None:
    lost = lose_acknowledgement(monkeypatch, lambda entry: entry.call is not None)
    nodes = [*CHAIN[:2], node("b", "set", values={"n": "{{ nowhere }}" if broken else 2})]
    execution = harness.run(harness.store(users.ben, "ends", nodes, EDGES))
    assert lost
    assert execution.status == (Status.FAILED if broken else Status.COMPLETED)
    told = [event["type"] for event in events.read(f"execution:{execution.pk}", None)]
    assert told.count(f"execution_{execution.status}") == 1


def test_what_has_ended_does_not_end_otherwise(users: Any) -> None:
    execution = harness.run(harness.store(users.ben, "chain", CHAIN, EDGES))
    executor._broken_off(execution, ValueError("afterwards"))
    execution.refresh_from_db()
    assert (execution.status, execution.error_message) == (Status.COMPLETED, "")


def test_an_error_nobody_thought_of_fails_its_execution_only(users: Any, monkeypatch: Any) -> None:
    version = harness.store(users.ben, "chain", CHAIN, EDGES)
    written = recorder._written

    def break_off(group: Any) -> Any:
        monkeypatch.setattr(recorder, "_written", written)
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(recorder, "_written", break_off)
    assert harness.run(version).status == Status.FAILED
    assert harness.run(version).status == Status.COMPLETED


def test_nothing_is_written_after_a_row_that_was_refused(users: Any, monkeypatch: Any) -> None:
    """The end was on its way when it happened."""
    ending, written, submit = threading.Event(), recorder._written, recorder.Recorder.submit

    def note_end(self: Any, entry: Entry) -> None:
        submit(self, entry)
        if entry.call is not None:
            ending.set()

    def refuse(group: Any) -> Any:
        if any(entry.row is not None for entry in group):
            ending.wait(60)
            raise ValueError("no text")
        return written(group)

    monkeypatch.setattr(recorder.Recorder, "submit", note_end)
    monkeypatch.setattr(recorder, "_written", refuse)
    execution = harness.run(harness.store(users.ben, "chain", CHAIN, EDGES))
    assert (execution.status, execution.logs.count()) == (Status.FAILED, 0)


def test_what_cannot_be_told_stops_nobody(users: Any, monkeypatch: Any) -> None:
    version = harness.store(users.ben, "chain", CHAIN, EDGES)

    def break_off(*args: Any) -> None:
        raise RuntimeError("nobody thought of this")

    with monkeypatch.context() as patched:
        patched.setattr(events, "append", break_off)
        assert harness.run(version).status == Status.COMPLETED
    execution = harness.run(version)
    assert "execution_completed" in [event["type"] for event in events.read(f"execution:{execution.pk}", None)]


class Silent:
    """Stands for `pipelit.redis` where Redis does not answer."""

    DOWN = redis.DOWN

    def __init__(self) -> None:
        self.asked = 0

    def client(self) -> Silent:
        return self

    def pipeline(self, **options: Any) -> Any:
        self.asked += 1
        raise TimeoutError("no answer")

    def ping(self) -> None:
        raise TimeoutError("no answer")


def test_a_redis_that_does_not_answer_is_waited_for_once(users: Any, monkeypatch: Any) -> None:
    nodes = [CHAIN[0], *(node(name, "reply", text="hello") for name in ("a", "b"))]  # each waits for its commits
    version = harness.store(users.ben, "replies", nodes, EDGES)
    silent, teller = Silent(), recorder.recorder._publisher
    monkeypatch.setattr(publisher, "ASK_SECONDS", 0.01)
    with monkeypatch.context() as patched:
        patched.setattr(publisher, "redis", silent)
        assert harness.run(version).status == Status.COMPLETED
        assert (silent.asked, teller.is_away) == (1, True)
    while teller.is_away:
        threading.Event().wait(0.01)
    execution = harness.run(version)
    assert "execution_completed" in [event["type"] for event in events.read(f"execution:{execution.pk}", None)]


def test_what_follows_a_commit_does_not_depend_on_each_other(monkeypatch: Any) -> None:
    """A database that goes away just then must not look as if it had not committed."""

    def away(*args: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(queue, "wake", away)
    with transaction.atomic():
        transitions.wake("nobody")
        events.on_commit(events.Event("task_updated", ("workflow:x",), {}))
    assert [event["type"] for event in events.read("workflow:x", None)] == ["task_updated"]
