from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from .models import Workflow, WorkflowVersion

if TYPE_CHECKING:
    WorkflowRows = admin.ModelAdmin[Workflow]
    VersionRows = admin.ModelAdmin[WorkflowVersion]
else:
    WorkflowRows = VersionRows = admin.ModelAdmin


@admin.register(Workflow)
class WorkflowAdmin(WorkflowRows):
    list_display = ("slug", "name", "owner", "is_active", "revision", "updated_at", "deleted_at")
    list_filter = ("is_active", "is_public")
    search_fields = ("slug", "name", "description")
    raw_id_fields = ("owner", "error_handler_workflow", "draft_version", "published_version")
    readonly_fields = ("revision", "draft_revision")


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(VersionRows):
    list_display = ("workflow", "number", "created_by", "created_at", "published_at")
    raw_id_fields = ("workflow", "created_by")
    readonly_fields = ("content_hash", "drawing_hash", "number")
