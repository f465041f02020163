"""What `make chaos` has found."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.models import F

from apps.executions import answering
from apps.executions.engine import recovery
from apps.executions.models import WorkflowExecution
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
