"""What goes out, for the documentation: the shapes themselves are made by plain functions."""

from __future__ import annotations

from rest_framework import serializers

from apps.accounts.serializers import Payload
from apps.executions.models import Delivery, ExecutionLog, PendingTask, Status
from apps.executions.models import TriggerEvent as Received


class WaitingFor(Payload):
    """What holds an unfinished execution, since when, and when it wakes by itself. A budget holds none: what would go
    over it fails with `budget_exceeded`."""

    what = serializers.ChoiceField(["queue", "worker", "person", "timer", "child", "callback", "limit"])
    since = serializers.DateTimeField(allow_null=True)
    next_wake = serializers.DateTimeField(allow_null=True)


class Accepted(Payload):
    execution_id = serializers.UUIDField()
    status = serializers.ChoiceField(Status.choices)


class ChatAccepted(Accepted):
    conversation_id = serializers.UUIDField()


class Execution(Payload):
    execution_id = serializers.UUIDField()
    workflow_slug = serializers.CharField()
    workflow_name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="null: one node was run alone.")
    status = serializers.ChoiceField(Status.choices)
    trigger_node_id = serializers.CharField()
    trigger_type = serializers.CharField()
    trigger_payload = serializers.JSONField(help_text="In lists, over 16 KB: {$truncated, size, preview}.")
    final_output = serializers.JSONField(allow_null=True, help_text="In lists, over 16 KB: {$truncated, ...}.")
    error_message = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    failed_node_id = serializers.CharField(allow_null=True)
    parent_execution_id = serializers.UUIDField(allow_null=True)
    parent_node_id = serializers.CharField(allow_null=True)
    rerun_of = serializers.UUIDField(allow_null=True)
    conversation_id = serializers.UUIDField(allow_null=True)
    user = serializers.CharField(allow_null=True, help_text="User name of who triggered it.")
    attempt_group = serializers.IntegerField(help_text="1, and one more for each retry.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)
    total_input_tokens = serializers.IntegerField()
    total_output_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    total_cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    cost_known = serializers.BooleanField(help_text="False: a model without a known price was used; a lower bound.")
    llm_calls = serializers.IntegerField()
    waiting_for = WaitingFor(allow_null=True, help_text="What holds it, while it is unfinished.")


class Log(Payload):
    id = serializers.IntegerField()
    node_id = serializers.CharField()
    step_key = serializers.CharField()
    attempt = serializers.IntegerField()
    attempt_group = serializers.IntegerField()
    status = serializers.ChoiceField(ExecutionLog.Status.choices)
    final = serializers.BooleanField(help_text="Whether this row settled its step.")
    superseded = serializers.BooleanField(help_text="Whether a retry ran the step again.")
    input = serializers.JSONField(allow_null=True)
    output = serializers.JSONField(
        allow_null=True, help_text="The ports. A value over 64 KB is {$ref, size, preview}: see values/."
    )
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    metadata = serializers.JSONField()
    started_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField()
    timestamp = serializers.DateTimeField()


class Child(Payload):
    execution_id = serializers.UUIDField()
    workflow_slug = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    parent_node_id = serializers.CharField(allow_null=True)
    parent_step_key = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)


class TaskVote(Payload):
    actor = serializers.CharField(help_text="A user name, or email:address, or telegram:id.")
    decision = serializers.CharField()
    comment = serializers.CharField()
    via = serializers.CharField()
    at = serializers.DateTimeField()


class Task(Payload):
    id = serializers.IntegerField()
    execution_id = serializers.UUIDField()
    workflow_slug = serializers.CharField()
    workflow_name = serializers.CharField()
    node_id = serializers.CharField()
    step_key = serializers.CharField()
    kind = serializers.ChoiceField(PendingTask.Kind.choices)
    prompt = serializers.CharField()
    schema = serializers.JSONField(allow_null=True)
    assignees = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(PendingTask.Status.choices)
    quorum = serializers.IntegerField(help_text="How many must confirm.")
    answers = TaskVote(many=True)
    decision = serializers.CharField(allow_null=True)
    response = serializers.JSONField(allow_null=True)
    comment = serializers.CharField()
    responded_by = serializers.CharField(allow_null=True)
    child_execution_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    callback_path = serializers.CharField(required=False, help_text="Where to POST a callback's answer.")


