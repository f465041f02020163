"""A schedule, and one row for each time that it was due. These rows are the truth: a fire exists when its row does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow, WorkflowNode
from apps.workflows.timing import Timing


def empty_dict() -> dict[str, Any]:
    return {}


class ScheduledJob(models.Model):
    """What is started when, by the wall clock. `next_run_at` is None when nothing more is due."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        DONE = "done"
        DEAD = "dead"

    class CatchUp(models.TextChoices):
        SKIP = "skip"
        ONCE = "once"
        ALL = "all"

    class Overlap(models.TextChoices):
        ALLOW = "allow"
        SKIP = "skip"
        QUEUE = "queue"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="schedules")
    node = models.ForeignKey(WorkflowNode, on_delete=models.SET_NULL, null=True, related_name="schedules")
    trigger_node_id = models.CharField(max_length=200, help_text="The node's id when the schedule was made.")
    of_node = models.BooleanField(default=False, help_text="Made by the node's own start; follows its config.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    interval_seconds = models.PositiveIntegerField(null=True)
    cron = models.CharField(max_length=200, blank=True, default="")
    timezone = models.CharField(max_length=64, default="UTC")
    total_repeats = models.PositiveIntegerField(null=True)
    max_retries = models.PositiveSmallIntegerField(default=0)
    timeout_seconds = models.PositiveIntegerField(null=True)
    trigger_payload = models.JSONField(default=empty_dict, blank=True)
    catch_up = models.CharField(max_length=5, choices=CatchUp.choices, default=CatchUp.SKIP)
    overlap = models.CharField(max_length=5, choices=Overlap.choices, default=Overlap.SKIP)

    status = models.CharField(max_length=6, choices=Status.choices, default=Status.ACTIVE)
    next_run_at = models.DateTimeField(null=True)
    last_run_at = models.DateTimeField(null=True)
    current_repeat = models.PositiveIntegerField(default=0, help_text="The number of the last time that it was due.")
    current_retry = models.PositiveSmallIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0, help_text="Times that made no run: total_repeats counts runs.")
    run_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "next_run_at"])]
        constraints = [
            models.UniqueConstraint(fields=["node"], condition=Q(of_node=True), name="schedules_one_of_a_node"),
            models.CheckConstraint(
                condition=Q(interval_seconds__isnull=False, cron="") | (Q(interval_seconds=None) & ~Q(cron="")),
                name="schedules_interval_or_cron",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def timing(self) -> Timing:
        return Timing(self.interval_seconds, self.cron, self.timezone)

    @property
    def is_over(self) -> bool:
        """Whether it has been due as often as it should run."""
        return self.total_repeats is not None and self.current_repeat - self.left_out >= self.total_repeats


class ScheduledRun(models.Model):
    """One time that a schedule was due, or one more attempt of it. `number` is None for one started by hand."""

    class State(models.TextChoices):
        WAITING = "waiting"
        STARTED = "started"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        SKIPPED = "skipped"

    job = models.ForeignKey(ScheduledJob, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField(null=True)
    retry = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    execution = models.ForeignKey(WorkflowExecution, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.TextField(blank=True, default="", help_text="Why it failed or was left out.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="schedules_waiting"),
            models.Index(fields=["job", "started_at"], condition=Q(state="started"), name="schedules_started"),
        ]
        constraints = [models.UniqueConstraint(fields=["job", "number", "retry"], name="schedules_fire_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """What makes it unique, also as the execution's idempotency key."""
        if self.number is None:
            return f"sched-{self.job_id}-now{self.pk}"
        return key_of(self.job_id, self.number, self.retry)


def key_of(job_pk: int, number: int, retry: int) -> str:
    """What names one attempt of one time, here and in the queue."""
    return f"sched-{job_pk}-n{number}-rc{retry}"
