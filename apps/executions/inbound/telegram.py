"""`/telegram/{credential}/`: where Telegram calls with the updates of a bot."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.executions.telegram import bots, updates
from pipelit import failures
from pipelit.errors import NotFound, PipelitError, UserError

from . import limits

HEADER = "X-Telegram-Bot-Api-Secret-Token"
MISSING = "There is no bot at this address."


@csrf_exempt
@require_POST
def telegram(request: HttpRequest, credential_id: int) -> HttpResponse:
    """200 once the update is stored or done with; else Telegram brings it again. 404 without the right secret."""
    try:
        fields = bots.webhook_fields(credential_id)
        given = request.headers.get(HEADER, "")
        if fields is None:
            raise NotFound(MISSING)
        if not constant_time_compare(given, bots.secret_of(credential_id, fields["bot_token"])):
            why = "The secret token is missing or wrong."
            limits.note(f"telegram:{credential_id}", request, why, "telegram.refused", f"credential:{credential_id}")
            raise NotFound(MISSING)
        try:
            update = json.loads(request.body)
        except ValueError as error:
            raise UserError(f"The body is not valid JSON: {error}", code="invalid_json") from None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise UserError("The body is no update of a bot.")
        updates.take(credential_id, update)
    except PipelitError as error:
        return failures.answer(error)
    return JsonResponse({})
