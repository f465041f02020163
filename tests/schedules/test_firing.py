"""Firing with an injected clock: each time once, catch-up, overlap, retries, time-outs, ends."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from apps.executions import actions as executions
from apps.executions.models import WorkflowExecution
from apps.schedules import actions, firing
from apps.schedules.models import ScheduledJob, ScheduledRun
from apps.workflows.models import Workflow
from pipelit import events
from tests.drawing import Canvas
from tests.engine import harness
from tests.schedules.ticking import Clock, fresh, job, runs

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_number_of_repeats(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=3, trigger_payload={"x": 1})
    clock.tick(5)
    assert runs(made) == []
    for _ in range(5):
        clock.tick(10)
    assert runs(made) == [(1, 0, "succeeded"), (2, 0, "succeeded"), (3, 0, "succeeded")]
    fresh(made)
    assert (made.status, made.next_run_at, made.run_count, made.error_count) == ("done", None, 3, 0)
    found = WorkflowExecution.objects.order_by("created_at")
    assert [run.final_output["n"] for run in found] == [1, 2, 3]
    assert found[0].trigger_payload["payload"] == {"x": 1}
    assert (found[0].trigger_type, found[0].user) == ("trigger_schedule", users.ben)
    times = [dt.datetime.fromisoformat(run.final_output["at"]) for run in found]
    assert [(b - a).total_seconds() for a, b in pairwise(times)] == [10, 10]
    told = [event["data"]["status"] for event in events.read("workflow:ticking", None)
            if event["type"] == "schedule_updated"]  # fmt: skip
    assert (told[0], told[-1]) == ("active", "done")


@pytest.mark.parametrize(("policy", "numbers"), [("skip", []), ("once", [1]), ("all", [1, 2, 3, 4, 5, 6])])
def test_what_was_missed(users: Any, drawn: Canvas, clock: Clock, policy: str, numbers: list[int]) -> None:
    made = job(users, interval_seconds=600, catch_up=policy, overlap="allow")
    due = made.next_run_at
    assert due is not None
    clock.now = due + dt.timedelta(seconds=3100)
    for _ in range(8):
        clock.tick(0)
    assert [number for number, _, _ in runs(made)] == numbers
    fresh(made)
    assert made.next_run_at == due + dt.timedelta(seconds=3600)
    if policy == "once":
        assert made.runs.get().due_at == due + dt.timedelta(seconds=3000)
    if policy == "skip":
        assert "6 runs" in made.last_error
    clock.tick(500)
    assert made.runs.count() == len(numbers) + 1


def test_a_little_late_is_not_missed(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, cron="0 0 1 1 *", catch_up="skip")
    assert made.next_run_at is not None
    clock.now = made.next_run_at + dt.timedelta(seconds=59)
    clock.tick(0)
    assert runs(made) == [(1, 0, "succeeded")]


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        ("allow", ["started", "started", "started"]),
        ("skip", ["started", "skipped", "skipped"]),
        ("queue", ["started", "waiting", "waiting"]),
    ],
)
def test_overlap(users: Any, drawn: Canvas, clock: Clock, policy: str, states: list[str]) -> None:
    made = job(users, overlap=policy)
    for _ in range(3):
        clock.tick(10, work=False)
    assert [state for _, _, state in runs(made)] == states
    assert WorkflowExecution.objects.count() == states.count("started")
    for _ in range(4):
        harness.work()
        firing.step(clock.now)
    ended = ["skipped" if state == "skipped" else "succeeded" for state in states]
    assert [state for _, _, state in runs(made)] == ended


def test_the_queue_has_an_end(users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "MAX_WAITING", 2)
    made = job(users, overlap="queue")
    for _ in range(5):
        clock.tick(10, work=False)
    assert [state for _, _, state in runs(made)] == ["started", "waiting", "waiting", "skipped", "skipped"]


def test_retries_back_off_and_then_it_is_dead(users: Any, failing: Canvas, clock: Clock) -> None:
    made = job(users, "failing", max_retries=5, interval_seconds=100)
    clock.tick(100)
    assert runs(made) == [(1, 0, "failed"), (1, 1, "waiting")]
    pauses = []
    for retry in range(1, 6):
        waiting = made.runs.get(state="waiting")
        assert waiting.retry == retry
        pauses.append(round((waiting.due_at - clock.now).total_seconds()))
        clock.now = waiting.due_at
        ScheduledJob.objects.filter(pk=made.pk).update(next_run_at=clock.now + dt.timedelta(days=1))
        clock.tick(0)
    assert pauses == [100, 200, 400, 800, 1000]  # doubled, at most ten intervals
    fresh(made)
    assert (made.status, made.next_run_at, made.error_count, made.run_count) == ("dead", None, 6, 1)
    assert "The last of 5 retries failed" in made.last_error
    resumed = actions.resume(users.ben, made)
    assert (resumed.status, resumed.last_error) == ("active", "")
    assert resumed.next_run_at is not None


def test_without_retries_a_failure_is_counted_and_it_goes_on(users: Any, failing: Canvas, clock: Clock) -> None:
    made = job(users, "failing", total_repeats=2)
    for _ in range(3):
        clock.tick(10)
    fresh(made)
    assert (made.status, made.error_count, made.run_count) == ("done", 2, 2)
    assert "bad" in made.last_error or "ssert" in made.last_error


def test_a_success_takes_back_what_the_failure_before_it_said(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, interval_seconds=600)
    clock.tick(600, work=False)
    executions.cancel(WorkflowExecution.objects.get(), by=users.ben)
    clock.tick(0)
    assert "cancelled" in fresh(made).last_error
    clock.tick(600)
    assert (fresh(made).last_error, made.error_count) == ("", 1)
    clock.tick(6_000)
    clock.tick(600)
    assert runs(made) == [(1, 0, "failed"), (2, 0, "succeeded"), (3, 0, "succeeded")]
    assert "were missed" in fresh(made).last_error  # no run says it


def test_a_retry_that_succeeds(users: Any, failing: Canvas, clock: Clock) -> None:
    made = job(users, "failing", max_retries=2, total_repeats=1)
    clock.tick(10)
    rules = [{"field": "tick.timestamp", "operator": "exists"}]
    failing.patch("nodes/bad/", {"config": {"extra_config": {"rules": rules}}})
    clock.tick(10)
    assert runs(made) == [(1, 0, "failed"), (1, 1, "succeeded")]
    assert (fresh(made).status, made.last_error) == ("done", "")


def test_many_retries_keep_to_the_longest_pause(users: Any, failing: Canvas, clock: Clock) -> None:
    made = job(users, "failing", max_retries=100, interval_seconds=86_400, total_repeats=1)
    clock.tick(86_400, work=False)
    ScheduledRun.objects.update(retry=60)
    clock.tick(0)
    waiting = made.runs.get(state="waiting")
    assert (waiting.retry, waiting.due_at) == (61, clock.now + dt.timedelta(days=10))


def test_a_schedule_that_breaks_harms_no_other(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = job(users), job(users)
    fire = firing.fire

    def fired(one: ScheduledJob, *args: Any) -> None:
        if one.pk == broken.pk:
            raise OverflowError("broken")
        fire(one, *args)

    monkeypatch.setattr(firing, "fire", fired)
    clock.tick(10)
    assert runs(sound) == [(1, 0, "succeeded")]
    assert (fresh(broken).status, broken.last_error) == ("dead", "OverflowError: broken")


def test_runs_that_queue_up_hold_up_no_other_schedule(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firing, "BATCH", 2)
    held = job(users, overlap="queue")
    clock.tick(10, work=False)
    for _ in range(3):
        clock.tick(10, work=False)
    assert [state for _, _, state in runs(held)] == ["started", "waiting", "waiting", "waiting"]
    other = job(users, interval_seconds=45, catch_up="all")  # due after the three that wait
    clock.tick(10, work=False)
    assert runs(other)[0] == (1, 0, "started")


def test_what_takes_too_long_is_cancelled(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, timeout_seconds=30, max_retries=1, interval_seconds=60)
    clock.tick(60, work=False)
    clock.tick(31, work=False)
    execution = WorkflowExecution.objects.get()
    assert execution.status == "cancelled"
    assert runs(made) == [(1, 0, "failed"), (1, 1, "waiting")]
    assert "longer than 30 s" in made.runs.get(retry=0).reason


def test_a_person_may_cancel_a_run(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, max_retries=3)
    clock.tick(10, work=False)
    executions.cancel(WorkflowExecution.objects.get(), by=users.ben)
    clock.tick(0)
    assert runs(made) == [(1, 0, "failed")]  # it was meant: no retry


def test_pause_and_resume(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, catch_up="all")
    actions.pause(users.ben, made)
    clock.tick(100)
    assert runs(made) == []
    resumed = actions.resume(users.ben, made)
    assert resumed.next_run_at is not None
    assert resumed.next_run_at > timezone.now()  # what the pause left out is not caught up with
    clock.now = resumed.next_run_at
    clock.tick(0)
    assert runs(made) == [(1, 0, "succeeded")]


def test_an_inactive_workflow_is_left_out_and_a_deleted_one_kills(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users)
    Workflow.objects.update(is_active=False)
    clock.tick(10)
    assert runs(made) == [(1, 0, "skipped")]
    assert "not active" in made.runs.get().reason
    Workflow.objects.update(is_active=True, deleted_at=timezone.now())
    clock.tick(10)
    fresh(made)
    assert (made.status, runs(made)[-1]) == ("dead", (2, 0, "failed"))
    assert "has no trigger" in made.last_error


def test_a_removed_trigger_kills_and_a_renamed_one_does_not(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users)
    drawn.patch("nodes/tick/", {"node_id": "clock"})
    clock.tick(10)
    assert runs(made) == [(1, 0, "succeeded")]
    drawn.client.delete("/api/v1/workflows/ticking/nodes/clock/")
    clock.tick(10)
    assert fresh(made).status == "dead"


def test_an_unfinished_workflow_is_a_failure(users: Any, drawn: Canvas, clock: Clock) -> None:
    drawn.must_node("more", "llm")
    drawn.must_edge("out", "more")
    made = job(users, max_retries=1)
    clock.tick(10)
    assert runs(made) == [(1, 0, "failed"), (1, 1, "waiting")]
    assert "cannot run yet" in fresh(made).last_error


def test_a_deleted_execution_settles_its_run(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users)
    clock.tick(10, work=False)
    WorkflowExecution.objects.all().delete()
    clock.tick(0)
    assert runs(made) == [(1, 0, "failed")]


def test_a_crash_between_any_two_bits_fires_each_once(users: Any, drawn: Canvas, clock: Clock) -> None:
    """The bits in any order, each as often as chance will have it, by any number of processes."""
    made = job(users, total_repeats=5, catch_up="all", overlap="allow")
    chance = random.Random(5)
    for _ in range(60):
        clock.now += dt.timedelta(seconds=chance.choice([0, 1, 7, 15]))
        chance.choice([firing.plan, firing.start, firing.settle])(clock.now)
        if chance.random() < 0.3:
            harness.work()
    for _ in range(5):
        clock.tick(10)
    assert runs(made) == [(number, 0, "succeeded") for number in range(1, 6)]
    assert WorkflowExecution.objects.count() == 5
    assert fresh(made).status == "done"


def test_a_clock_that_jumps_back_fires_nothing_twice(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users)
    clock.tick(10)
    clock.tick(-7200)
    clock.tick(7200)
    assert runs(made) == [(1, 0, "succeeded")]
    clock.tick(10)
    assert runs(made) == [(1, 0, "succeeded"), (2, 0, "succeeded")]


def test_old_runs_go(users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "KEPT_RUNS", 10)
    made = job(users)
    ScheduledRun.objects.bulk_create(
        ScheduledRun(job=made, number=n, due_at=clock.now, state="succeeded") for n in range(1, 100)
    )
    ScheduledJob.objects.update(current_repeat=99)
    clock.tick(10)
    assert [number for number, _, _ in runs(made)] == list(range(90, 101))
