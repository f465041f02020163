"""Who is told, by the notification rules of a workflow, of what happened to its executions. Once each."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from apps.executions.models import PARKED, Delivery, PendingTask, Status, WorkflowExecution
from apps.workflows import notifications
from apps.workflows.models import Workflow

from . import links, outbox

log = logging.getLogger(__name__)
BATCH = 200


def of_end(execution: WorkflowExecution) -> None:
    """Call in the transaction that ends an execution. Of one that its caller waits for, the caller hears."""
    if not execution.workflow.notifications or _is_awaited(execution):
        return
    if execution.status == Status.FAILED:
        node = f' at "{execution.failed_node_id}"' if execution.failed_node_id else ""
        _tell(execution, "failed", f"failed{node}: {execution.error_message}")
    elif execution.status == Status.COMPLETED and _failed_before(execution):
        _tell(execution, "recovered", "works again: an execution has completed after one that failed.")


def of_delivery(delivery: Delivery) -> None:
    """A delivery was given up. Call in the transaction that says so."""
    if delivery.kind != Delivery.Kind.NOTICE:
        sentence = f"could not deliver a {delivery.kind} by {delivery.channel}: {delivery.error}"
        _tell(delivery.execution, "undelivered", sentence, str(delivery.pk))


def overdue() -> int:
    """Tell of executions that have waited too long; of how many."""
    now, told = timezone.now(), 0
    for workflow in Workflow.objects.filter(deleted_at__isnull=True).exclude(notifications=[]):
        for minutes in sorted({rule.after_minutes for rule in _rules(workflow) if rule.on == "waiting"}):
            late = workflow.executions.filter(
                status__in=PARKED, waiting_since__lte=now - dt.timedelta(minutes=minutes), waiting_told__lt=minutes
            )
            for execution in late.select_related("workflow").order_by("waiting_since")[:BATCH]:
                told += _tell_of_wait(execution, minutes)
    return told


@transaction.atomic
def _tell_of_wait(execution: WorkflowExecution, minutes: int) -> bool:
    """False if somebody else has, or it waits no more."""
    same = WorkflowExecution.objects.filter(
        pk=execution.pk, status__in=PARKED, waiting_since=execution.waiting_since, waiting_told__lt=minutes
    )
    if not same.update(waiting_told=minutes):
        return False
    sentence = f"has waited since {execution.waiting_since:%Y-%m-%d %H:%M} UTC."
    _tell(execution, "waiting", sentence, str(execution.waiting_since), after_minutes=minutes)
    return True


def _is_awaited(execution: WorkflowExecution) -> bool:
    return execution.parent_id is not None and PendingTask.objects.filter(child=execution).exists()


def _failed_before(execution: WorkflowExecution) -> bool:
    """Whether the execution that ended last before this one failed; one that was cancelled shows nothing."""
    earlier = WorkflowExecution.objects.filter(
        workflow=execution.workflow_id, awaited_by__isnull=True, status__in=(Status.COMPLETED, Status.FAILED),
        completed_at__isnull=False,
    ).exclude(pk=execution.pk)  # fmt: skip
    last = earlier.order_by("-completed_at").values_list("status", flat=True).first()
    return last == Status.FAILED


def _rules(workflow: Workflow) -> Sequence[notifications.Rule]:
    """Rules that are none any more tell nobody; what they are about happens all the same."""
    try:
        return notifications.parse(workflow.notifications)
    except ValueError as error:
        log.error("The notification rules of %s cannot be read: %s", workflow.slug, error)
        return ()


def _tell(
    execution: WorkflowExecution, happened: str, sentence: str, mark: str = "", after_minutes: int | None = None
) -> None:
    """`after_minutes`: by the rules that wait so long, and no others."""
    name = execution.workflow.name
    content = {
        "event": happened, "status": str(execution.status), "subject": f"{name}: {happened}",
        "text": f'The workflow "{name}" {sentence}\n\n{links.execution_url(execution.pk)}',
    }  # fmt: skip
    mark = f"{happened}:{execution.attempt_group}:{mark}"
    for number, rule in enumerate(_rules(execution.workflow)):
        if rule.on == happened and after_minutes in (None, rule.after_minutes):
            one = outbox.draft(execution, Delivery.Kind.NOTICE, f"notice:{number}:{mark}", rule.address, content)
            outbox.post(one)
