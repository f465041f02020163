"""WorkflowVersion: what an execution runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from pipelit.fields import JSONTextField

from .workflow import Workflow


class WorkflowVersion(models.Model):
    """An immutable snapshot of a workflow's graph, known by the hash of its content."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    """None: a part of a graph, stored to run one node of it, and listed nowhere."""
    content_hash = models.CharField(max_length=64)
    """Of the snapshot without positions, labels and notes: what runs alike has one hash."""
    drawing_hash = models.CharField(max_length=64)
    """Of the whole snapshot."""
    snapshot = JSONTextField()
    note = models.CharField(max_length=200, blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="version_number_unique"),
            models.UniqueConstraint(fields=["workflow", "drawing_hash"], name="version_content_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow.slug}@{self.number or 'part'}"
