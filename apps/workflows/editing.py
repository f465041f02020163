"""Editor: changes to one workflow's graph, inside one transaction, all or nothing.

Single edits and bulk operations take the same path: apply, check what changed, raise the revision, tell.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.db.models import F

from apps.accounts.models import UserProfile
from pipelit import events
from pipelit.errors import Conflict, Invalid, NotFound

from . import calls, configs, notes, renaming, sealing, shapes
from .components import registry
from .edges import edge_faults
from .models import ComponentConfig, Workflow, WorkflowEdge, WorkflowNode
from .snapshot import flat_config, stored_config
from .topology import Graph
from .validation import FIXED_NAMES, entry_of

NODE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
KEYWORDS = frozenset(
    "and as autoescape block break call caller continue do elif else endautoescape endblock endcall endfilter endfor "
    "endif endmacro endraw endset endwith extends false False filter for from if import in include is kwargs loop "
    "macro none None not or raw recursive self set super true True varargs with without context".split()
)
RESERVED = FIXED_NAMES | KEYWORDS
POSITION = frozenset({"position_x", "position_y"})
NODE_FIELDS = ("label", "is_entry_point", "interrupt_before", "interrupt_after", "position_x", "position_y")


class Editor:
    """Made under a lock on the workflow's row; `finish` must be called once, in the same transaction."""

    def __init__(self, workflow: Workflow, actor: UserProfile | None) -> None:
        self.workflow = workflow
        self.actor = actor
        self._events: list[events.Event] = []
        self._new_edges: set[int] = set()
        self._changed = False
        self._check_graph = False
        self._wrote = False

    def node(self, node_id: str) -> WorkflowNode:
        found = WorkflowNode.objects.filter(workflow=self.workflow, node_id=node_id).first()
        if found is None:
            raise NotFound(f'There is no node "{node_id}" in workflow "{self.workflow.slug}".')
        return found

    def edge(self, edge_id: int) -> WorkflowEdge:
        edges = WorkflowEdge.objects.filter(workflow=self.workflow, pk=edge_id).select_related("source", "target")
        found = edges.first()
        if found is None:
            raise NotFound(f'There is no edge {edge_id} in workflow "{self.workflow.slug}".')
        return found

    def create_node(self, data: Mapping[str, Any]) -> WorkflowNode:
        component = registry.get(data["component_type"])
        node_id = data.get("node_id") or f"{component.type[:50]}_{secrets.token_hex(3)}"
        check_node_id(node_id)
        flat = sealing.sealed(self.workflow, component.type, checked_config(component.type, data.get("config") or {}))
        fields = {name: data[name] for name in NODE_FIELDS if name in data}
        fields.setdefault("is_entry_point", component.is_trigger())
        if WorkflowNode.objects.filter(workflow=self.workflow, node_id=node_id).exists():
            raise Conflict(f'There is a node "{node_id}" already; node ids are unique in a workflow.', code="duplicate")
        node = WorkflowNode.objects.create(
            workflow=self.workflow, node_id=node_id, component_type=component.type, **fields
        )
        self._save_config(node, flat)
        self._tell("node_created", node=node)
        return node

    def update_node(self, node: WorkflowNode, data: Mapping[str, Any]) -> WorkflowNode:
        """Change what is named; `config` replaces the parts of the config that it names."""
        if "component_type" in data and data["component_type"] != node.component_type:
            message = "A node's component_type never changes: delete it and make another."
            raise Invalid(message, fields={"component_type": [message]})
        old_id, new_id = node.node_id, data.get("node_id") or node.node_id
        for name in NODE_FIELDS:
            if name in data:
                setattr(node, name, data[name])
        edited = bool(set(data) - POSITION)
        if edited:
            node.revision += 1
        if new_id != old_id:
            check_node_id(new_id)
            if WorkflowNode.objects.filter(workflow=self.workflow, node_id=new_id).exists():
                raise Conflict(f'There is a node "{new_id}" already.', code="duplicate")
            node.node_id = new_id
        node.save()
        if "config" in data:
            self._update_config(node, data["config"])
        if new_id != old_id:
            self._rename(node, old_id)
        more = {"old_node_id": old_id} if new_id != old_id else {}
        self._tell("node_updated", node=node, changed=edited, more=more)
        return node

    def delete_node(self, node: WorkflowNode) -> None:
        edge_ids = list(WorkflowEdge.objects.filter(source=node).values_list("pk", flat=True))
        edge_ids += WorkflowEdge.objects.filter(target=node).values_list("pk", flat=True)
        node_id = node.node_id
        node.delete()
        self._tell("node_deleted", data={"node_id": node_id, "edge_ids": edge_ids})

    def create_edge(self, data: Mapping[str, Any]) -> WorkflowEdge:
        condition = data.get("condition_value") or ""
        kind = data.get("edge_type") or (WorkflowEdge.Type.CONDITIONAL if condition else WorkflowEdge.Type.DIRECT)
        ends = [self._end(data[name]) for name in ("source_node_id", "target_node_id")]
        self._check_type(kind, condition)
        edge = WorkflowEdge(
            workflow=self.workflow, source=ends[0], target=ends[1], edge_type=kind,
            edge_label=data.get("edge_label") or "", condition_value=condition, priority=data.get("priority") or 0,
        )  # fmt: skip
        self._save_edge(edge)
        self._tell("edge_created", edge=edge)
        return edge

    def update_edge(self, edge: WorkflowEdge, data: Mapping[str, Any]) -> WorkflowEdge:
        for name, end in (("source_node_id", "source"), ("target_node_id", "target")):
            if name in data:
                setattr(edge, end, self._end(data[name]))
        for name in ("edge_type", "edge_label", "condition_value", "priority"):
            if name in data:
                setattr(edge, name, data[name])
        if "condition_value" in data and "edge_type" not in data:
            edge.edge_type = WorkflowEdge.Type.CONDITIONAL if edge.condition_value else WorkflowEdge.Type.DIRECT
        self._check_type(edge.edge_type, edge.condition_value)
        edge.revision += 1
        self._save_edge(edge)
        self._tell("edge_updated", edge=edge)
        return edge

    def delete_edge(self, edge: WorkflowEdge) -> None:
        edge_id = edge.pk
        edge.delete()
        self._tell("edge_deleted", data={"id": edge_id})

    def put_note(self, note: dict[str, Any], old_text: str | None = None) -> dict[str, Any]:
        """Add a note, or put it in place of the one with its id. A mere move is no new revision. Raises Conflict if
        its text is not `old_text`, over which it was written: somebody else has written, too."""
        others = [one for one in self.workflow.notes if one["id"] != note["id"]]
        old = next((one for one in self.workflow.notes if one["id"] == note["id"]), None)
        if old is not None and old_text is not None and old["text"] not in (old_text, note["text"]):
            raise Conflict("Somebody has changed the text of this note meanwhile.", code="note_changed")
        if old is None and len(others) >= notes.MAX_NOTES:
            raise Invalid(f"A workflow has at most {notes.MAX_NOTES} notes and groups.", code="too_many_notes")
        self.workflow.notes = [note if one is old else one for one in self.workflow.notes] if old else [*others, note]
        self._wrote = True
        self._changed = self._changed or old is None or {**old, "x": note["x"], "y": note["y"]} != note
        return note

    def delete_note(self, note_id: str) -> None:
        left = [one for one in self.workflow.notes if one["id"] != note_id]
        if len(left) == len(self.workflow.notes):
            raise NotFound(f'There is no note "{note_id}" in workflow "{self.workflow.slug}".')
        self.workflow.notes = left
        self._wrote = self._changed = True

    def finish(self) -> None:
        """Check the graph as it is now, raise the revision, and publish on commit."""
        if self._wrote:
            self._save_notes()
        if self._check_graph:
            self._refuse_faults()
        if self._changed:
            Workflow.objects.filter(pk=self.workflow.pk).update(revision=F("revision") + 1)
            self.workflow.revision += 1
        events.on_commit(*self._events)

    def _save_notes(self) -> None:
        Workflow.objects.filter(pk=self.workflow.pk).update(notes=self.workflow.notes)
        data = {"slug": self.workflow.slug, "changed": ["notes"], "notes": self.workflow.notes}
        self._tell("workflow_updated", data=data, changed=False)

    def _refuse_faults(self) -> None:
        nodes = WorkflowNode.objects.filter(workflow=self.workflow).order_by("id").values("node_id", "component_type")
        edges = WorkflowEdge.objects.filter(workflow=self.workflow).order_by("priority", "id")
        names = ("pk", "source__node_id", "target__node_id", "edge_label", "condition_value", "priority")
        keys = ("pk", "source", "target", "label", "condition", "priority")
        drawn = [dict(zip(keys, row, strict=True)) for row in edges.values_list(*names)]
        graph = Graph(nodes, drawn)
        new = [edge for row, edge in zip(drawn, graph.edges, strict=True) if row["pk"] in self._new_edges]
        found = edge_faults(graph, new)
        if found:
            raise Invalid(found[0].message, code=found[0].code, validation_errors=[entry_of(fault) for fault in found])

    def _end(self, node_id: str) -> WorkflowNode:
        found = WorkflowNode.objects.filter(workflow=self.workflow, node_id=node_id).first()
        if found is None:
            raise Invalid(f'There is no node "{node_id}" in this workflow to connect.', code="missing_node")
        return found

    @staticmethod
    def _check_type(kind: str, condition: str) -> None:
        if (kind == WorkflowEdge.Type.CONDITIONAL) != bool(condition):
            message = "A conditional edge needs a condition_value, and only a conditional edge has one."
            raise Invalid(message, code="conditional", fields={"condition_value": [message]})

    def _save_edge(self, edge: WorkflowEdge) -> None:
        same = WorkflowEdge.objects.filter(
            source=edge.source, target=edge.target, edge_label=edge.edge_label, condition_value=edge.condition_value
        )
        if same.exclude(pk=edge.pk).exists():
            raise Conflict(
                f'"{edge.source.node_id}" and "{edge.target.node_id}" are connected so already.', code="duplicate"
            )
        try:
            edge.save()
        except IntegrityError as error:
            raise Conflict("The same edge was drawn in this moment by somebody else.", code="duplicate") from error
        self._new_edges.add(edge.pk)
        self._check_graph = True

    def _save_config(self, node: WorkflowNode, flat: Mapping[str, Any]) -> None:
        if node.component_type == calls.CALL:
            calls.refuse_cycle(self.workflow, flat)
        config = stored_config(node, flat)
        config.save()
        node.component_config = config

    def _update_config(self, node: WorkflowNode, wire: Mapping[str, Any]) -> None:
        component = registry.get(node.component_type)
        old = ComponentConfig.objects.get(node=node)
        before = flat_config(old)
        merged = {**configs.unflatten(before, component), **wire}
        flat = sealing.sealed(self.workflow, component.type, checked_config(component.type, merged), before)
        old.delete()
        self._save_config(node, flat)

    def _rename(self, renamed: WorkflowNode, old: str) -> None:
        """Let all configs follow. The nodes that did are edits of their own."""
        for config in ComponentConfig.objects.filter(node__workflow=self.workflow).select_related("node"):
            if not renaming.rename(config, old, renamed.node_id):
                continue
            config.save()
            if config.node_id == renamed.pk:
                renamed.component_config = config
                continue
            config.node.revision += 1
            config.node.save(update_fields=["revision", "updated_at"])
            config.node.component_config = config
            self._tell("node_updated", node=config.node)

    def _tell(
        self,
        event: str,
        *,
        node: WorkflowNode | None = None,
        edge: WorkflowEdge | None = None,
        data: dict[str, Any] | None = None,
        changed: bool = True,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self._changed = self._changed or changed
        body = shapes.node(node) if node else shapes.edge(edge) if edge else data or {}
        actor = self.actor.username if self.actor else None
        self._events.append(
            events.Event(event, (f"workflow:{self.workflow.slug}",), {**body, **(more or {}), "actor": actor})
        )


def check_node_id(node_id: str) -> None:
    """Raise Invalid for what cannot be named in an expression."""
    if not NODE_ID.fullmatch(node_id):
        message = "A node id is a letter, then up to 62 letters, digits or underscores."
        raise Invalid(f'"{node_id[:80]}" is no node id. {message}', fields={"node_id": [message]})
    if node_id in RESERVED:
        message = f'"{node_id}" has a meaning in expressions; choose another id.'
        raise Invalid(message, fields={"node_id": [message]})


def checked_config(component_type: str, wire: Any) -> dict[str, Any]:
    """The flat config; raises Invalid with `fields` for what is wrong rather than unfinished."""
    component = registry.get(component_type)
    flat = configs.flatten(wire, component)
    errors = configs.faults(component, flat).errors
    if errors:
        name, sentences = next(iter(errors.items()))
        fields = {f"config.{field}": found for field, found in errors.items()}
        raise Invalid(f"{component.label}: field {name!r}: {sentences[0]}", code="config_error", fields=fields)
    return flat
