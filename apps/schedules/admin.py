"""Schedules in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.admin import ReadOnly

from .models import ScheduledJob, ScheduledRun


@admin.register(ScheduledJob)
class ScheduledJobAdmin(ReadOnly):
    list_display = ("id", "name", "workflow", "status", "next_run_at", "last_run_at", "run_count", "error_count")
    list_filter = ("status",)
    list_select_related = ("workflow",)
    search_fields = ("name", "workflow__slug")


@admin.register(ScheduledRun)
class ScheduledRunAdmin(ReadOnly):
    list_display = ("id", "job", "number", "retry", "due_at", "state", "started_at", "ended_at", "execution")
    list_filter = ("state",)
    show_full_result_count = False
