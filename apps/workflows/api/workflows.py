"""workflows/: the graphs themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import UserProfile
from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted
from pipelit import events
from pipelit.api import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    BaseViewSet,
    Pagination,
    etag,
    idempotency_key,
    query_parameter,
    require_match,
)

from .. import access, actions, facts, repeats, schemas, serializers, shapes, snapshot, transfer, validation
from ..components import registry
from ..components.describe import describe
from ..models import Workflow, WorkflowEdge, WorkflowNode
from ..topology import Graph
from .base import WorkflowScoped, caller, parsed

ORDERINGS = tuple(f"{sign}{name}" for name in ("name", "created_at", "updated_at") for sign in ("", "-"))
FILTERS = [
    OpenApiParameter("search", str, description="In name, slug and description."),
    OpenApiParameter("tags", str, description="Comma-separated; those that have all of them."),
    OpenApiParameter("active", bool),
    OpenApiParameter("ordering", str, enum=ORDERINGS, description="Default: -updated_at."),
]


def counts(ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """node_count, edge_count and trigger_count by workflow id, in two queries."""
    chosen = list(ids)
    triggers = [name for name, component in registry.all_components().items() if component.is_trigger()]
    found = {key: {"node_count": 0, "edge_count": 0, "trigger_count": 0} for key in chosen}
    nodes = WorkflowNode.objects.filter(workflow__in=chosen).order_by().values("workflow")
    for row in nodes.annotate(n=Count("id"), t=Count("id", filter=Q(component_type__in=triggers))):
        found[row["workflow"]] |= {"node_count": row["n"], "trigger_count": row["t"]}
    edges = WorkflowEdge.objects.filter(workflow__in=chosen).order_by().values("workflow")
    for count in edges.annotate(n=Count("id")):
        found[count["workflow"]]["edge_count"] = count["n"]
    return found


def shown(workflows: Iterable[Workflow], user: UserProfile) -> list[dict[str, Any]]:
    """Workflows as a list shows them, and what the one who asks is to each."""
    rows = list(workflows)
    ids = [row.pk for row in rows]
    numbers, ran, roles = counts(ids), facts.executions(ids), access.roles_of(user, rows)
    return [
        {**shapes.workflow(row, numbers[row.pk], ran.get(row.pk, facts.NONE)), "role": roles[row.pk]} for row in rows
    ]


def detail(workflow: Workflow, user: UserProfile) -> dict[str, Any]:
    """A workflow with its nodes, edges and notes."""
    seq = events.newest(f"workflow:{workflow.slug}")
    nodes = list(WorkflowNode.objects.filter(workflow=workflow).select_related("component_config").order_by("id"))
    edges = list(workflow.edges.select_related("source", "target").order_by("priority", "id"))
    graph = Graph(*_values(workflow))
    warnings = {
        node.node_id: validation.node_errors(graph, node.node_id) + validation.node_warnings(graph, node.node_id)
        for node in nodes
    }
    return {
        **shown([workflow], user)[0],
        "nodes": [shapes.node(node, warnings[node.node_id]) for node in nodes],
        "edges": [shapes.edge(edge) for edge in edges],
        "notes": workflow.notes,
        "seq": seq,
    }


def _values(workflow: Workflow) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    taken = snapshot.take(workflow)
    return taken["nodes"], taken["edges"]


class WorkflowViewSet(BaseViewSet):
    permission_classes = [IsSignedIn]
    serializer_class = serializers.WorkflowFields
    pagination_class = Pagination
    lookup_field = "slug"
    query_parameters = {"list": ("search", "tags", "active", "ordering")}

    def get_queryset(self) -> QuerySet[Workflow]:
        found = access.readable(caller(self.request)).select_related("owner", "published_version")
        return found.defer("published_version__snapshot")

    @extend_schema(
        operation_id="workflows_list", parameters=FILTERS, responses=schemas.Workflow(many=True), tags=["workflows"]
    )
    def list(self, request: Request) -> Response:
        """Workflows that you may read."""
        found = self.get_queryset()
        if search := query_parameter(request, "search"):
            found = found.filter(
                Q(name__icontains=search) | Q(slug__icontains=search) | Q(description__icontains=search)
            )
        for tag in filter(None, (query_parameter(request, "tags") or "").split(",")):
            written = (json.dumps(tag.strip(), ensure_ascii=escaped) for escaped in (True, False))
            found = found.filter(reduce(or_, (Q(tags__icontains=text) for text in written)))
        if active := query_parameter(request, "active", ("true", "false")):
            found = found.filter(is_active=active == "true")
        ordering = query_parameter(request, "ordering", ORDERINGS) or "-updated_at"
        page = self.paginate_queryset(found.order_by(ordering, "-id"))
        return self.get_paginated_response(shown(page or [], caller(request)))

    @extend_schema(request=serializers.WorkflowFields, responses={201: schemas.WorkflowDetail}, tags=["workflows"])
    def create(self, request: Request) -> Response:
        """Create an empty workflow; without a slug one is made from the name."""
        workflow = actions.create_workflow(caller(request), parsed(serializers.WorkflowFields, request))
        return Response(
            detail(workflow, caller(request)), status=status.HTTP_201_CREATED, headers={"ETag": etag(workflow.revision)}
        )

    @extend_schema(responses=schemas.WorkflowDetail, tags=["workflows"])
    def retrieve(self, request: Request, slug: str) -> Response:
        """A workflow with its nodes and edges."""
        workflow = access.get_workflow(caller(request), slug)
        return Response(detail(workflow, caller(request)), headers={"ETag": etag(workflow.revision)})

    @extend_schema(
        request=serializers.WorkflowFields, responses=schemas.WorkflowDetail, parameters=[IF_MATCH], tags=["workflows"]
    )
    @transaction.atomic
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change what is named."""
        workflow = access.get_workflow(caller(request), slug, write=True, lock=True)
        require_match(request, workflow.revision, lambda: detail(workflow, caller(request)))
        fields = parsed(serializers.WorkflowFields, request, partial=True)
        actions.update_workflow(caller(request), workflow, fields)
        return Response(detail(workflow, caller(request)), headers={"ETag": etag(workflow.revision)})

    @extend_schema(responses={204: None}, parameters=[IF_MATCH], tags=["workflows"])
    @transaction.atomic
    def destroy(self, request: Request, slug: str) -> Response:
        """Hide a workflow and stop its triggers; its executions stay and finish."""
        workflow = access.get_workflow(caller(request), slug, write=True, lock=True)
        require_match(request, workflow.revision, lambda: detail(workflow, caller(request)))
        actions.delete_workflow(workflow, caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=serializers.BatchDelete, responses=Deleted, tags=["workflows"])
    @action(detail=False, methods=["post"], url_path="batch-delete")
    @transaction.atomic
    def batch_delete(self, request: Request) -> Response:
        """Delete several; all or none."""
        slugs = parsed(serializers.BatchDelete, request)["slugs"]
        found = [access.get_workflow(caller(request), slug, write=True, lock=True) for slug in dict.fromkeys(slugs)]
        for workflow in found:
            actions.delete_workflow(workflow, caller(request))
        return Response({"deleted": len(found)})

    @extend_schema(responses=schemas.NodeType(many=True), tags=["workflows"])
    @action(detail=False, methods=["get"], url_path="node-types", pagination_class=None)
    def node_types(self, request: Request) -> Response:
        """The registry: everything that can be put on a canvas."""
        return Response(_node_types())

    @extend_schema(request=serializers.Import, responses={201: schemas.Imported}, tags=["workflows"])
    @action(detail=False, methods=["post"], url_path="import")
    def import_(self, request: Request) -> Response:
        """Make a workflow from an export. `warnings` name credentials that are not here."""
        workflow, warnings = transfer.import_workflow(caller(request), parsed(serializers.Import, request))
        return Response({**detail(workflow, caller(request)), "warnings": warnings}, status=status.HTTP_201_CREATED)


