"""conversations/ and workflows/{slug}/chat/history/: what was said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import IsSignedIn
from apps.accounts.serializers import Deleted, Strict
from apps.executions import access, history, starting
from apps.executions.models import Conversation
from apps.executions.serializers import schema
from apps.workflows.models import Workflow
from pipelit.api import BaseView, BaseViewSet, query_parameter

from .base import caller, parsed, whole

MESSAGES = 200
PART = [
    OpenApiParameter("limit", int),
    OpenApiParameter("before", str, description="The id of the oldest message that you have."),
]


class ConversationIds(Strict):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


def shape(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "workflow_slug": conversation.workflow.slug,
        "user": conversation.user.username if conversation.user else None,
        "channel": conversation.channel,
        "title": conversation.title,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }


class ConversationViewSet(BaseViewSet):
    """The caller's conversations, the latest first."""

    permission_classes = [IsSignedIn]
    serializer_class = schema.ConversationShape
    queryset = Conversation.objects.none()
    query_parameters = {"list": ("workflow_slug", "channel", "search"), "retrieve": ("limit", "before")}

    @extend_schema(
        parameters=[
            OpenApiParameter("workflow_slug", str),
            OpenApiParameter("channel", str),
            OpenApiParameter("search", str, description="In titles."),
        ],
        responses=schema.ConversationShape(many=True),
        tags=["conversations"],
    )
    def list(self, request: Request) -> Response:
        found = access.conversations(caller(request)).select_related("workflow", "user")
        if slug := query_parameter(request, "workflow_slug"):
            found = found.filter(workflow__slug=slug)
        if channel := query_parameter(request, "channel"):
            found = found.filter(channel=channel)
        if search := query_parameter(request, "search"):
            found = found.filter(title__icontains=search)
        page: Any = self.paginate_queryset(found.order_by("-updated_at", "-id"))
        return self.get_paginated_response([shape(conversation) for conversation in page])

    @extend_schema(parameters=PART, responses=schema.ConversationDetail, tags=["conversations"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """A conversation with its last 200 messages (or `limit`), oldest first, of `total`."""
        limit = whole(request, "limit", MESSAGES, 1, MESSAGES)
        conversation = access.get_conversation(caller(request), pk)
        messages = history.messages(conversation, limit, query_parameter(request, "before"))
        return Response({**shape(conversation), "messages": messages, "total": history.count(conversation)})

    @extend_schema(responses={204: None}, tags=["conversations"])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Forget a conversation; its executions stay. 409 while one of them is under way."""
        history.forget(access.get_conversation(caller(request), pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ConversationIds, responses=Deleted, tags=["conversations"])
    def batch_delete(self, request: Request) -> Response:
        keys = set(parsed(ConversationIds, request)["ids"])
        with transaction.atomic():
            for key in sorted(keys):
                history.forget(access.get_conversation(caller(request), key))
        return Response({"deleted": len(keys)})


class HistoryView(BaseView):
    """What was said in a chat with a workflow: in the conversation named, else in the caller's latest."""

    permission_classes = [IsSignedIn]
    query_parameters = {"get": ("conversation_id", "limit", "before"), "delete": ("conversation_id",)}

    @extend_schema(
        parameters=[OpenApiParameter("conversation_id", str), *PART], responses=schema.History, tags=["chat"]
    )
    def get(self, request: Request, slug: str) -> Response:
        """The last messages, oldest first."""
        limit = whole(request, "limit", 50, 1, MESSAGES)
        conversation = _conversation(request, starting.runnable(caller(request), slug))
        if conversation is None:
            return Response({"items": [], "total": 0, "conversation_id": None})
        items = history.messages(conversation, limit, query_parameter(request, "before"))
        return Response({"items": items, "total": history.count(conversation), "conversation_id": str(conversation.pk)})

    @extend_schema(parameters=[OpenApiParameter("conversation_id", str)], responses={204: None}, tags=["chat"])
    def delete(self, request: Request, slug: str) -> Response:
        """Forget the conversation; 409 while an execution of it is under way."""
        conversation = _conversation(request, starting.runnable(caller(request), slug))
        if conversation is not None:
            history.forget(conversation)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _conversation(request: Request, workflow: Workflow) -> Conversation | None:
    user = caller(request)
    given = query_parameter(request, "conversation_id")
    if given:
        return access.get_conversation(user, given, workflow)
    own = Conversation.objects.filter(workflow=workflow, user=user, channel="chat")
    return own.order_by("-updated_at", "-id").first()
