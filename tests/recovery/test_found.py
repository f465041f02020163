"""What `make chaos` has found, and what is like it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from apps.executions import actions, answering
from apps.executions.delivery import outbox
from apps.executions.engine import queue, recovery
from apps.executions.models import Delivery, WorkflowExecution
from pipelit.errors import Conflict
from tests.engine import harness
from tests.engine.harness import node

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_that_looks_older_than_the_wait_is_not_forgotten(users: Any, redis_client: Any) -> None:
    """Its time was taken while it waited for the lock that parking held (or on a host whose clock is behind); then
    Redis lost the job."""
    run = harness.run(
        harness.store(
            users.ben, "asks",
            [node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="Go?")], [("start", "ask")],
        )
    )  # fmt: skip
    WorkflowExecution.objects.update(waiting_since=F("waiting_since") + dt.timedelta(hours=1))
    answering.answer(run.pending_tasks.get(), decision="confirmed")
    redis_client.flushall()
    assert recovery.reconcile() == 1
    harness.work()
    run.refresh_from_db()
    assert run.status == "completed"


def test_deliveries_do_not_pile_up_in_a_queue_that_is_worked_off_slowly(api: Any, users: Any) -> None:
    """However many schedulers ask however often: more jobs would make it slower still."""
    hook = node("hook", "trigger_webhook", auth="none", callback_url="http://127.0.0.1/")
    harness.store(users.ben, "hooked", [hook, node("end", "set", values={})], [("hook", "end")])
    api(None).post("/webhooks/hooked/", {})
    harness.work()
    Delivery.objects.update(due_at=timezone.now() - dt.timedelta(minutes=1))
    before = len(queue.rq_queue())
    assert [outbox.Dispatcher().step(0.0), outbox.Dispatcher().step(60.0)] == [0, 0]
    assert len(queue.rq_queue()) == before


@pytest.mark.postgres
def test_an_answer_and_a_cancellation_do_not_lock_each_other_out(users: Any) -> None:
    """The one that comes second is told so, instead of one being broken off as a deadlock."""
    version = harness.store(
        users.ben, "asks",
        [node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="Go?")], [("start", "ask")],
    )  # fmt: skip
    run = harness.run(version)
    task = run.pending_tasks.get()
    said = harness.under_lock(  # as a cancellation begins
        run, lambda: answering.answer(task, decision="confirmed"), lambda: actions.cancel(run)
    )
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert [type(error) for error in said] == [Conflict]


@pytest.mark.postgres
def test_a_cancellation_and_the_end_of_a_child_do_not_lock_each_other_out(users: Any) -> None:
    """A child that ends answers its parent; a parent that is cancelled cancels its child."""
    asks = [node("start", "trigger_workflow"), node("ask", "human_confirmation", prompt="Go?")]
    harness.store(users.ben, "asks", asks, [("start", "ask")])
    calls = [node("start", "trigger_manual"), node("call", "workflow", target_workflow="asks")]
    run = harness.run(harness.store(users.ben, "calls", calls, [("start", "call")]))
    child = run.children.get()
    said = harness.under_lock(child, lambda: actions.cancel(run), lambda: actions.cancel(child))  # as its end begins
    run.refresh_from_db()
    assert (run.status, said) == ("cancelled", [])
