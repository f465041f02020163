"""Threads of messages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from pipelit.fields import JSONTextField


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


class ConversationMessage(models.Model):
    """One message of a conversation, in LangChain's message format."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    execution = models.ForeignKey(
        "executions.WorkflowExecution", null=True, on_delete=models.SET_NULL, related_name="+"
    )
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
