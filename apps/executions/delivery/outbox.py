"""The outbox: deliveries are stored in the transaction of what they tell, then tried until they are sent or given up.

A try is claimed on the row. One that broke off is tried again where that does no harm; elsewhere it fails with
`outcome_unknown`, and a person may send it again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from apps.executions.engine import queue
from apps.executions.models import Delivery, PendingTask, WorkflowExecution
from pipelit import events
from pipelit.crash import crash_point
from pipelit.errors import Conflict, PermanentError, PipelitError, TransientError

from . import channels

log = logging.getLogger(__name__)
Status = Delivery.Status
PAUSES = (5, 30, 120, 600, 3600, 3600, 14_400)
"""Seconds before the second try, the third, ...; then it is given up."""
CLAIM_SECONDS = 120
"""How long a try may take before it counts as broken off."""
FRESH_SECONDS = 2
"""A delivery younger than this is on its way to a worker by itself."""
LEFT = (Status.SENDING, Status.SENT)
"""Of what may have arrived."""
ASK_SECONDS = 15.0
BATCH = 200
ANSWERED = "Nobody has to answer it any more."
BROKEN_OFF = "Whether it arrived is not known: the process that sent it died. Look there, then send it again."


def draft(
    execution: WorkflowExecution,
    kind: str,
    name: str,
    address: Mapping[str, Any],
    content: Mapping[str, Any],
    task: PendingTask | None = None,
) -> Delivery:
    """A delivery, not yet stored. `name` tells it from the others of its execution: the same name is the same
    delivery. `address` is {"channel", ...}."""
    where = {key: value for key, value in address.items() if key != "channel"}
    return Delivery(
        id=uuid5(execution.pk, name), execution=execution, kind=kind, channel=address["channel"], address=where,
        content=dict(content), task=task,
    )  # fmt: skip


def post(*drafts: Delivery) -> None:
    """Store deliveries, and have them sent once that is committed. Call in a transaction. One that exists stays."""
    if drafts:
        Delivery.objects.bulk_create(drafts, ignore_conflicts=True)
        transaction.on_commit(lambda: [queue.enqueue_delivery(one.pk) for one in drafts], robust=True)


def cancel(deliveries: QuerySet[Delivery]) -> None:
    """Take back those that have not left. Call in a transaction."""
    for one in deliveries.filter(status=Status.PENDING).select_related("execution__workflow"):
        held = Delivery.objects.filter(pk=one.pk, status=Status.PENDING)
        if held.update(status=Status.CANCELLED, error=ANSWERED, error_code="already_answered"):
            one.refresh_from_db(fields=["status", "error", "error_code"])
            events.on_commit(_event(one))


def attempt(delivery_id: UUID) -> bool:
    """Try to send a delivery that is due; False if there is nothing to do. What goes wrong is recorded on it."""
    claimed = Delivery.objects.filter(pk=delivery_id, status=Status.PENDING, due_at__lte=timezone.now())
    until = timezone.now() + dt.timedelta(seconds=CLAIM_SECONDS)
    if not claimed.update(status=Status.SENDING, due_at=until):
        return False
    crash_point("delivery.claimed")
    delivery = Delivery.objects.select_related("execution__workflow__owner", "task").get(pk=delivery_id)
    try:
        if _is_late(delivery) or _is_moot(delivery):
            _settle(delivery, Status.CANCELLED, error=ANSWERED, error_code="already_answered")
            return True
        receipt = channels.get(delivery.channel).send(delivery)
        crash_point("delivery.sent")
    except PipelitError as error:
        _failed(delivery, error)
    except Exception as error:
        log.exception("Delivery %s failed unexpectedly", delivery.pk)
        _failed(delivery, PermanentError(f"The channel failed: {type(error).__name__}: {error}"))
    else:
        delivery.receipt = dict(receipt)
        _settle(delivery, Status.SENT, sent_at=timezone.now(), error="", error_code="")
    return True


def _is_late(delivery: Delivery) -> bool:
    """Whether it asks what nobody has to answer any more."""
    task = delivery.task
    return delivery.kind == Delivery.Kind.QUESTION and task is not None and task.status != PendingTask.Status.PENDING


def _is_moot(delivery: Delivery) -> bool:
    """Whether it amends what was never sent. Raises TransientError while that is on its way."""
    if not (amended := delivery.content.get("edits")):
        return False
    status = Delivery.objects.filter(pk=amended).values_list("status", flat=True).first()
    if status == Status.SENDING:
        raise TransientError("What it amends is on its way.")
    return status != Status.SENT


class Dispatcher:
    """What the scheduler does for the outbox: ask a worker for what is due and no queue brought, and settle what broke
    off. It asks for the same delivery seldom, and not while the queue knows it: busy workers have enough to do."""

    def __init__(self) -> None:
        self._asked: dict[UUID, float] = {}

    def step(self, now: float) -> int:
        """`now` in seconds, monotonic; how many deliveries were asked for or settled."""
        settled = _settle_broken()
        at = timezone.now()
        missed = Q(attempts__gt=0, due_at__lte=at) | Q(due_at__lte=at - dt.timedelta(seconds=FRESH_SECONDS))
        rows = Delivery.objects.filter(missed, status=Status.PENDING).order_by("due_at")
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        late = [key for key in keys if now - self._asked.get(key, -ASK_SECONDS) >= ASK_SECONDS]
        self._asked = {key: self._asked[key] for key in keys if key in self._asked}
        if not late or (known := queue.known()) is None:
            return settled
        for key in late:
            is_known = str(key) in known
            if not is_known and not queue.enqueue_delivery(key):
                break  # Redis is away: it would be for the others too
            self._asked[key] = now
            settled += not is_known
        return settled


def _settle_broken() -> int:
    """Tries whose worker is gone: to be made again where that does no harm, else failed."""
    found = Delivery.objects.select_related("execution__workflow__owner", "task").filter(
        status=Status.SENDING, due_at__lte=timezone.now()
    )
    rows = list(found[:BATCH])
    for delivery in rows:
        if channels.get(delivery.channel).idempotent:
            same = Delivery.objects.filter(pk=delivery.pk, status=Status.SENDING, due_at=delivery.due_at)
            same.update(status=Status.PENDING, attempts=F("attempts") + 1)
        else:
            _failed(delivery, PermanentError(BROKEN_OFF, code="outcome_unknown"))
    return len(rows)


@transaction.atomic
def resend(delivery: Delivery, by: UserProfile, *, key: str = "") -> Delivery:
    """Send again what was given up, or was sent. Raises Conflict while it is under way, and for a question that nobody
    has to answer any more. The `key` of the last time does nothing again."""
    delivery = (
        Delivery.objects.select_for_update(no_key=True, of=("self",))
        .select_related("execution__workflow")
        .get(pk=delivery.pk)
    )
    if key and delivery.resend_key == key:
        return delivery
    if _is_late(delivery):
        raise Conflict(ANSWERED, code="already_answered")
    ended = Delivery.objects.filter(pk=delivery.pk, status__in=(Status.FAILED, Status.SENT))
    changes: dict[str, Any] = {"status": Status.PENDING, "attempts": 0, "due_at": timezone.now(), "resend_key": key}
    if delivery.status == Status.SENT:
        changes["receipt"] = None
    if not ended.update(**changes):
        raise Conflict("The delivery is under way already.")
    audit(by, "delivery.resent", f"delivery:{delivery.pk}", channel=delivery.channel)
    transaction.on_commit(lambda: queue.enqueue_delivery(delivery.pk), robust=True)
    delivery.refresh_from_db()
    return delivery


def _failed(delivery: Delivery, error: PipelitError) -> None:
    tried = delivery.attempts + 1
    fields = {"error": error.detail[:2000], "error_code": error.code}
    if not error.retryable or tried > len(PAUSES):
        log.warning("Delivery %s by %s is given up: %s", delivery.pk, delivery.channel, error.detail)
        _settle(delivery, Status.FAILED, **fields)
        return
    pause = max(PAUSES[tried - 1], getattr(error, "retry_after", None) or 0)
    _settle(delivery, Status.PENDING, due_at=timezone.now() + dt.timedelta(seconds=pause), **fields)


def _settle(delivery: Delivery, status: str, **fields: Any) -> None:
    """Record how a try ended, tell it live, and (a delivery that is given up) tell whoever wants to be told."""
    from . import notices

    with transaction.atomic():
        held = Delivery.objects.filter(pk=delivery.pk, status=Status.SENDING, due_at=delivery.due_at)
        values = {"status": status, "attempts": delivery.attempts + 1, "receipt": delivery.receipt, **fields}
        if not held.update(**values):
            return
        for name, value in values.items():
            setattr(delivery, name, value)
        if status == Status.FAILED:
            notices.of_delivery(delivery)
        events.on_commit(_event(delivery))


def _event(delivery: Delivery) -> events.Event:
    body = {
        "id": str(delivery.pk), "execution_id": str(delivery.execution_id), "kind": delivery.kind,
        "channel": delivery.channel, "status": delivery.status, "attempts": delivery.attempts,
        "error": delivery.error or None,
    }  # fmt: skip
    channels = (f"workflow:{delivery.execution.workflow.slug}", f"execution:{delivery.execution_id}")
    return events.Event("delivery_updated", channels, body)
