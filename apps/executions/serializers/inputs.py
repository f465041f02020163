"""What comes in. Unknown members are refused."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.serializers import Strict
from apps.executions.waiting import LONGEST

TEXT: dict[str, Any] = {"max_length": 1_000_000, "trim_whitespace": False}
VERSION: dict[str, Any] = {
    "regex": r"^(draft|published|[1-9][0-9]{0,8})$",
    "required": False,
    "allow_null": True,
    "help_text": "draft, published or a number. Default: the published version if there is one, else the draft.",
}
TRIGGER: dict[str, Any] = {"max_length": 63, "required": False, "allow_null": True}


class Execute(Strict):
    text = serializers.CharField(required=False, allow_blank=True, allow_null=True, **TEXT)
    payload = serializers.DictField(required=False, allow_null=True)
    trigger_node_id = serializers.CharField(help_text="Default: the first manual trigger, else the first.", **TRIGGER)
    version = serializers.RegexField(**VERSION)
    wait = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST, help_text="Seconds to wait for the result."
    )


class Chat(Strict):
    text = serializers.CharField(**TEXT)
    payload = serializers.DictField(required=False, allow_null=True)
    trigger_node_id = serializers.CharField(help_text="Default: the first chat trigger.", **TRIGGER)
    conversation_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The conversation to go on with. Default: a new one."
    )
    version = serializers.RegexField(**VERSION)


class Rerun(Strict):
    from_step = serializers.CharField(
        max_length=63, required=False, allow_null=True, help_text="What was recorded before this node is taken over."
    )
    edits = serializers.DictField(
        child=serializers.DictField(),
        required=False,
        allow_null=True,
        help_text="Outputs to use in place of recorded ones: {node_id: {port: value}}; not of nodes in a loop.",
    )
    version = serializers.RegexField(
        **{**VERSION, "help_text": "draft, published or a number. Default: the version that ran."}
    )


class Respond(Strict):
    decision = serializers.ChoiceField(["confirmed", "cancelled"])
    data = serializers.JSONField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="What the form collected."
    )
    comment = serializers.CharField(required=False, allow_blank=True, max_length=20_000, trim_whitespace=False)


class Delegate(Strict):
    to = serializers.CharField(max_length=150, help_text="A user name.")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class ExecutionIds(Strict):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class RunNode(Strict):
    inputs = serializers.DictField(
        child=serializers.DictField(),
        required=False,
        allow_null=True,
        help_text="Outputs of the nodes before it, {node_id: {port: value}}. Default: as recorded by the last run.",
    )
    execution_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The run whose records are used. Default: the last one."
    )
    wait = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=LONGEST)


class Preview(Strict):
    expression = serializers.JSONField(help_text="A template, or an object or list with templates in it.")
    execution_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The run whose values are shown. Default: the last one."
    )
