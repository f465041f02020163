"""ComponentConfig: the settings of a node, polymorphic on a single table, one proxy per family."""

from __future__ import annotations

from typing import Any

from django.db import models
from polymorphic.models import PolymorphicModel

from ..components.base import FAMILY_FIELDS, Family
from .node import WorkflowNode


def empty_dict() -> dict[str, Any]:
    return {}


class ComponentConfig(PolymorphicModel):
    """A node's settings. What the family has as columns lies there, the component's own fields in `extra_config`
    (and `trigger_config`); all of them together, flat, are validated by the component's `Config`."""

    family: Family | None = None

    node = models.OneToOneField(WorkflowNode, on_delete=models.CASCADE, related_name="component_config")
    component_type = models.CharField(max_length=63)
    version = models.PositiveIntegerField(
        default=1, help_text="The component version that the fields were written for."
    )
    system_prompt = models.TextField(null=True, blank=True)
    llm_credential_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    model_name = models.CharField(max_length=200, null=True, blank=True)
    temperature = models.JSONField(null=True, blank=True)
    max_tokens = models.JSONField(null=True, blank=True)
    top_p = models.JSONField(null=True, blank=True)
    frequency_penalty = models.JSONField(null=True, blank=True)
    presence_penalty = models.JSONField(null=True, blank=True)
    timeout = models.JSONField(null=True, blank=True)
    max_retries = models.JSONField(null=True, blank=True)
    response_format = models.JSONField(null=True, blank=True)
    credential_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    is_active = models.BooleanField(default=True)
    priority = models.IntegerField(default=0)
    trigger_config = models.JSONField(default=empty_dict, blank=True)
    extra_config = models.JSONField(default=empty_dict, blank=True)

    @property
    def column_fields(self) -> tuple[str, ...]:
        return FAMILY_FIELDS.get(self.family, ()) if self.family else ()


class ModelConfig(ComponentConfig):
    family = Family.MODEL

    class Meta:
        proxy = True


class AIConfig(ComponentConfig):
    family = Family.AI

    class Meta:
        proxy = True


class TriggerConfig(ComponentConfig):
    family = Family.TRIGGER

    class Meta:
        proxy = True


class CodeConfig(ComponentConfig):
    family = Family.CODE

    class Meta:
        proxy = True


class ToolConfig(ComponentConfig):
    family = Family.TOOL

    class Meta:
        proxy = True


class LogicConfig(ComponentConfig):
    family = Family.LOGIC

    class Meta:
        proxy = True


class MemoryConfig(ComponentConfig):
    family = Family.MEMORY

    class Meta:
        proxy = True


class PlatformConfig(ComponentConfig):
    family = Family.PLATFORM

    class Meta:
        proxy = True


FAMILY_MODELS: dict[Family, type[ComponentConfig]] = {
    model.family: model
    for model in (
        ModelConfig,
        AIConfig,
        TriggerConfig,
        CodeConfig,
        ToolConfig,
        LogicConfig,
        MemoryConfig,
        PlatformConfig,
    )
}
