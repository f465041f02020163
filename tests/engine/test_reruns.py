"""What a rerun takes over from the execution that it repeats, and what a retry keeps."""

from __future__ import annotations

from typing import Any

import pytest

from apps.executions import actions
from apps.executions.models import WorkflowExecution
from pipelit.errors import UserError
from tests.engine import harness
from tests.engine.harness import node
from tests.engine.probe import Probe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("probe")]
LOOP = [("start", "gen"), ("gen", "lp"), ("lp", "b", "loop_body"), ("b", "lp", "loop_return"), ("lp", "z")]


@pytest.fixture
def looped(users: Any) -> WorkflowExecution:
    """A list, a loop over it that multiplies each item by ten, and a step behind it."""
    nodes = [
        node("start", "trigger_manual"),
        node("gen", "probe", value=[1, 2]),
        node("lp", "loop"),
        node("b", "probe", value="{{ loop.item * 10 }}"),
        node("z", "probe", value="{{ lp.results }}"),
    ]
    return harness.run(harness.store(users.ada, "looped", nodes, LOOP))


def again(execution: WorkflowExecution, **what: Any) -> tuple[Any, list[str]]:
    """The final output of a rerun, and the nodes that ran in it."""
    Probe.calls.clear()
    started = actions.rerun(execution, **what)
    harness.work()
    started.refresh_from_db()
    assert started.status == "completed", started.error_message
    return started.final_output, [key.split(":")[1] for key in Probe.calls]


def test_a_loop_whose_items_change_runs_its_body_again(looped: WorkflowExecution) -> None:
    output, ran = again(looped, edits={"gen": {"output": [3, 4, 5]}})
    assert (output, ran) == ([30, 40, 50], ["lp[0]/b", "lp[1]/b", "lp[2]/b", "z"])


def test_from_a_loop_or_what_is_before_it_the_body_runs_again(looped: WorkflowExecution) -> None:
    assert again(looped, from_step="lp") == ([10, 20], ["lp[0]/b", "lp[1]/b", "z"])
    assert again(looped, from_step="gen") == ([10, 20], ["gen", "lp[0]/b", "lp[1]/b", "z"])
    assert again(looped, from_step="z") == ([10, 20], ["z"])
    assert again(looped, edits={"lp": {"results": [7]}}) == ([7], ["z"])


def test_what_runs_for_each_item_is_not_edited(looped: WorkflowExecution) -> None:
    with pytest.raises(UserError, match="edit the `results` of the loop"):
        actions.rerun(looped, edits={"b": {"output": 1}})
    for step in ("lp[0]/z", "lp[x]/b", "lp/b", "b[0]", "lp[0]", "lp[2]/b", "lp[00]/b"):
        with pytest.raises(UserError, match="There is no step"):
            actions.rerun(looped, from_step=step)
        with pytest.raises(UserError, match="There is no step"):
            actions.rerun(looped, edits={step: {"output": 1}})


def test_from_the_step_of_one_iteration_the_others_are_taken_over(looped: WorkflowExecution) -> None:
    assert again(looped, from_step="b") == ([10, 20], ["lp[0]/b", "lp[1]/b", "z"])
    assert again(looped, from_step="lp[1]/b") == ([10, 20], ["lp[1]/b", "z"])
    assert again(looped, edits={"lp[0]/b": {"output": 7}}) == ([7, 20], ["z"])


def test_in_nested_loops_what_follows_runs_again_and_no_more(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"), node("outer", "loop", items=[1, 2]), node("inner", "loop", items=[5, 6]),
        node("a", "probe", value="{{ loop.item + loop.parent.item }}"), node("b", "probe", value="{{ a.output }}"),
        node("c", "probe", value="{{ inner.results }}"), node("late", "loop", items="{{ outer.results }}"),
        node("d", "probe", value="{{ loop.item | length }}"),
    ]  # fmt: skip
    edges = [
        ("start", "outer"), ("outer", "inner", "loop_body"), ("inner", "a", "loop_body"), ("a", "b"),
        ("b", "inner", "loop_return"), ("inner", "c"), ("c", "outer", "loop_return"), ("outer", "late"),
        ("late", "d", "loop_body"), ("d", "late", "loop_return"),
    ]  # fmt: skip
    execution = harness.run(harness.store(users.ada, "nested", nodes, edges))
    assert execution.final_output == [2, 2]
    behind = ["late[0]/d", "late[1]/d"]
    assert again(execution, from_step="outer[1]/inner[0]/b")[1] == ["outer[1]/inner[0]/b", "outer[1]/c", *behind]
    assert again(execution, from_step="outer[0]/inner")[1] == [
        *("outer[0]/inner[0]/a", "outer[0]/inner[0]/b", "outer[0]/inner[1]/a", "outer[0]/inner[1]/b", "outer[0]/c"),
        *behind,
    ]
    assert again(execution, edits={"outer[0]/c": {"output": [1, 2, 3]}}) == ([3, 2], behind)
    assert len(again(execution, from_step="outer")[1]) == 12


