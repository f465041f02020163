"""`/webhooks/-/callbacks/{token}/`: whoever holds a callback's address answers the wait with a JSON body, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.executions.answering import call_back
from apps.executions.models import PendingTask
from pipelit import failures
from pipelit.errors import NotFound, PipelitError

from .body import parsed_body

MISSING = "There is no callback at this address, or nobody waits for it any more."


@csrf_exempt
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """202 once; 404 for an unknown token, 409 when it was answered. The token has 256 random bits."""
    try:
        task = PendingTask.objects.filter(token=token, kind=PendingTask.Kind.CALLBACK).first()
        if task is None:
            raise NotFound(MISSING)
        call_back(task, parsed_body(request))
    except PipelitError as error:
        return failures.answer(error)
    return JsonResponse({"status": "accepted"}, status=202)
