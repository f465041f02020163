"""`/telegram/{credential}/`: where Telegram calls with the updates of a bot."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from apps.executions.telegram import bots, updates
from pipelit import failures
from pipelit.errors import Forbidden, NotFound, PipelitError, UserError

from . import doors, limits
from .body import parsed_body

HEADER = "X-Telegram-Bot-Api-Secret-Token"
MISSING = "There is no bot at this address."


@csrf_exempt
def telegram(request: HttpRequest, credential_id: int) -> HttpResponse:
    """200 once the update is stored or done with; else Telegram brings it again. 404 without the right secret. Who is
    refused by a bot is audited."""
    try:
        fields = bots.webhook_fields(credential_id)
        if fields is None:
            raise NotFound(MISSING)
        try:
            update = _update(request, bots.secret_of(credential_id, fields["bot_token"]))
        except UserError as error:
            whom = f"credential:{credential_id}"
            limits.note(f"telegram:{credential_id}", request, error.detail, "telegram.refused", whom)
            raise NotFound(MISSING) if isinstance(error, Forbidden) else error from None
        updates.take(credential_id, update)
    except PipelitError as error:
        return failures.answer(error)
    return JsonResponse({})


def _update(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Raises Forbidden for who is not Telegram, another UserError for what is no update."""
    if not constant_time_compare(request.headers.get(HEADER, ""), secret):
        raise Forbidden("The secret token is missing or wrong.")
    doors.check_method(request, "A bot", ("POST",))
    update = parsed_body(request)
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise UserError("The body is no update of a bot.")
    return update