@pytest.mark.parametrize(
    ("kind", "ports", "shown"),
    [
        ("trigger_manual", {"text": "new", "payload": {"x": 2}}, "{{ trigger.text }} {{ trigger.payload.x }}"),
        ("trigger_error", {"error": {"message": "new", "x": 2}}, "{{ trigger.text }} {{ trigger.payload.x }}"),
    ],
)
def test_the_edited_output_of_a_trigger_is_what_trigger_shows(users: Any, kind: str, ports: Any, shown: str) -> None:
    nodes = [node("start", kind), node("say", "set", values={"said": shown})]
    execution = harness.run(harness.store(users.ada, "edited", nodes, [("start", "say")]), {"x": 1}, text="old")
    assert execution.final_output == {"said": "old 1"}
    started = actions.rerun(execution, edits={"start": ports})
    harness.work()
    started.refresh_from_db()
    assert started.final_output == {"said": "new 2"}
    assert execution.trigger_payload["payload"] == {"x": 1}


def test_an_edited_answer_is_what_a_switch_behind_it_sees(users: Any) -> None:
    rules = [{"id": "yes", "field": "_route", "operator": "equals", "value": "confirmed"}]
    nodes = [
        node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="Go?"),
        node("sw", "switch", rules=rules, enable_fallback=True),
        node("a", "probe", value="went"), node("b", "probe", value="stayed"),
    ]  # fmt: skip
    edges = [("start", "ask"), ("ask", "sw"), ("sw", "a", "", "yes"), ("sw", "b", "", "__other__")]
    execution = harness.run(harness.store(users.ada, "asked", nodes, edges))
    harness.answer(execution, "cancelled")
    assert execution.final_output == "stayed"
    assert again(execution, edits={"ask": {"confirmed": True}})[0] == "went"
    assert again(execution, edits={"sw": {"route": "yes"}})[0] == "went"


def test_a_failure_after_which_the_run_went_on_is_taken_over(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"), node("a", "probe", on_error="continue"),
        node("b", "probe", value="{{ a.error.message }}"),
    ]  # fmt: skip
    version = harness.store(users.ada, "handled", nodes, [("start", "a"), ("a", "b")])
    Probe.plan = [UserError("no")]
    assert again(harness.run(version), from_step="b") == ("no", ["b"])


def test_a_retry_keeps_iterations_whose_failures_were_handled(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("lp", "loop", items=[1, 2]),
        node("a", "probe"),
        node("b", "probe", value="{{ loop.item }}", on_error="continue"),
    ]
    edges = [("start", "lp"), ("lp", "a", "loop_body"), ("a", "b"), ("b", "lp", "loop_return")]
    version = harness.store(users.ada, "twice", nodes, edges)
    Probe.plan = [None, UserError("b of the first"), UserError("a of the second")]
    execution = harness.run(version)
    assert (execution.status, execution.failed_node_id) == ("failed", "a")
    Probe.calls.clear()
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert execution.final_output[0]["error"]["message"] == "b of the first"
    assert [key.split(":")[1] for key in Probe.calls] == ["lp[1]/a", "lp[1]/b"]


def test_a_retry_keeps_what_was_done_in_loops_within_an_iteration(users: Any) -> None:
    nodes = [
        node("start", "trigger_manual"),
        node("outer", "loop", items=[1, 2]),
        node("a", "probe"),
        node("inner", "loop", items=[5]),
        node("b", "probe", value="{{ loop.item + loop.parent.item }}"),
    ]
    edges = [
        ("start", "outer"), ("outer", "a", "loop_body"), ("a", "inner"), ("inner", "b", "loop_body"),
        ("b", "inner", "loop_return"), ("inner", "outer", "loop_return"),
    ]  # fmt: skip
    version = harness.store(users.ada, "nested", nodes, edges)
    Probe.plan = [None, None, UserError("a of the second")]
    execution = harness.run(version)
    assert execution.failed_node_id == "a"
    actions.retry(execution)
    harness.work()
    execution.refresh_from_db()
    assert execution.final_output == [[6], [7]]
    assert harness.finals(execution).keys() >= {"outer[0]/inner[0]/b", "outer[1]/inner[0]/b"}
    assert len(Probe.calls) == 5
