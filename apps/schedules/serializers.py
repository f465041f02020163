"""Request shapes of schedules; unknown fields are refused."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.workflows.serializers import JSONObject, Payload
from apps.workflows.timing import MAX_SECONDS, MIN_SECONDS

from .models import ScheduledJob


class Times(Payload):
    interval_seconds = serializers.IntegerField(
        min_value=MIN_SECONDS, max_value=MAX_SECONDS, required=False, allow_null=True
    )
    cron = serializers.CharField(max_length=200, required=False, allow_blank=True, allow_null=True)
    timezone = serializers.CharField(max_length=64, required=False)


class SchedulePreview(Times):
    """When a schedule would run."""

    count = serializers.IntegerField(min_value=1, max_value=100, required=False)


class Changes(Times):
    """What can be changed of a schedule."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    trigger_node_id = serializers.CharField(max_length=200, required=False)
    total_repeats = serializers.IntegerField(
        min_value=0, max_value=1_000_000_000, required=False, allow_null=True, help_text="0 or null: without end."
    )
    max_retries = serializers.IntegerField(min_value=0, max_value=100, required=False)
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=31 * 86_400, required=False, allow_null=True)
    trigger_payload = JSONObject(required=False)
    catch_up = serializers.ChoiceField(ScheduledJob.CatchUp.choices, required=False)
    overlap = serializers.ChoiceField(ScheduledJob.Overlap.choices, required=False)

    def validate_total_repeats(self, value: int | None) -> int | None:
        return value or None

    def validate_cron(self, value: str | None) -> str:
        return (value or "").strip()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An interval takes the place of a cron line, and the other way round."""
        if attrs.get("interval_seconds") and "cron" not in attrs:
            attrs["cron"] = ""
        if attrs.get("cron") and "interval_seconds" not in attrs:
            attrs["interval_seconds"] = None
        return attrs


class Create(Changes):
    """A new schedule, active at once."""

    name = serializers.CharField(max_length=200)
    workflow_id = serializers.IntegerField()
    trigger_node_id = serializers.CharField(max_length=200)
