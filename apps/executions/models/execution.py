"""Executions and their journal."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from pipelit.fields import JSONTextField

from .conversation import Conversation


class Status(models.TextChoices):
    """Where an execution stands. The last three are terminal: only a person's retry leaves `failed`."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
PARKED = frozenset({Status.WAITING, Status.INTERRUPTED})


class WorkflowExecution(models.Model):
    """One run of one version from one trigger.

    The lease: an execution belongs to the worker in `lease_owner` while that is not empty. Every take-over raises
    `epoch`; whatever is written under an older epoch is refused. See engine/README.md.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.PROTECT, related_name="executions")
    version = models.ForeignKey("workflows.WorkflowVersion", on_delete=models.PROTECT, related_name="+")
    trigger_node_id = models.CharField(max_length=63)
    trigger_type = models.CharField(max_length=63)
    trigger_payload = JSONTextField(default=dict)
    """The event as `{{ trigger }}` shows it: `text`, `payload` and the trigger's own keys."""
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.SET_NULL, related_name="executions")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    parent_step_key = models.CharField(max_length=500, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    rerun_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    idempotency_key = models.CharField(max_length=300, null=True, unique=True)
    """`scope:key` of the request that started it."""
    retry_key = models.CharField(max_length=300, default="", help_text="The Idempotency-Key of its last retry.")
    reply_to = JSONTextField(null=True)
    """The address to which its replies and its result are delivered: {"channel", ...}; None where whoever asked
    listens (a chat, a waiting request) or nobody does."""

    final_output = JSONTextField(null=True)
    error_message = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=63, blank=True, default="")
    failed_node_id = models.CharField(max_length=63, blank=True, default="")
    failed_step_key = models.CharField(max_length=500, blank=True, default="")

    attempt_group = models.PositiveIntegerField(default=1)
    epoch = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True)
    heartbeat = models.PositiveBigIntegerField(default=0)
    wake_count = models.PositiveIntegerField(default=0)
    """Answers since it was parked last: parking compares it, and a parked execution that has some must go on."""
    cancel_requested_at = models.DateTimeField(null=True)
    takeovers = models.PositiveSmallIntegerField(default=0)
    """Take-overs in a row without a new journal row; see recovery."""
    takeover_mark = models.PositiveBigIntegerField(default=0)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    retried_at = models.DateTimeField(null=True, help_text="Of its last retry, from which its time limit counts.")
    resumed_at = models.DateTimeField(null=True, help_text="When the worker that holds it took it.")
    completed_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    waiting_told = models.PositiveIntegerField(
        default=0, help_text="After how many minutes of this wait somebody was told of it last."
    )
    total_input_tokens = models.PositiveBigIntegerField(default=0)
    total_output_tokens = models.PositiveBigIntegerField(default=0)
    total_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    cost_known = models.BooleanField(default=True)
    """False once a model without a price was used: the total is then a lower bound."""
    llm_calls = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="execution_newest"),
            models.Index(fields=["workflow", "-created_at", "-id"], name="execution_of_workflow"),
            models.Index(fields=["status", "-created_at"], name="execution_by_status"),
            models.Index(
                fields=["lease_owner"],
                name="execution_unfinished",
                condition=Q(status__in=["pending", "running", "waiting", "interrupted"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ExecutionLog(models.Model):
    """The journal: one row per attempt of a step, one of them final. The only truth for recovery."""

    class Status(models.TextChoices):
        RUNNING = "running"
        SUCCESS = "success"
        FAILED = "failed"
        SKIPPED = "skipped"

    execution = models.ForeignKey(WorkflowExecution, on_delete=models.CASCADE, related_name="logs")
    node_id = models.CharField(max_length=63)
    step_key = models.CharField(max_length=500)
    attempt_group = models.PositiveIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=8, choices=Status.choices)
    final = models.BooleanField(default=True)
    superseded = models.BooleanField(default=False)
    """Set by a retry on the rows of what runs again."""
    input = JSONTextField(null=True)
    output = JSONTextField(null=True)
    """The ports; a value over 64 KB is `{"$ref": digest, "size", "preview"}` into StoredValue."""
    state = JSONTextField(null=True)
    """The reserved keys: `_route`, `_items`, `_messages`, ..."""
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=63, blank=True, default="")
    metadata = JSONTextField(default=dict)
    started_at = models.DateTimeField(null=True)
    duration_ms = models.FloatField(default=0)
    timestamp = models.DateTimeField()
    """When the row was recorded."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "step_key", "attempt_group"],
                condition=Q(final=True),
                name="one_final_row_per_step",
            )
        ]


class StoredValue(models.Model):
    """A large JSON value of an execution, kept once and referred to by its digest."""

    execution = models.ForeignKey(WorkflowExecution, on_delete=models.CASCADE, related_name="values")
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    data = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["execution", "digest"], name="value_stored_once")]
