"""Request and response shapes of workflows. Unknown fields are refused."""

from __future__ import annotations

import json
import re
from typing import Any

from rest_framework import serializers

from apps.credentials.models import BaseCredential

from . import notes, notifications
from .actions import OPERATIONS, RESERVED_SLUGS
from .components import _json_schema as json_schema
from .models import WorkflowCollaborator, WorkflowEdge

MAX_SECONDS = 10 * 366 * 86_400


class Payload(serializers.Serializer[Any]):
    """A request body: unknown fields are an error, so that a slip does not pass in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class JSONObject(serializers.DictField):
    """Any JSON object. A number too large for a float, which Python reads as infinite, is none."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            json.dumps(data, allow_nan=False)
        except ValueError as error:
            raise serializers.ValidationError("It holds a number that JSON cannot express.") from error
        return super().to_internal_value(data)


class Budgets(Payload):
    tokens = serializers.IntegerField(min_value=0, max_value=10**15, allow_null=True, required=False)
    usd = serializers.DecimalField(max_digits=14, decimal_places=6, min_value=0, allow_null=True, required=False)


class NotificationRule(Payload):
    on = serializers.ChoiceField(["failed", "recovered", "waiting", "undelivered"])
    channel = serializers.ChoiceField(["email", "callback", "telegram"])
    to = serializers.CharField(max_length=2000, help_text="A mail address, a URL, or the id of a Telegram chat.")
    credential_id = serializers.IntegerField(
        required=False, allow_null=True, help_text="The Telegram bot; the secret that signs a callback."
    )
    after_minutes = serializers.IntegerField(
        required=False, help_text="For waiting: how long an execution may wait before somebody is told (60)."
    )