@cache
def _node_types() -> list[dict[str, Any]]:
    return [describe(component) for component in registry.all_components().values()]


class WorkflowDeeds(WorkflowScoped):
    """What can be done with one workflow as a whole."""

    @extend_schema(request=None, responses=schemas.Validation, tags=["workflows"])
    def validate(self, request: Request, slug: str) -> Response:
        """Whether it can run: `{valid, errors, warnings}`. Runs nothing."""
        report = validation.validate(snapshot.take(self.workflow()))
        return Response({"valid": report.valid, "errors": report.errors, "warnings": report.warnings})

    @extend_schema(responses=schemas.Export, tags=["workflows"])
    def export(self, request: Request, slug: str) -> Response:
        """The workflow as JSON, as `import/` takes it. Without secrets."""
        return Response(transfer.export(self.workflow()))

    @extend_schema(request=None, responses={201: schemas.WorkflowDetail}, tags=["workflows"])
    def duplicate(self, request: Request, slug: str) -> Response:
        """A copy that is yours, inactive."""
        copy = transfer.duplicate(caller(request), self.workflow())
        return Response(detail(copy, caller(request)), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=serializers.Bulk,
        responses=schemas.BulkResult,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        tags=["graph"],
    )
    @transaction.atomic
    def bulk(self, request: Request, slug: str) -> Response:
        """Apply operations on nodes, edges and notes in one transaction, all or nothing: `{op, ...}` with op
        create_node, update_node, delete_node (by node_id), create_edge, update_edge, delete_edge (by id), put_note
        (`{note}`: a new one, or in place of that with its id; with `old_text` it answers 409 if somebody has written
        another text since), delete_note (by id). With `revision` an update or a deletion answers 412 if somebody has
        changed the object since."""
        operations = parsed(serializers.Bulk, request)["operations"]
        workflow = self.workflow(write=True, lock=True)

        def edit() -> dict[str, Any]:
            require_match(request, workflow.revision, lambda: detail(workflow, caller(request)))
            results = actions.edit(workflow, caller(request), operations)
            return {"results": [_shown_part(made) for made in results], "revision": workflow.revision}

        body = repeats.once(workflow, caller(request), idempotency_key(request), edit)
        return Response(body, headers={"ETag": etag(body["revision"])})


def _shown_part(made: Any) -> dict[str, Any] | None:
    """A result of a bulk edit: a node, an edge or a note; None for a deletion."""
    if isinstance(made, WorkflowNode):
        return shapes.node(made)
    return shapes.edge(made) if isinstance(made, WorkflowEdge) else made
