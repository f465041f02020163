"""What the views of workflows share."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request

from apps.accounts.models import UserProfile
from apps.accounts.permissions import IsSignedIn
from pipelit.api import BaseViewSet

from .. import access
from ..models import Workflow
from ..serializers import Payload


def caller(request: Request) -> UserProfile:
    """Who asks, behind IsSignedIn."""
    return cast(UserProfile, request.user)


def parsed(serializer: type[Any], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body's fields; raises ValidationError."""
    found = serializer(data=request.data, partial=partial)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


class WorkflowScoped(BaseViewSet):
    """Views below `workflows/{slug}/`."""

    permission_classes = [IsSignedIn]
    serializer_class = Payload
    pagination_class: Any = None

    def workflow(self, *, write: bool = False, lock: bool = False) -> Workflow:
        return access.get_workflow(caller(self.request), self.kwargs["slug"], write=write, lock=lock)
