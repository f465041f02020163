"""URLs of workflows, below /api/v1/."""

from __future__ import annotations

from typing import Any

from django.urls import path

from .api.graph import EdgeViewSet, NodeViewSet
from .api.versions import CollaboratorViewSet, VersionViewSet
from .api.workflows import WorkflowDeeds, WorkflowViewSet

ITEM: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
W = "workflows/<slug:slug>/"

urlpatterns = [
    path("workflows/", WorkflowViewSet.as_view({"get": "list", "post": "create"})),
    path("workflows/node-types/", WorkflowViewSet.as_view({"get": "node_types"}, pagination_class=None)),
    path("workflows/import/", WorkflowViewSet.as_view({"post": "import_"})),
    path("workflows/batch-delete/", WorkflowViewSet.as_view({"post": "batch_delete"})),
    path(W, WorkflowViewSet.as_view(ITEM)),
    path(f"{W}validate/", WorkflowDeeds.as_view({"post": "validate"})),
    path(f"{W}export/", WorkflowDeeds.as_view({"get": "export"})),
    path(f"{W}duplicate/", WorkflowDeeds.as_view({"post": "duplicate"})),
    path(f"{W}bulk/", WorkflowDeeds.as_view({"post": "bulk"})),
    path(f"{W}nodes/", NodeViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{W}nodes/<str:node_id>/", NodeViewSet.as_view(ITEM)),
    path(f"{W}edges/", EdgeViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{W}edges/<int:pk>/", EdgeViewSet.as_view(ITEM)),
    path(f"{W}versions/", VersionViewSet.as_view({"get": "list"})),
    path(f"{W}versions/publish/", VersionViewSet.as_view({"post": "publish"})),
    path(f"{W}versions/restore/", VersionViewSet.as_view({"post": "restore"})),
    path(f"{W}versions/<int:number>/", VersionViewSet.as_view({"get": "retrieve"})),
    path(f"{W}versions/<int:number>/diff/", VersionViewSet.as_view({"get": "diff"})),
    path(f"{W}collaborators/", CollaboratorViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{W}collaborators/<str:username>/", CollaboratorViewSet.as_view({"delete": "destroy"})),
]
