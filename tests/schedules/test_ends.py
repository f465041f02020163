"""What ends a schedule and what does not: counted runs, times left out, trouble that passes, runs by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from apps.executions.models import WorkflowExecution
from apps.schedules import actions, firing
from apps.schedules.models import ScheduledJob
from apps.workflows.models import Workflow
from pipelit.errors import NotFound, PermanentError, TransientError
from tests.drawing import Canvas
from tests.engine import harness
from tests.schedules.ticking import Clock, fresh, job, runs

pytestmark = pytest.mark.django_db(transaction=True)


def test_times_left_out_are_not_counted_as_repeats(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=3)
    clock.tick(10)
    clock.tick(10, work=False)  # no worker for a while
    clock.tick(10, work=False)
    assert runs(made) == [(1, 0, "succeeded"), (2, 0, "started"), (3, 0, "skipped")]
    assert (fresh(made).status, made.next_run_at) == (
        "active",
        made.runs.latest("pk").due_at + dt.timedelta(seconds=10),
    )
    harness.work()
    for _ in range(3):
        clock.tick(10)
    assert runs(made)[-1] == (4, 0, "succeeded")
    assert (fresh(made).status, made.run_count, made.left_out) == ("done", 3, 1)
    assert WorkflowExecution.objects.count() == 3


def test_what_an_inactive_workflow_left_out_comes_later(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=1)
    Workflow.objects.update(is_active=False)
    clock.tick(10)
    clock.tick(10)
    Workflow.objects.update(is_active=True)
    clock.tick(10)
    assert runs(made) == [(1, 0, "skipped"), (2, 0, "skipped"), (3, 0, "succeeded")]
    assert (fresh(made).status, made.run_count) == ("done", 1)


def test_paused_while_the_last_one_runs(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=1)
    clock.tick(10, work=False)
    actions.pause(users.ben, made)
    harness.work()
    clock.tick(1)
    assert (runs(made), fresh(made).status) == ([(1, 0, "succeeded")], "paused")
    assert actions.resume(users.ben, made).status == "done"


def test_fewer_repeats_than_there_were(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=5)
    clock.tick(10)
    clock.tick(10, work=False)
    changed = actions.update(users.ben, made, {"total_repeats": 2})
    assert (changed.status, changed.next_run_at) == ("active", None)  # one still runs
    harness.work()
    clock.tick(1)
    assert fresh(made).status == "done"
    raised = actions.update(users.ben, made, {"total_repeats": 3})
    assert raised.status == "active"
    assert actions.update(users.ben, made, {"total_repeats": 1}).status == "done"


def test_trouble_that_passes_delays_a_run_and_harms_nothing(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = job(users)
    with monkeypatch.context() as trouble:
        trouble.setattr(firing, "dispatch_event", _raising(TransientError("The database is busy.")))
        clock.tick(10)
        clock.tick(1)
        assert (runs(made), fresh(made).status) == ([(1, 0, "waiting")], "active")
    clock.tick(1)
    assert runs(made) == [(1, 0, "succeeded")]


def test_trouble_that_stays_is_told_as_it_is(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = job(users, max_retries=1)
    monkeypatch.setattr(firing, "dispatch_event", _raising(PermanentError("The version cannot be read.")))
    clock.tick(10)
    assert runs(made) == [(1, 0, "failed"), (1, 1, "waiting")]
    assert fresh(made).last_error == "The version cannot be read."


def test_a_run_by_hand_is_counted_but_is_no_repeat(users: Any, drawn: Canvas, clock: Clock) -> None:
    made = job(users, total_repeats=1)
    actions.run_now(users.ben, made)
    clock.tick(10, work=False)
    assert runs(made) == [(None, 0, "started"), (1, 0, "started")]
    harness.work()
    clock.tick(1)
    assert (fresh(made).status, made.run_count) == ("done", 2)


def test_the_same_key_runs_it_once(drawn: Canvas, users: Any) -> None:
    made, other = job(users), job(users)
    keyed = {"HTTP_IDEMPOTENCY_KEY": "once"}
    answers = [drawn.client.post(f"/api/v1/schedules/{one.pk}/run-now/", **keyed) for one in (made, made, other)]
    assert [answer.status_code for answer in answers] == [202] * 3
    first, again, elsewhere = (answer.json()["execution_id"] for answer in answers)
    assert first == again != elsewhere
    assert made.runs.count() == 1


def test_what_was_stopped_stays_so_whatever_its_last_run_does(users: Any, failing: Canvas, clock: Clock) -> None:
    failing.patch(
        "nodes/tick/", {"config": {"trigger_config": {"interval_seconds": 10, "max_retries": 1, "total_repeats": 1}}}
    )
    workflow = Workflow.objects.get()
    made = actions.start_node(users.ben, workflow, "tick")
    clock.tick(10)
    clock.tick(10, work=False)  # the retry runs
    actions.stop_node(users.ben, workflow, "tick")
    harness.work()
    clock.tick(1)
    assert (runs(made), fresh(made).status) == ([(1, 0, "failed"), (1, 1, "failed")], "done")


@pytest.mark.parametrize("overlap", ["skip", "queue"])
def test_catching_up_with_all_leaves_none_out(
    users: Any, drawn: Canvas, clock: Clock, monkeypatch: pytest.MonkeyPatch, overlap: str
) -> None:
    monkeypatch.setattr(firing, "MAX_WAITING", 2)
    made = job(users, interval_seconds=600, catch_up="all", overlap=overlap)
    assert made.next_run_at is not None
    clock.now = made.next_run_at + dt.timedelta(seconds=4 * 600 + 120)  # five were missed
    for _ in range(6):
        clock.tick(0, work=False)
    assert [state for _, _, state in runs(made)] == ["started", "waiting", "waiting"]
    assert fresh(made).next_run_at is not None
    assert made.next_run_at <= clock.now  # the row keeps what does not wait yet
    for _ in range(6):
        clock.tick(0)
    assert runs(made) == [(number, 0, "succeeded") for number in range(1, 6)]


def _raising(error: Exception) -> Any:
    def dispatch(*args: Any, **kwargs: Any) -> None:
        raise error

    return dispatch


@pytest.mark.postgres
def test_who_deletes_and_who_changes_it_do_not_lock_each_other_out(users: Any, drawn: Canvas) -> None:
    made = job(users)
    said = harness.under_lock(  # as a change begins
        made, lambda: actions.delete(users.ben, [made.pk]), lambda: actions.pause(users.ben, made)
    )
    assert (said, ScheduledJob.objects.count()) == ([], 0)


def test_what_somebody_else_has_just_deleted_is_not_found(users: Any, drawn: Canvas) -> None:
    made = job(users)
    ScheduledJob.objects.filter(pk=made.pk).delete()
    with pytest.raises(NotFound, match="just been deleted"):
        actions.pause(users.ben, made)
