"""`/webhooks/-/callbacks/{token}/`: whoever holds a callback's address answers the wait with a JSON body, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.executions.answering import call_back
from apps.executions.models import PendingTask
from pipelit import failures
from pipelit.errors import NotFound, PipelitError

from . import doors, limits
from .body import parsed_body

MISSING = "There is no callback at this address, or nobody waits for it any more."


@csrf_exempt
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """202 once; 404 for an unknown token, 409 when it was answered. The token has 256 random bits."""
    task = PendingTask.objects.filter(token=token, kind=PendingTask.Kind.CALLBACK).first()
    try:
        doors.check_method(request, "A callback", ("POST",))
        if task is None:
            raise NotFound(MISSING)
        call_back(task, parsed_body(request))
    except PipelitError as error:
        source = f"callback:{task.pk}" if task else "callback"
        limits.note(source, request, error.detail, "callback.refused", task or "")
        return failures.answer(error)
    return JsonResponse({"status": "accepted"}, status=202)
