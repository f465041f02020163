"""The way to the workers: jobs that name an execution, and nudges to the one that holds it.

Both are hints. A job that is lost, doubled or late does no harm: the row and its lease decide, and the reconciler
enqueues what no queue knows.
"""

from __future__ import annotations

import json
import logging
import secrets
from functools import cache
from typing import Any
from uuid import UUID

import django_rq
from django.conf import settings

from apps.executions.models import WorkflowExecution
from pipelit import redis
from pipelit.errors import TransientError

log = logging.getLogger(__name__)
NUDGES = "pipelit:nudge"
JOB = "apps.executions.jobs.execute_workflow_job"
DELIVERY_JOB = "apps.executions.jobs.deliver_job"
JOB_SECONDS = 3600
"""How long a finished job's record stays in Redis at most."""


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


def _enqueue(job: str, key: UUID) -> bool:
    try:
        pipe = redis.client().pipeline()  # RQ alone would go twice
        rq_queue().enqueue(
            job,
            str(key),
            job_id=f"{key}_{secrets.token_hex(4)}",
            description=job,
            job_timeout=-1,
            result_ttl=0,
            failure_ttl=JOB_SECONDS,
            pipeline=pipe,
        )
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
    try:
        redis.client().publish(NUDGES, json.dumps({"execution_id": str(execution_id), "what": what}))
    except redis.DOWN as error:
        log.warning("Execution %s was not told to %s: %s", execution_id, what, error)
