"""executions/, tasks/, conversations/, and what hangs below workflows/{slug}/."""

from __future__ import annotations

from django.urls import path

from .api.conversations import ConversationViewSet, HistoryView
from .api.deliveries import DeliveryViewSet
from .api.events import TriggerEventViewSet
from .api.executions import ExecutionViewSet
from .api.nodes import AddressView, PreviewView, RecentView, RunNodeView, StatsView
from .api.run import ChatView, ExecuteView
from .api.streams import EventsView
from .api.tasks import TaskViewSet

E = "executions/<uuid:pk>/"
W = "workflows/<slug:slug>/"

urlpatterns = [
    path("executions/", ExecutionViewSet.as_view({"get": "list"}), name="executions"),
    path("executions/batch-delete/", ExecutionViewSet.as_view({"post": "batch_delete"})),
    path("executions/stats/", RecentView.as_view()),
    path(E, ExecutionViewSet.as_view({"get": "retrieve"}), name="execution"),
    path(f"{E}logs/", ExecutionViewSet.as_view({"get": "logs"})),
    path(f"{E}values/<str:digest>/", ExecutionViewSet.as_view({"get": "values"})),
    path(f"{E}cancel/", ExecutionViewSet.as_view({"post": "cancel"})),
    path(f"{E}retry/", ExecutionViewSet.as_view({"post": "retry"})),
    path(f"{E}rerun/", ExecutionViewSet.as_view({"post": "rerun"})),
    path(f"{E}events/", EventsView.as_view()),
    path(f"{E}graph/", ExecutionViewSet.as_view({"get": "graph"})),
    path(f"{E}test-case/", ExecutionViewSet.as_view({"post": "test_case"})),
    path("tasks/", TaskViewSet.as_view({"get": "list"}), name="tasks"),
    path("tasks/<int:pk>/", TaskViewSet.as_view({"get": "retrieve"}), name="task"),
    path("tasks/<int:pk>/respond/", TaskViewSet.as_view({"post": "respond"})),
    path("tasks/<int:pk>/delegate/", TaskViewSet.as_view({"post": "delegate"})),
    path("trigger-events/", TriggerEventViewSet.as_view({"get": "list"}), name="trigger-events"),
    path("trigger-events/replay/", TriggerEventViewSet.as_view({"post": "replay"})),
    path("trigger-events/batch-delete/", TriggerEventViewSet.as_view({"post": "batch_delete"})),
    path("trigger-events/<int:pk>/", TriggerEventViewSet.as_view({"get": "retrieve"})),
    path("deliveries/", DeliveryViewSet.as_view({"get": "list"}), name="deliveries"),
    path("deliveries/<uuid:pk>/", DeliveryViewSet.as_view({"get": "retrieve"})),
    path("deliveries/<uuid:pk>/resend/", DeliveryViewSet.as_view({"post": "resend"})),
    path("conversations/", ConversationViewSet.as_view({"get": "list"})),
    path("conversations/batch-delete/", ConversationViewSet.as_view({"post": "batch_delete"})),
    path("conversations/<uuid:pk>/", ConversationViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path(f"{W}execute/", ExecuteView.as_view(), name="execute"),
    path(f"{W}chat/", ChatView.as_view(), name="chat"),
    path(f"{W}chat/history/", HistoryView.as_view()),
    path(f"{W}stats/", StatsView.as_view()),
    path(f"{W}nodes/<str:node_id>/run/", RunNodeView.as_view()),
    path(f"{W}nodes/<str:node_id>/preview/", PreviewView.as_view()),
    path(f"{W}nodes/<str:node_id>/address/", AddressView.as_view()),
]
