"""What goes out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelit.fields import JSONTextField

from .execution import WorkflowExecution
from .task import PendingTask


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
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, editable=False)
    execution = models.ForeignKey(WorkflowExecution, on_delete=models.CASCADE, related_name="deliveries")
    task = models.ForeignKey(PendingTask, null=True, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    channel = models.CharField(max_length=12)
    address = JSONTextField()
    """Where to, as the channel understands it; without secrets."""
    content = JSONTextField()
    """{"text", "subject"?, "data"?}; secrets masked."""
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    """When it is tried next; while it is sent, when that counts as broken off."""
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=63, blank=True, default="")
    receipt = JSONTextField(null=True)
    """What the channel keeps of what was sent, such as the ids of messages."""
    resend_key = models.CharField(max_length=300, default="", help_text="The Idempotency-Key that last sent it again.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["due_at"], name="delivery_due", condition=Q(status__in=["pending", "sending"]))]
