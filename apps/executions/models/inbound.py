"""What comes in from outside."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from pipelit.fields import JSONTextField

from .execution import WorkflowExecution


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
    signed = models.CharField(max_length=64, null=True, help_text="A digest of what the sender signed, once.")
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
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="trigger_event_received_once"),
            models.UniqueConstraint(
                fields=["source", "signed"], condition=models.Q(signed__isnull=False), name="trigger_event_signed_once"
            ),
        ]


class TelegramBot(models.Model):
    """Where Pipelit stands with the updates of one bot. Exactly one process polls it: whoever holds the lease."""

    credential = models.OneToOneField(
        "credentials.BaseCredential", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    fingerprint = models.CharField(max_length=64, blank=True, default="", help_text="Of the token and the server.")
    username = models.CharField(max_length=64, blank=True, default="", help_text="By what commands name the bot.")
    offset = models.BigIntegerField(default=0, help_text="The id of the next update.")
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(default=timezone.now)
    webhook_url = models.CharField(max_length=500, blank=True, default="unknown", help_text="Empty: none.")
    error = models.TextField(blank=True, default="", help_text="Why no updates arrive.")
    updated_at = models.DateTimeField(auto_now=True)
