"""`/webhooks/-/callbacks/{token}/`: whoever holds a callback's address answers the wait with a JSON body, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.executions import addresses
from apps.executions.answering import call_back
from apps.executions.models import WorkflowExecution
from pipelit import failures
from pipelit.errors import NotFound, PipelitError

from . import doors, limits
from .body import parsed_body


@csrf_exempt
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """202 once, also before the wait begins; 404 for a token that is not ours, 409 when it was answered, or nobody will
    wait for it any more."""
    execution = None
    try:
        execution_id, step_key, key = addresses.read(token)
        execution = WorkflowExecution.objects.filter(pk=execution_id).first()
        doors.check_method(request, "A callback", ("POST",))
        if execution is None:
            raise NotFound(addresses.MISSING)
        call_back(execution, step_key, key, parsed_body(request))
    except PipelitError as error:
        source = f"callback:{execution.pk}" if execution else "callback"
        limits.note(source, request, error.detail, "callback.refused", execution or "")
        return failures.answer(error)
    return JsonResponse({"status": "accepted"}, status=202)
