"""What executions wait for, and who answered."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from pipelit.fields import JSONTextField

from .execution import WorkflowExecution


def new_token() -> str:
    return secrets.token_urlsafe(32)


class PendingTask(models.Model):
    """What an execution waits for: a person, a child execution, a timer, a callback."""

    class Kind(models.TextChoices):
        APPROVAL = "approval"
        CHILD = "child"
        TIMER = "timer"
        CALLBACK = "callback"
        OUTCOME_UNKNOWN = "outcome_unknown"

    class Status(models.TextChoices):
        PENDING = "pending"
        ANSWERED = "answered"
        EXPIRED = "expired"
        CLOSED = "closed"

    execution = models.ForeignKey(WorkflowExecution, on_delete=models.CASCADE, related_name="pending_tasks")
    node_id = models.CharField(max_length=63)
    step_key = models.CharField(max_length=500)
    attempt_group = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=100, blank=True, default="")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    token = models.CharField(max_length=64, default=new_token, unique=True)
    prompt = models.TextField(blank=True, default="")
    schema = JSONTextField(null=True)
    assignees = JSONTextField(default=list)
    quorum = models.PositiveSmallIntegerField(default=1)
    """How many people must confirm; one who cancels is enough to cancel."""
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    decision = models.CharField(max_length=20, blank=True, default="")
    response = JSONTextField(null=True)
    comment = models.TextField(blank=True, default="")
    responded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    child = models.OneToOneField(WorkflowExecution, null=True, on_delete=models.SET_NULL, related_name="awaited_by")
    until = models.DateTimeField(null=True)
    """When a timer fires, or anything else expires."""
    on_expiry = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["execution", "step_key", "attempt_group", "key"], name="one_task_per_wait")
        ]
        indexes = [models.Index(fields=["until"], name="task_due", condition=Q(status="pending"))]


class TaskAnswer(models.Model):
    """What one person said to a pending task: the votes of a quorum, and proof of who answered how."""

    task = models.ForeignKey(PendingTask, on_delete=models.CASCADE, related_name="answers")
    actor = models.CharField(max_length=254, help_text="A user name, or email:address, or telegram:id.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    via = models.CharField(max_length=12, help_text="api, link or telegram.")
    decision = models.CharField(max_length=20)
    data = JSONTextField(null=True)
    comment = models.TextField(blank=True, default="")
    idempotency_key = models.CharField(max_length=300, null=True, unique=True)
    """`scope:key` of the request that said it."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["task", "actor"], name="one_answer_per_person")]
