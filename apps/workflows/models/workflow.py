"""Workflow: a named graph, and who may work on it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


def empty_list() -> list[Any]:
    return []


class Workflow(models.Model):
    """A named graph, addressed by slug. Deleting hides it: its executions stay and finish."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    tags = models.JSONField(default=empty_list, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="workflows")
    is_active = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    error_handler_workflow = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    input_schema = models.JSONField(null=True, blank=True)
    output_schema = models.JSONField(null=True, blank=True)
    max_execution_seconds = models.PositiveIntegerField(null=True, blank=True)
    concurrency = models.PositiveIntegerField(null=True, blank=True, help_text="Executions at once; empty: no limit.")
    rate_limit_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Calls of all its webhooks, forms and public chats together; empty: no limit."
    )
    budget_tokens = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Tokens that one execution may use."
    )
    budget_usd = models.DecimalField(null=True, blank=True, max_digits=14, decimal_places=6)
    notifications = models.JSONField(
        default=empty_list, blank=True, help_text="Rules: who is told when executions fail, recover or wait too long."
    )
    notes = models.JSONField(default=empty_list, blank=True, help_text="Notes and groups on the canvas.")
    revision = models.PositiveBigIntegerField(default=1, help_text="Grows with every edit but moves on the canvas.")
    draft_version = models.ForeignKey(
        "WorkflowVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    draft_revision = models.PositiveBigIntegerField(
        default=0, help_text="The revision that draft_version is a snapshot of."
    )
    published_version = models.ForeignKey(
        "WorkflowVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(
                fields=["-updated_at", "-id"], name="workflow_newest", condition=models.Q(deleted_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.slug


class WorkflowCollaborator(models.Model):
    """A person who may read (viewer) or change (editor) somebody else's workflow."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        EDITOR = "editor"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "user"], name="one_role_per_collaborator")]
