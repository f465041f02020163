"""The way to the workers: jobs that name an execution, and nudges to the one that holds it.

All are hints. A job that is lost, doubled or late does no harm: the row and its lease decide, and the reconciler
enqueues what no queue knows.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import django_rq
from django.conf import settings
from rq.job import Job

from apps.executions.models import WorkflowExecution
from pipelit import redis
from pipelit.crash import crash_point
from pipelit.errors import TransientError

log = logging.getLogger(__name__)
NUDGES = "pipelit:nudge"
BATCH = 200
JOB = "apps.executions.jobs.execute_workflow_job"
DELIVERY_JOB = "apps.executions.jobs.deliver_job"
ALLOWED = {JOB, DELIVERY_JOB}
"""What a worker runs; a job that names anything else is refused. Upper apps add theirs when they are ready."""
JOB_SECONDS = 3600
"""How long a finished job's record stays in Redis at most."""
OPTIONS = {"job_timeout": -1, "result_ttl": 0, "failure_ttl": JOB_SECONDS}


@cache
def rq_queue() -> Any:
    """The `rq.Queue` of this process, on its one pool of connections."""
    return django_rq.get_queue(settings.QUEUE_NAME, connection=redis.client())


def enqueue(execution_id: UUID) -> bool:
    """Ask for a worker; False if Redis is away (the reconciler will ask again)."""
    return _enqueue(JOB, execution_id)


def enqueue_delivery(delivery_id: UUID) -> bool:
    """Ask a worker to send a delivery; False if Redis is away (the scheduler will ask again)."""
    return _enqueue(DELIVERY_JOB, delivery_id)


def known() -> set[str] | None:
    """The executions and deliveries that the queue knows, by id; None if Redis is away."""
    try:
        with redis.hint():
            return {job_id.partition("_")[0] for job_id in rq_queue().get_job_ids()}
    except redis.DOWN as error:
        log.warning("Nothing can be enqueued while Redis is away: %s", error)
        return None


def _enqueue(job: str, key: UUID) -> bool:
    def put(pipe: Any) -> None:
        name = f"{key}_{secrets.token_hex(4)}"
        rq_queue().enqueue(job, str(key), job_id=name, description=job, pipeline=pipe, **OPTIONS)

    return _sent(str(key), put)


def defer(job: str, *args: Any, job_id: str, due: dt.datetime, instead_of: str = "") -> bool:
    """Leave a job with RQ until `due`: workers take it up when they look around (`bring_due`). The same `job_id` again
    puts it off; `instead_of` is taken back."""

    def put(pipe: Any) -> None:
        if instead_of:
            pipe.zrem(rq_queue().scheduled_job_registry.key, instead_of)
            pipe.delete(Job.key_for(instead_of))
        rq_queue().enqueue_at(due, job, *args, job_id=job_id, description=job, pipeline=pipe, **OPTIONS)

    return _sent(job_id, put)


def bring_due() -> int:
    """Put deferred jobs whose time has come into the queue; each is put there by one process. Raises one of
    `redis.DOWN`. RQ's own scheduler is a process more, whose lock outlives it by a minute (docs/decisions/0010)."""
    registry, client = rq_queue().scheduled_job_registry, redis.client()
    due = registry.get_jobs_to_schedule(chunk_size=BATCH)
    return sum(bool(client.zrem(registry.key, key)) and bool(client.rpush(rq_queue().key, key)) for key in due)


def _sent(key: str, put: Callable[[Any], object]) -> bool:
    crash_point("queue.sending")
    try:
        with redis.hint():
            pipe = redis.client().pipeline()  # RQ alone would go several times
            put(pipe)
            pipe.execute()
    except (*redis.DOWN, TransientError) as error:
        log.warning("%s waits for Redis to come back: %s", key, error)
        return False
    return True


def wake(execution_id: UUID) -> None:
    """An answer has come. A worker that holds the execution reads it; else one takes the execution."""
    owner = WorkflowExecution.objects.filter(pk=execution_id).values_list("lease_owner", flat=True).first()
    if owner:
        nudge(execution_id, "wake")
    elif owner == "":
        enqueue(execution_id)


def nudge(execution_id: UUID, what: str) -> None:
    """Tell the process that holds the execution: `wake` or `cancel`."""
    crash_point("queue.sending")
    try:
        with redis.hint():
            redis.client().publish(NUDGES, json.dumps({"execution_id": str(execution_id), "what": what}))
    except redis.DOWN as error:
        log.warning("Execution %s was not told to %s: %s", execution_id, what, error)
