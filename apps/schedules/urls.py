"""schedules/, and what hangs below workflows/{slug}/nodes/{node_id}/schedule/."""

from __future__ import annotations

from django.urls import path

from .api import NodeSchedule, ScheduleViewSet

S = "schedules/<int:pk>/"
N = "workflows/<slug:slug>/nodes/<str:node_id>/schedule/"

urlpatterns = [
    path("schedules/", ScheduleViewSet.as_view({"get": "list", "post": "create"}), name="schedules"),
    path("schedules/batch-delete/", ScheduleViewSet.as_view({"post": "batch_delete"})),
    path("schedules/preview/", ScheduleViewSet.as_view({"post": "preview"})),
    path(S, ScheduleViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})),
    path(f"{S}pause/", ScheduleViewSet.as_view({"post": "pause"})),
    path(f"{S}resume/", ScheduleViewSet.as_view({"post": "resume"})),
    path(f"{S}run-now/", ScheduleViewSet.as_view({"post": "run_now"})),
    path(f"{S}runs/", ScheduleViewSet.as_view({"get": "runs"})),
    path(f"{N}start/", NodeSchedule.as_view({"post": "start"})),
    path(f"{N}pause/", NodeSchedule.as_view({"post": "pause"})),
    path(f"{N}stop/", NodeSchedule.as_view({"post": "stop"})),
]