class WorkflowFields(Payload):
    name = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=200, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), required=False, max_length=50)
    is_active = serializers.BooleanField(required=False)
    is_public = serializers.BooleanField(required=False)
    is_default = serializers.BooleanField(required=False)
    error_handler_workflow = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    input_schema = JSONObject(required=False, allow_null=True)
    output_schema = JSONObject(required=False, allow_null=True)
    max_execution_seconds = serializers.IntegerField(
        min_value=1, max_value=MAX_SECONDS, required=False, allow_null=True
    )
    concurrency = serializers.IntegerField(min_value=1, max_value=10_000, required=False, allow_null=True)
    rate_limit_per_minute = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    budgets = Budgets(required=False, allow_null=True)
    notifications = NotificationRule(many=True, required=False)

    def validate_notifications(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            rules = notifications.parse(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None
        for number, rule in enumerate(rules):
            kind, key = notifications.KINDS.get(rule.channel), rule.credential_id
            if kind and key and not BaseCredential.objects.filter(pk=key, credential_type=kind).exists():
                raise serializers.ValidationError(f"{number}: credential_id: Choose a credential of kind {kind}.")
        return [rule.model_dump(exclude_none=True) for rule in rules]

    def validate_input_schema(self, value: Any) -> Any:
        if value and (found := json_schema.fault(value)):
            raise serializers.ValidationError(found)
        return value

    validate_output_schema = validate_input_schema

    def validate_slug(self, value: str) -> str:
        if value.isdigit() or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
            raise serializers.ValidationError("Small letters, digits, - and _; not a number alone.")
        if value in RESERVED_SLUGS:
            raise serializers.ValidationError("The API uses this word itself; choose another slug.")
        return value


class Note(Payload):
    """A note on the canvas, or a group: a titled frame around nodes. Its id begins with its kind: note-1a2b."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(["note", "group"])
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()
    color = serializers.ChoiceField(["amber", "green", "blue", "purple", "red", "grey"], required=False)


class NodeFields(Payload):
    node_id = serializers.CharField(max_length=200, required=False)
    component_type = serializers.CharField(max_length=63)
    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    is_entry_point = serializers.BooleanField(required=False)
    interrupt_before = serializers.BooleanField(required=False)
    interrupt_after = serializers.BooleanField(required=False)
    position_x = serializers.FloatField(required=False)
    position_y = serializers.FloatField(required=False)
    config = JSONObject(required=False)


class EdgeFields(Payload):
    source_node_id = serializers.CharField(max_length=63)
    target_node_id = serializers.CharField(max_length=63)
    edge_type = serializers.ChoiceField(WorkflowEdge.Type.choices, required=False)
    edge_label = serializers.ChoiceField(WorkflowEdge.Label.choices, required=False, allow_blank=True)
    condition_value = serializers.CharField(max_length=200, required=False, allow_blank=True)
    priority = serializers.IntegerField(required=False, min_value=-1_000_000, max_value=1_000_000)


class Operation(serializers.Serializer[Any]):
    op = serializers.ChoiceField(OPERATIONS)

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        name = found["op"]
        body = {key: value for key, value in data.items() if key != "op"}
        if name.endswith("_note"):
            return {**found, **_note_operation(name, body)}
        if name in ("update_node", "delete_node"):
            _require(body, "node_id", str)
            allowed = set(NodeFields().fields) | {"new_node_id"} if name == "update_node" else {"node_id"}
            allowed.add("revision")
        elif name in ("update_edge", "delete_edge"):
            _require(body, "id", int)
            allowed = set(EdgeFields().fields) | {"id"} if name == "update_edge" else {"id"}
            allowed.add("revision")
        else:
            allowed = set((NodeFields if name == "create_node" else EdgeFields)().fields)
        unknown = set(body) - allowed
        if unknown:
            raise serializers.ValidationError({key: ["There is no such field."] for key in sorted(unknown)})
        shape = NodeFields if name.endswith("node") else EdgeFields
        for key, kind in (("new_node_id", str), ("revision", int)):
            if key in body:
                _require(body, key, kind)
        extra = {key: body.pop(key) for key in ("id", "new_node_id", "revision") if key in body}
        checked = shape(data=body, partial=not name.startswith("create"))
        checked.is_valid(raise_exception=True)
        return {**found, **checked.validated_data, **extra}


def _note_operation(name: str, body: dict[str, Any]) -> dict[str, Any]:
    key = "note" if name == "put_note" else "id"
    _require(body, key, dict if key == "note" else str)
    based = {"old_text"} & set(body) if key == "note" else set()
    for name in based:
        _require(body, name, str)
    if unknown := set(body) - {key} - based:
        raise serializers.ValidationError({one: ["There is no such field."] for one in sorted(unknown)})
    return {**body, "note": _notes([body["note"]])[0]} if key == "note" else body


def _notes(value: Any) -> list[dict[str, Any]]:
    try:
        return notes.parse(value)
    except ValueError as error:
        raise serializers.ValidationError({"note": [str(error)]}) from None


def _require(body: dict[str, Any], name: str, kind: type) -> None:
    if type(body.get(name)) is not kind:
        raise serializers.ValidationError({name: ["This names what to change; it is required."]})


class Bulk(Payload):
    operations = serializers.ListField(child=Operation(), min_length=1, max_length=1000)


class ImportedNode(NodeFields):
    node_id = serializers.CharField(max_length=200)
    version = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)


class Import(Payload):
    format = serializers.ChoiceField(["pipelit/1"], required=False)
    workflow = WorkflowFields()
    nodes = ImportedNode(many=True, max_length=5000)  # type: ignore[call-arg]
    edges = EdgeFields(many=True, max_length=20_000)  # type: ignore[call-arg]
    notes = Note(many=True, required=False, max_length=notes.MAX_NOTES)  # type: ignore[call-arg]

    def validate_notes(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _notes(value)


class Publish(Payload):
    number = serializers.IntegerField(required=False, min_value=1)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class Restore(Payload):
    number = serializers.IntegerField(min_value=1)


class CollaboratorFields(Payload):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(WorkflowCollaborator.Role.choices, default=WorkflowCollaborator.Role.EDITOR)


class BatchDelete(Payload):
    slugs = serializers.ListField(child=serializers.CharField(max_length=200), min_length=1, max_length=200)
