"""What the API answers about workflows, for its description only: the values are made in shapes.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .access import Standing
from .models import WorkflowCollaborator, WorkflowEdge
from .serializers import Budgets, Note, NotificationRule


class Fault(serializers.Serializer[Any]):
    """A fault: what is wrong, in words, and where."""

    code = serializers.CharField()
    message = serializers.CharField()
    node_id = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    edge = serializers.DictField(required=False)


class Node(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    node_id = serializers.CharField()
    component_type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    is_entry_point = serializers.BooleanField()
    interrupt_before = serializers.BooleanField()
    interrupt_after = serializers.BooleanField()
    position_x = serializers.FloatField()
    position_y = serializers.FloatField()
    config = serializers.DictField()
    subworkflow_id = serializers.CharField(allow_null=True)
    code_block_id = serializers.IntegerField(allow_null=True)
    schedule_job = serializers.DictField(allow_null=True)
    revision = serializers.IntegerField()
    warnings = Fault(many=True)
    updated_at = serializers.DateTimeField()


class Edge(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    source_node_id = serializers.CharField()
    target_node_id = serializers.CharField()
    edge_type = serializers.ChoiceField(WorkflowEdge.Type.choices)
    edge_label = serializers.ChoiceField(WorkflowEdge.Label.choices, allow_blank=True)
    condition_value = serializers.CharField()
    priority = serializers.IntegerField()
    revision = serializers.IntegerField()


class LastExecution(serializers.Serializer[Any]):
    execution_id = serializers.UUIDField()
    status = serializers.CharField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)


class Workflow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    is_public = serializers.BooleanField()
    is_default = serializers.BooleanField()
    error_handler_workflow_id = serializers.IntegerField(allow_null=True)
    input_schema = serializers.DictField(allow_null=True)
    output_schema = serializers.DictField(allow_null=True)
    max_execution_seconds = serializers.IntegerField(allow_null=True)
    concurrency = serializers.IntegerField(allow_null=True)
    rate_limit_per_minute = serializers.IntegerField(allow_null=True)
    budgets = Budgets()
    notifications = NotificationRule(many=True)
    node_count = serializers.IntegerField()
    edge_count = serializers.IntegerField()
    trigger_count = serializers.IntegerField()
    revision = serializers.IntegerField()
    published_version = serializers.IntegerField(allow_null=True)
    last_execution = LastExecution(allow_null=True)
    execution_count = serializers.IntegerField()
    owner = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    role = serializers.ChoiceField(Standing.choices, help_text="What you are to it.")


class WorkflowDetail(Workflow):
    nodes = Node(many=True)
    edges = Edge(many=True)
    notes = Note(many=True)
    seq = serializers.CharField(
        allow_null=True, help_text="Subscribe to its channel `since` this, and no change after this answer is missed."
    )


class Imported(WorkflowDetail):
    warnings = Fault(many=True)


class Restored(WorkflowDetail):
    previous_version = serializers.IntegerField()


class Validation(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    errors = Fault(many=True)  # type: ignore[assignment]
    warnings = Fault(many=True)


class Export(serializers.Serializer[Any]):
    format = serializers.CharField()
    workflow = serializers.DictField()
    nodes = serializers.ListField(child=serializers.DictField())
    edges = serializers.ListField(child=serializers.DictField())
    notes = Note(many=True)


class BulkResult(serializers.Serializer[Any]):
    results = serializers.ListField(child=serializers.DictField(allow_null=True))
    revision = serializers.IntegerField()


class PortShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    data_type = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    description = serializers.CharField()
    filled_by = serializers.ListField(child=serializers.CharField())


class AttachmentShape(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    many = serializers.BooleanField()  # type: ignore[assignment]
    description = serializers.CharField()


class NodeType(serializers.Serializer[Any]):
    component_type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    docs = serializers.CharField()
    category = serializers.CharField()
    icon = serializers.CharField()
    color = serializers.CharField()
    version = serializers.IntegerField()
    inputs = PortShape(many=True)
    outputs = PortShape(many=True)
    attachments = AttachmentShape(many=True)
    attaches_as = serializers.CharField(allow_null=True)
    executable = serializers.BooleanField()
    is_trigger = serializers.BooleanField()
    effect = serializers.CharField()
    forks = serializers.BooleanField()
    loops = serializers.BooleanField()
    config_schema = serializers.DictField()


class Version(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    content_hash = serializers.CharField()
    note = serializers.CharField()
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    is_published = serializers.BooleanField()
    is_draft = serializers.BooleanField()


class VersionDetail(Version):
    snapshot = serializers.DictField()


class FieldChange(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Such as `label`, or `config.text`.")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class NodeChange(serializers.Serializer[Any]):
    node_id = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    changes = FieldChange(many=True)


class NodesDiff(serializers.Serializer[Any]):
    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = NodeChange(many=True)


class EdgeInDiff(serializers.Serializer[Any]):
    source_node_id = serializers.CharField()
    target_node_id = serializers.CharField()
    edge_label = serializers.CharField()
    condition_value = serializers.CharField()


class EdgesDiff(serializers.Serializer[Any]):
    added = EdgeInDiff(many=True)
    removed = EdgeInDiff(many=True)


class Diff(serializers.Serializer[Any]):
    nodes = NodesDiff()
    edges = EdgesDiff()


class Collaborator(serializers.Serializer[Any]):
    username = serializers.CharField()
    role = serializers.ChoiceField(WorkflowCollaborator.Role.choices)
    created_at = serializers.DateTimeField()
