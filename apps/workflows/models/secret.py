"""WorkflowSecret: what a workflow's trigger keeps to itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from apps.credentials.encryption import EncryptedJSONField, newest_key_id

from .workflow import Workflow


class WorkflowSecret(models.Model):
    """The text of a secret field of some node's config, encrypted with the key `key_id`. It is never changed: configs
    and versions name it by its id, and another text is another row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    value = EncryptedJSONField()
    key_id = models.CharField(max_length=16, db_index=True, default=newest_key_id)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.workflow_id}:{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)
