"""A process that dies between what it has stored and what should follow, at every door: what was committed goes on,
what was not can be asked for again, and nothing happens twice."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.executions.delivery import outbox
from apps.executions.engine import recovery
from apps.executions.models import Delivery, WorkflowExecution
from apps.schedules import actions, firing
from apps.schedules.models import ScheduledJob, ScheduledRun
from apps.workflows.models import Workflow
from tests.doubles import receiver as double
from tests.drawing import canvas
from tests.e2e.launcher import free_port
from tests.engine import harness
from tests.engine.harness import node
from tests.workers.process import spawn, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
DEAD = 137


def dies(*command: str, at: str) -> None:
    with spawn(*command, CRASH_AT=at) as process:
        assert process.wait(60) == DEAD


@contextmanager
def dying_web(at: str) -> Iterator[int]:
    """The port of a web process that dies there."""
    port = free_port()

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    with spawn("web", "--port", str(port), CRASH_AT=at) as web:
        until(listens, web)
        yield port
        assert web.wait(60) == DEAD


def post(port: int, path: str, body: Any, **headers: str) -> None:
    """It gets no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()


def bring_on() -> int:
    """As time goes by; how many executions no queue knew."""
    WorkflowExecution.objects.update(created_at="2020-01-01T00:00:00Z")
    count = recovery.reconcile()
    harness.work()
    return count


@pytest.mark.parametrize(("point", "stored"), [("execution.stored", 0), ("queue.sending", 1)])
def test_with_a_webhook(api: Any, users: Any, point: str, stored: int) -> None:
    nodes = [node("hook", "trigger_webhook", auth="none"), node("end", "set", values={"n": "{{ hook.body.n }}"})]
    harness.store(users.ben, "hooked", nodes, [("hook", "end")])
    with dying_web(point) as port:
        post(port, "/webhooks/hooked/", {"n": 7}, **{"X-Delivery-Id": "d-1"})
    assert WorkflowExecution.objects.count() == stored
    again = api(None).post("/webhooks/hooked/", {"n": 7}, headers={"X-Delivery-Id": "d-1"})
    assert (again.status_code, bring_on()) == (202, stored)
    run = WorkflowExecution.objects.get()
    assert (str(run.pk), run.final_output) == (again.json()["execution_id"], {"n": 7})


def test_with_an_answer(api: Any, users: Any, redis_client: Any) -> None:
    nodes = [node("start", "trigger_manual"), node("ask", "human_confirmation", prompt="Go?")]
    run = harness.run(harness.store(users.ben, "asks", nodes, [("start", "ask")]))
    redis_client.flushall()  # the job by which it was started
    path, client = f"/api/v1/tasks/{run.pending_tasks.get().pk}/respond/", api(users.ben)
    with dying_web("queue.sending") as port:
        post(port, path, {"decision": "confirmed"}, Authorization=f"Bearer {client.raw_key}")
    assert client.post(path, {"decision": "cancelled"}).status_code == 409
    assert bring_on() == 1
    run.refresh_from_db()
    assert (run.status, run.final_output["confirmed"]) == ("completed", True)


def test_with_a_job_that_no_queue_knows_any_more(users: Any) -> None:
    run = harness.start(harness.store(users.ben, "one", [node("start", "trigger_manual")], []))
    dies("worker", at="job.taken")
    assert bring_on() == 1
    run.refresh_from_db()
    assert (run.status, run.epoch) == ("completed", 1)


@pytest.mark.parametrize(("point", "calls"), [("delivery.claimed", 1), ("delivery.sent", 2)])
def test_with_a_delivery(api: Any, users: Any, settings: Any, redis_client: Any, point: str, calls: int) -> None:
    """The receiver tells the second call by its key."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with double.running() as receiver:
        hook = node("hook", "trigger_webhook", auth="none", callback_url=receiver.url)
        harness.store(users.ben, "hooked", [hook, node("end", "set", values={})], [("hook", "end")])
        assert api(None).post("/webhooks/hooked/", {}).status_code == 202
        harness.work()
        dies("worker", at=point)
        Delivery.objects.update(due_at=timezone.now())
        redis_client.flushall()
        assert outbox.Dispatcher().step(0.0) == 2  # settled, and asked for
        delivery = Delivery.objects.get()
        assert outbox.attempt(delivery.pk)
        assert dict(receiver.keys) == {str(delivery.pk): calls}
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("sent", 2)


@pytest.mark.parametrize("point", ["schedule.before_commit:2", "queue.sending:1"])
def test_with_a_schedule(api: Any, users: Any, point: str) -> None:
    drawn = canvas(api(users.ben), "ticking")
    drawn.must_node("tick", "trigger_schedule")
    fields = {"name": "t", "interval_seconds": 60, "total_repeats": 1, "catch_up": "all"}
    actions.create(users.ben, Workflow.objects.get(), "tick", fields)
    ScheduledJob.objects.update(next_run_at=timezone.now())
    dies("scheduler", at=point)
    firing.step()
    bring_on()
    firing.step()
    assert list(ScheduledRun.objects.values_list("number", "state")) == [(1, "succeeded")]
    assert (WorkflowExecution.objects.count(), ScheduledJob.objects.get().status) == (1, "done")


@pytest.mark.sqlite
def test_with_a_full_disk(api: Any, users: Any) -> None:
    """Told so, and nothing is half stored; the same delivery is taken when there is room again."""
    nodes = [node("hook", "trigger_webhook", auth="none"), node("end", "set", values={"n": "{{ hook.body.n }}"})]
    harness.store(users.ben, "hooked", nodes, [("hook", "end")])
    call = partial(api(None).post, "/webhooks/hooked/", {"n": 7, "x": "x" * 100_000}, headers={"X-Delivery-Id": "d-1"})
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE filler AS SELECT zeroblob(freelist_count * page_size) AS pages"
            " FROM pragma_freelist_count, pragma_page_size"
        )
        cursor.execute("PRAGMA max_page_count = 1")  # as many as there are
        refused = call()
        cursor.execute("PRAGMA max_page_count = 4294967294")
        cursor.execute("DROP TABLE filler")
    assert (refused.status_code, refused.json()["code"]) == (507, "no_space")
    assert not WorkflowExecution.objects.exists()
    assert call().status_code == 202
    harness.work()
    assert WorkflowExecution.objects.get().final_output == {"n": 7}
