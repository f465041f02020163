"""AppliedEdit: what a bulk edit with an Idempotency-Key was answered with."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from .workflow import Workflow


class AppliedEdit(models.Model):
    """A bulk edit that was applied: the same key is answered this again, and nothing is applied twice."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=150, help_text="Person and hash of the Idempotency-Key.")
    answer = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "key"], name="edit_applied_once")]
        indexes = [models.Index(fields=["workflow", "created_at"], name="edit_applied_when")]

    def __str__(self) -> str:
        return f"{self.workflow_id}:{self.key}"
