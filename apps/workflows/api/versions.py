"""workflows/{slug}/versions/ and collaborators/."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from pipelit.api import Pagination, query_parameter
from pipelit.errors import NotFound

from .. import actions, schemas, serializers, snapshot, versions
from ..models import Workflow, WorkflowCollaborator, WorkflowVersion
from .base import WorkflowScoped, caller, parsed
from .workflows import detail


def shape(version: WorkflowVersion, workflow: Workflow) -> dict[str, Any]:
    return {
        "number": version.number,
        "content_hash": version.content_hash,
        "note": version.note,
        "created_by": version.created_by.username if version.created_by else None,
        "created_at": version.created_at.isoformat(),
        "published_at": version.published_at.isoformat() if version.published_at else None,
        "is_published": workflow.published_version_id == version.pk,
        "is_draft": workflow.draft_version_id == version.pk and workflow.draft_revision == workflow.revision,
    }


class VersionViewSet(WorkflowScoped):
    pagination_class = Pagination
    query_parameters = {"diff": ("to",)}

    @extend_schema(operation_id="workflows_versions_list", responses=schemas.Version(many=True), tags=["versions"])
    def list(self, request: Request, slug: str) -> Response:
        """The versions, newest first."""
        workflow = self.workflow()
        rows = WorkflowVersion.objects.filter(workflow=workflow, number__isnull=False)
        rows = rows.defer("snapshot").select_related("created_by")
        page = self.paginate_queryset(rows.order_by("-number")) or []
        return self.get_paginated_response([shape(version, workflow) for version in page])

    @extend_schema(responses=schemas.VersionDetail, tags=["versions"])
    def retrieve(self, request: Request, slug: str, number: int) -> Response:
        """A version with its snapshot."""
        workflow = self.workflow()
        version = versions.get(workflow, number)
        return Response({**shape(version, workflow), "snapshot": version.snapshot})

    @extend_schema(
        parameters=[OpenApiParameter("to", str, description="A number, published, or draft (the default).")],
        responses=schemas.Diff,
        tags=["versions"],
    )
    def diff(self, request: Request, slug: str, number: int) -> Response:
        """What changed from this version `to` another (default: the draft)."""
        workflow = self.workflow()
        to = query_parameter(request, "to")
        new = snapshot.take(workflow) if to in (None, "draft") else versions.resolve(workflow, to).snapshot
        return Response(versions.diff(versions.get(workflow, number).snapshot, new))

    @extend_schema(request=serializers.Publish, responses=schemas.Version, tags=["versions"])
    @transaction.atomic
    def publish(self, request: Request, slug: str) -> Response:
        """Make the draft, or the version `number`, what triggers run."""
        data = parsed(serializers.Publish, request)
        workflow = self.workflow(write=True, lock=True)
        version = versions.publish(workflow, caller(request), data.get("number"), data.get("note", ""))
        return Response(shape(version, workflow))

    @extend_schema(request=serializers.Restore, responses=schemas.Restored, tags=["versions"])
    @transaction.atomic
    def restore(self, request: Request, slug: str) -> Response:
        """Make the draft what a version shows. `previous_version` has what was there, and undoes it."""
        data = parsed(serializers.Restore, request)
        workflow = self.workflow(write=True, lock=True)
        before = versions.restore(workflow, caller(request), data["number"])
        return Response({**detail(workflow, caller(request)), "previous_version": before.number})


class CollaboratorViewSet(WorkflowScoped):
    serializer_class = serializers.CollaboratorFields

    @extend_schema(
        operation_id="workflows_collaborators_list", responses=schemas.Collaborator(many=True), tags=["workflows"]
    )
    def list(self, request: Request, slug: str) -> Response:
        rows = self.workflow().collaborators.select_related("user").order_by("user__username")
        return Response([_collaborator(row) for row in rows])

    @extend_schema(request=serializers.CollaboratorFields, responses={201: schemas.Collaborator}, tags=["workflows"])
    def create(self, request: Request, slug: str) -> Response:
        """Let somebody read (viewer) or change (editor) the workflow; again with another role changes it."""
        data = parsed(serializers.CollaboratorFields, request)
        row = actions.set_collaborator(self.workflow(write=True), data["username"], data["role"])
        return Response(_collaborator(row), status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, tags=["workflows"])
    def destroy(self, request: Request, slug: str, username: str) -> Response:
        deleted, _ = self.workflow(write=True).collaborators.filter(user__username=username).delete()
        if not deleted:
            raise NotFound(f'"{username}" is no collaborator.')
        return Response(status=status.HTTP_204_NO_CONTENT)


def _collaborator(row: WorkflowCollaborator) -> dict[str, Any]:
    return {"username": row.user.username, "role": row.role, "created_at": row.created_at.isoformat()}
