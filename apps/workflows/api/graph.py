"""workflows/{slug}/nodes/ and edges/: single edits, each the bulk operation of one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from pipelit.api import IF_MATCH, etag, require_match

from .. import actions, schemas, serializers, shapes
from ..editing import Editor
from ..models import WorkflowEdge, WorkflowNode
from .base import WorkflowScoped, caller, parsed


class NodeViewSet(WorkflowScoped):
    serializer_class = serializers.NodeFields

    @extend_schema(operation_id="workflows_nodes_list", responses=schemas.Node(many=True), tags=["graph"])
    def list(self, request: Request, slug: str) -> Response:
        """The nodes, a flat array."""
        nodes = WorkflowNode.objects.filter(workflow=self.workflow()).select_related("component_config")
        return Response([shapes.node(node) for node in nodes.order_by("id")])

    @extend_schema(responses=schemas.Node, tags=["graph"])
    def retrieve(self, request: Request, slug: str, node_id: str) -> Response:
        node = Editor(self.workflow(), caller(request)).node(node_id)
        return _answer(node)

    @extend_schema(request=serializers.NodeFields, responses={201: schemas.Node}, tags=["graph"])
    @transaction.atomic
    def create(self, request: Request, slug: str) -> Response:
        """Add a node. What is merely unfinished is saved, and told in `warnings`."""
        data = parsed(serializers.NodeFields, request)
        workflow = self.workflow(write=True, lock=True)
        (node,) = actions.edit(workflow, caller(request), [{"op": "create_node", **data}])
        return _answer(node, status.HTTP_201_CREATED)

    @extend_schema(request=serializers.NodeFields, responses=schemas.Node, parameters=[IF_MATCH], tags=["graph"])
    @transaction.atomic
    def partial_update(self, request: Request, slug: str, node_id: str) -> Response:
        """Change a node. A new `node_id` renames it in all expressions that use it; `config` replaces the parts that
        it names."""
        data = parsed(serializers.NodeFields, request, partial=True)
        workflow = self.workflow(write=True, lock=True)
        node = Editor(workflow, caller(request)).node(node_id)
        require_match(request, node.revision, lambda: shapes.node(node))
        renamed = {"new_node_id": data.pop("node_id")} if "node_id" in data else {}
        operation = {"op": "update_node", **data, **renamed, "node_id": node_id}
        (node,) = actions.edit(workflow, caller(request), [operation])
        return _answer(node)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH], tags=["graph"])
    @transaction.atomic
    def destroy(self, request: Request, slug: str, node_id: str) -> Response:
        """Delete a node and its edges."""
        workflow = self.workflow(write=True, lock=True)
        node = Editor(workflow, caller(request)).node(node_id)
        require_match(request, node.revision, lambda: shapes.node(node))
        actions.edit(workflow, caller(request), [{"op": "delete_node", "node_id": node_id}])
        return Response(status=status.HTTP_204_NO_CONTENT)


class EdgeViewSet(WorkflowScoped):
    serializer_class = serializers.EdgeFields

    @extend_schema(operation_id="workflows_edges_list", responses=schemas.Edge(many=True), tags=["graph"])
    def list(self, request: Request, slug: str) -> Response:
        """The edges in order (priority, then age), a flat array."""
        edges = WorkflowEdge.objects.filter(workflow=self.workflow()).select_related("source", "target")
        return Response([shapes.edge(edge) for edge in edges.order_by("priority", "id")])

    @extend_schema(responses=schemas.Edge, tags=["graph"])
    def retrieve(self, request: Request, slug: str, pk: int) -> Response:
        return _answer(Editor(self.workflow(), caller(request)).edge(pk))

    @extend_schema(request=serializers.EdgeFields, responses={201: schemas.Edge}, tags=["graph"])
    @transaction.atomic
    def create(self, request: Request, slug: str) -> Response:
        """Draw an edge; 422 with the reason in words where it cannot be."""
        data = parsed(serializers.EdgeFields, request)
        workflow = self.workflow(write=True, lock=True)
        (edge,) = actions.edit(workflow, caller(request), [{"op": "create_edge", **data}])
        return _answer(edge, status.HTTP_201_CREATED)

    @extend_schema(request=serializers.EdgeFields, responses=schemas.Edge, parameters=[IF_MATCH], tags=["graph"])
    @transaction.atomic
    def partial_update(self, request: Request, slug: str, pk: int) -> Response:
        data = parsed(serializers.EdgeFields, request, partial=True)
        workflow = self.workflow(write=True, lock=True)
        edge = Editor(workflow, caller(request)).edge(pk)
        require_match(request, edge.revision, lambda: shapes.edge(edge))
        (edge,) = actions.edit(workflow, caller(request), [{"op": "update_edge", "id": pk, **data}])
        return _answer(edge)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH], tags=["graph"])
    @transaction.atomic
    def destroy(self, request: Request, slug: str, pk: int) -> Response:
        workflow = self.workflow(write=True, lock=True)
        edge = Editor(workflow, caller(request)).edge(pk)
        require_match(request, edge.revision, lambda: shapes.edge(edge))
        actions.edit(workflow, caller(request), [{"op": "delete_edge", "id": pk}])
        return Response(status=status.HTTP_204_NO_CONTENT)


def _answer(made: Any, code: int = status.HTTP_200_OK) -> Response:
    body = shapes.node(made) if isinstance(made, WorkflowNode) else shapes.edge(made)
    return Response(body, status=code, headers={"ETag": etag(made.revision)})