class TriggerEvent(Payload):
    id = serializers.IntegerField()
    workflow_slug = serializers.CharField()
    trigger_node_id = serializers.CharField()
    trigger_type = serializers.CharField()
    title = serializers.CharField()
    delivery_key = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(Received.Status.choices)
    reason = serializers.CharField(allow_null=True, help_text="Why nothing was started.")
    attempts = serializers.IntegerField()
    execution_id = serializers.UUIDField(allow_null=True)
    execution_status = serializers.ChoiceField(Status.choices, allow_null=True)
    replay_of = serializers.IntegerField(allow_null=True)
    received_at = serializers.DateTimeField()


class TriggerEventDetail(TriggerEvent):
    event = serializers.JSONField()


class DeliveryShape(Payload):
    id = serializers.UUIDField()
    execution_id = serializers.UUIDField()
    workflow_slug = serializers.CharField()
    task_id = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(Delivery.Kind.choices)
    channel = serializers.CharField()
    address = serializers.JSONField()
    content = serializers.JSONField()
    status = serializers.ChoiceField(Delivery.Status.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    receipt = serializers.JSONField(allow_null=True)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class ExecutionDetail(Execution):
    logs = Log(many=True)
    children = Child(many=True)
    pending_tasks = Task(many=True)
    deliveries = DeliveryShape(many=True)


class Event(Payload):
    type = serializers.CharField()
    channel = serializers.CharField()
    seq = serializers.CharField()
    timestamp = serializers.DateTimeField()
    data = serializers.JSONField()  # type: ignore[assignment]


class Events(Payload):
    items = Event(many=True)
    next = serializers.CharField(help_text="For `since` of the next call.")


class Graph(Payload):
    execution_id = serializers.UUIDField()
    version = serializers.IntegerField(allow_null=True, help_text="null: one node was run alone.")
    trigger_node_id = serializers.CharField()
    nodes = serializers.ListField(
        child=serializers.DictField(), help_text="As they were, each with `run`: status, counts, durations, output."
    )
    edges = serializers.ListField(child=serializers.DictField())
    notes = serializers.ListField(child=serializers.DictField())


class TestCase(Payload):
    about = serializers.CharField()
    nodes = serializers.ListField(child=serializers.DictField())
    edges = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    input = serializers.DictField()
    expect = serializers.DictField()
    others = serializers.DictField(required=False)
    do = serializers.ListField(child=serializers.DictField(), required=False)


class ConversationShape(Payload):
    id = serializers.UUIDField()
    workflow_slug = serializers.CharField()
    user = serializers.CharField(allow_null=True)
    channel = serializers.CharField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Message(Payload):
    id = serializers.CharField()
    role = serializers.ChoiceField(["human", "ai"])
    content = serializers.CharField()
    execution_id = serializers.UUIDField()
    status = serializers.ChoiceField(Status.choices)
    timestamp = serializers.DateTimeField()


class History(Payload):
    items = Message(many=True)
    total = serializers.IntegerField()
    conversation_id = serializers.UUIDField(allow_null=True)


class ConversationDetail(ConversationShape):
    messages = Message(many=True)
    total = serializers.IntegerField(help_text="How many messages there are.")


class Day(Payload):
    date = serializers.DateField()
    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    average_ms = serializers.FloatField(allow_null=True)
    longest_ms = serializers.FloatField(allow_null=True)
    total_tokens = serializers.IntegerField()
    total_cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)


class Stats(Payload):
    since = serializers.DateField()
    days = Day(many=True)
    total = Day()
    latency_ms = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="p50 and p95 of the newest 1,000 completed runs."
    )


class RecentDay(Payload):
    date = serializers.DateField()
    runs = serializers.IntegerField()
    failed = serializers.IntegerField()


class RecentOfWorkflow(Payload):
    workflow_slug = serializers.CharField()
    days = RecentDay(many=True)


class RecentRuns(Payload):
    since = serializers.DateField()
    items = RecentOfWorkflow(many=True)


class Address(Payload):
    address = serializers.URLField()
    complete = serializers.BooleanField()


class PreviewResult(Payload):
    value = serializers.JSONField(allow_null=True)
    execution_id = serializers.UUIDField()
