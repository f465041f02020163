"""Executions in Django's admin: to look at. They change by running, and by the API."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.admin import ReadOnly

from .models import Conversation, Delivery, ExecutionLog, PendingTask, TriggerEvent, WorkflowExecution


@admin.register(WorkflowExecution)
class WorkflowExecutionAdmin(ReadOnly):
    list_display = ("id", "workflow", "status", "trigger_type", "user", "created_at", "completed_at", "error_code")
    list_filter = ("status", "trigger_type")
    list_select_related = ("workflow", "user")
    search_fields = ("id", "workflow__slug")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(ExecutionLog)
class ExecutionLogAdmin(ReadOnly):
    list_display = ("id", "execution", "step_key", "attempt", "status", "error_code", "duration_ms", "timestamp")
    list_filter = ("status",)
    search_fields = ("execution__id", "step_key")
    show_full_result_count = False


@admin.register(PendingTask)
class PendingTaskAdmin(ReadOnly):
    list_display = ("id", "execution", "node_id", "kind", "status", "decision", "created_at", "until")
    list_filter = ("kind", "status")
    exclude = ("token",)
    show_full_result_count = False


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    list_display = ("id", "workflow", "user", "channel", "title", "updated_at")
    list_select_related = ("workflow", "user")
    show_full_result_count = False


@admin.register(TriggerEvent)
class TriggerEventAdmin(ReadOnly):
    list_display = ("id", "workflow", "trigger_node_id", "title", "status", "execution", "attempts", "received_at")
    list_filter = ("status", "trigger_type")
    list_select_related = ("workflow", "execution")
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "execution", "kind", "channel", "status", "attempts", "error_code", "created_at", "sent_at")
    list_filter = ("status", "channel", "kind")
    show_full_result_count = False
