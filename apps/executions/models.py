"""Executions, their journal, what they wait for, and conversations."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelit.fields import JSONTextField


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


class Conversation(models.Model):
    """A thread of messages between a person and a workflow."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="conversations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=20, default="chat")
    external_key = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]


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
    """Raised by everything that a parked execution may wait for; parking compares it."""
    cancel_requested_at = models.DateTimeField(null=True)
    takeovers = models.PositiveSmallIntegerField(default=0)
    """Take-overs in a row without a new journal row; see recovery."""
    takeover_mark = models.PositiveBigIntegerField(default=0)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["task", "actor"], name="one_answer_per_person")]


class ConversationMessage(models.Model):
    """One message of a conversation, in LangChain's message format."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    execution = models.ForeignKey(WorkflowExecution, null=True, on_delete=models.SET_NULL, related_name="+")
    step_key = models.CharField(max_length=500, blank=True, default="")
    index = models.PositiveIntegerField(default=0)
    role = models.CharField(max_length=10)
    content = models.TextField(blank=True, default="")
    message = JSONTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "execution", "step_key", "index"], name="message_recorded_once"
            )
        ]


class TriggerEvent(models.Model):
    """What came in from outside, and what became of it: the inbox. The event itself lies with the execution that it
    started, and here while there is none."""

    class Status(models.TextChoices):
        STARTED = "started"
        FAILED = "failed"
        HELD = "held"

    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="trigger_events")
    trigger_node_id = models.CharField(max_length=63)
    trigger_type = models.CharField(max_length=63)
    source = models.CharField(max_length=200, help_text="Who keys belong to: one trigger, one bot.")
    key = models.CharField(max_length=300, null=True, help_text="By what the sender tells one delivery from another.")
    title = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=7, choices=Status.choices)
    reason = models.TextField(blank=True, default="", help_text="Why nothing was started.")
    event = JSONTextField(null=True)
    execution = models.ForeignKey(WorkflowExecution, null=True, on_delete=models.SET_NULL, related_name="+")
    replay_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replays")
    attempts = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workflow", "status"])]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="trigger_event_received_once")]


class Delivery(models.Model):
    """Something that is sent to somebody outside: a reply, a result, a question, a notice. Its id follows from what
    made it, so that nothing is sent twice."""

    class Kind(models.TextChoices):
        REPLY = "reply"
        RESULT = "result"
        QUESTION = "question"
        NOTICE = "notice"

    class Status(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, editable=False)
    execution = models.ForeignKey(WorkflowExecution, on_delete=models.CASCADE, related_name="deliveries")
    task = models.ForeignKey(PendingTask, null=True, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    channel = models.CharField(max_length=12)
    address = JSONTextField()
    """Where to, as the channel understands it; without secrets."""
    content = JSONTextField()
    """{"text", "subject"?, "data"?}; secrets masked."""
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    """When it is tried next; while it is sent, when that counts as broken off."""
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=63, blank=True, default="")
    receipt = JSONTextField(null=True)
    """What the channel keeps of what was sent, such as the ids of messages."""
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["due_at"], name="delivery_due", condition=Q(status__in=["pending", "sending"]))]


class TelegramBot(models.Model):
    """Where Pipelit stands with the updates of one bot. Exactly one process polls it: whoever holds the lease."""

    credential = models.OneToOneField(
        "credentials.BaseCredential", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    offset = models.BigIntegerField(default=0, help_text="The id of the next update.")
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(default=timezone.now)
    webhook_url = models.CharField(max_length=500, blank=True, default="unknown", help_text="Empty: none.")
    error = models.TextField(blank=True, default="", help_text="Why no updates arrive.")
    updated_at = models.DateTimeField(auto_now=True)
