"""Nodes and edges: the graph as it is drawn."""

from __future__ import annotations

from django.db import models

from .workflow import Workflow


class WorkflowNode(models.Model):
    """One box on the canvas. Its component_type never changes; its settings are its ComponentConfig."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="nodes")
    node_id = models.CharField(max_length=63)
    component_type = models.CharField(max_length=63)
    label = models.CharField(max_length=200, blank=True, default="")
    is_entry_point = models.BooleanField(default=False)
    interrupt_before = models.BooleanField(default=False)
    interrupt_after = models.BooleanField(default=False)
    position_x = models.FloatField(default=0)
    position_y = models.FloatField(default=0)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["workflow", "node_id"], name="node_id_unique_in_workflow")]

    def __str__(self) -> str:
        return self.node_id


class WorkflowEdge(models.Model):
    """source -> target. `edge_label` is empty for data flow; a conditional edge leaves a switch."""

    class Type(models.TextChoices):
        DIRECT = "direct"
        CONDITIONAL = "conditional"

    class Label(models.TextChoices):
        DATA = "", "data"
        LLM = "llm"
        TOOL = "tool"
        MEMORY = "memory"
        OUTPUT_PARSER = "output_parser"
        LOOP_BODY = "loop_body"
        LOOP_RETURN = "loop_return"
        ERROR = "error"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="edges")
    source = models.ForeignKey(WorkflowNode, on_delete=models.CASCADE, related_name="outgoing")
    target = models.ForeignKey(WorkflowNode, on_delete=models.CASCADE, related_name="incoming")
    edge_type = models.CharField(max_length=12, choices=Type.choices, default=Type.DIRECT)
    edge_label = models.CharField(max_length=14, choices=Label.choices, default=Label.DATA, blank=True)
    condition_value = models.CharField(max_length=200, blank=True, default="")
    priority = models.IntegerField(default=0)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["priority", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "edge_label", "condition_value"], name="edge_drawn_once"
            )
        ]
