"""Response shapes of schedules, for the API's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import ScheduledJob, ScheduledRun


class Schedule(serializers.Serializer[Any]):
    """What starts a trigger at set times."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    workflow_id = serializers.IntegerField()
    workflow_slug = serializers.CharField()
    trigger_node_id = serializers.CharField()
    user_profile_id = serializers.IntegerField(allow_null=True)
    interval_seconds = serializers.IntegerField(allow_null=True)
    cron = serializers.CharField(allow_null=True)
    timezone = serializers.CharField()
    total_repeats = serializers.IntegerField(allow_null=True)
    max_retries = serializers.IntegerField()
    timeout_seconds = serializers.IntegerField(allow_null=True)
    trigger_payload = serializers.DictField()
    catch_up = serializers.ChoiceField(ScheduledJob.CatchUp.choices)
    overlap = serializers.ChoiceField(ScheduledJob.Overlap.choices)
    status = serializers.ChoiceField(ScheduledJob.Status.choices)
    current_repeat = serializers.IntegerField()
    current_retry = serializers.IntegerField()
    last_run_at = serializers.DateTimeField(allow_null=True)
    next_run_at = serializers.DateTimeField(allow_null=True, help_text="null: nothing more is due, or it is paused.")
    run_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    last_error = serializers.CharField(
        allow_null=True, help_text="Of the last run that failed, until one succeeds; or what was missed."
    )
    of_node = serializers.BooleanField(help_text="Made by the node's own start.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Run(serializers.Serializer[Any]):
    """One time that a schedule was due, or one more attempt of it."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(allow_null=True, help_text="null: started by hand.")
    retry = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    state = serializers.ChoiceField(ScheduledRun.State.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    execution_id = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class Fire(serializers.Serializer[Any]):
    """One of the next times."""

    at = serializers.DateTimeField()
    local = serializers.CharField(help_text="On the clock of the zone.")
    clock_changed = serializers.BooleanField(help_text="Whether the clocks are changed before it.")


class Fires(serializers.Serializer[Any]):
    """The next times."""

    timezone = serializers.CharField()
    fires = Fire(many=True)
