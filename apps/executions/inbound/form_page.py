"""`/forms/{slug}/{path}`: a web form that starts its workflow. Works without JavaScript and without cookies, so a
foreign page can do nothing with it that it could not do by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from apps.executions.models import Status, WorkflowExecution
from apps.executions.serializers.stored import masked
from apps.executions.triggers import inbox
from apps.executions.triggers.form import FormHandler
from apps.executions.waiting import wait_for_end
from pipelit.errors import NotFound, PipelitError, Throttled, UserError
from pipelit.fields import dumps

from . import doors, form_link, limits, pages
from .body import form_of
from .doors import Door
from .form_fields import SchemaForm
from .webhooks import is_reply

KIND = "form"
PER_MINUTE = 10
MOST_BYTES = 1024 * 1024
TRAP, KEY = "_website", "_key"
"""Fields of the page: one that people do not see and programs fill in, and what makes a second POST the same one."""
SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}")
FAILED = "Your answers have arrived, but what should have followed has failed. You need not send them again."
SLOW = "It takes longer than usual, and goes on without you."


@csrf_exempt
def form(request: HttpRequest, slug: str, path: str = "") -> HttpResponse:
    """GET shows the form; POST checks what was filled in, and starts the workflow once."""
    origins: list[str] = []
    try:
        door = doors.find(KIND, slug, path)[0]
        origins = door.origins
        with limits.noted(door, request):
            _let_in(request, door)
            doors.check_method(request, "A form", ("GET", "POST"))
            door.check_open()
            if request.method != "POST":
                return _page(door, SchemaForm(_schema(door)))
            return _taken(request, door, path)
    except PipelitError as error:
        return pages.refusal(request, error, origins)


def _let_in(request: HttpRequest, door: Door) -> None:
    """Raises NotFound, which looks like a miss, unless the form is public or the address has the link's key in it."""
    if door.config.get("access") == "public":
        return
    has_own = door.config.get("secret")
    secret = str(door.opened["secret"] if has_own else form_link.key(door.workflow, door.config)).encode()
    given = request.GET.get("key", "").encode("utf-8", "replace")
    if not secret or not hmac.compare_digest(given, secret):
        limits.note_refusal(door, request, "The link's secret is missing or wrong.")
        raise NotFound(doors.missing(KIND))


def _taken(request: HttpRequest, door: Door, path: str) -> HttpResponse:
    if len(request.body) > MOST_BYTES:
        raise UserError("The answers are longer than 1 MB, which is all that is taken here.", **pages.TOO_LARGE)
    given = form_of(request)
    filled = SchemaForm(_schema(door), given)
    if given.get(TRAP):
        return _thanks(door)
    if not filled.is_valid():
        return _page(door, filled, 422)
    try:
        with limits.noted(door, request):
            limits.by_address(door, request, PER_MINUTE)
    except Throttled as error:
        filled.add_error(None, error.detail)
        response = _page(door, filled, 429)
        response["Retry-After"] = str(max(1, round(error.retry_after or 1)))
        return response
    return _after(door, _started(door, given, filled.payload, path))


def _started(door: Door, given: QueryDict, payload: dict[str, Any], path: str) -> WorkflowExecution:
    text = payload.get("text")
    event = {"text": text if isinstance(text, str) else "", "payload": payload, "path": path}
    return inbox.receive(
        FormHandler.type, event, workflow=door.workflow, version=door.version, trigger_node_id=door.trigger.node_id,
        user=door.workflow.owner, source=door.source, key=_submission(given.get(KEY, ""), payload),
        title=f"Form /{path}",
    )  # fmt: skip


def _submission(key: str, payload: dict[str, Any]) -> str:
    """What tells this submission from others: who goes back and mends an answer sends another."""
    return f"{key}:{hashlib.sha256(dumps(payload).encode()).hexdigest()}" if SUBMISSION.fullmatch(key) else ""


def _after(door: Door, execution: WorkflowExecution) -> HttpResponse:
    mode = door.config.get("response_mode") or "immediate"
    if mode == "immediate":
        return _thanks(door)
    seconds = float(door.config.get("response_timeout") or 30)
    said = wait_for_end(execution.pk, seconds, is_reply if mode == "reply" else None)
    if said is not None:
        return _thanks(door, str(said["data"].get("text", "")))
    execution.refresh_from_db(fields=["status", "final_output"])
    if execution.status == Status.COMPLETED:
        return _thanks(door, _shown(masked(execution.final_output)))
    if execution.status in (Status.FAILED, Status.CANCELLED):
        return pages.notice("This did not work", FAILED, 502, door.origins)
    return _thanks(door, SLOW, 202)


def _shown(output: Any) -> str:
    if output is None or isinstance(output, str):
        return output or ""
    return json.dumps(output, ensure_ascii=False, indent=2)


def _schema(door: Door) -> dict[str, Any]:
    return dict(door.config.get("input_schema") or {})


def _page(door: Door, filled: SchemaForm, status: int = 200) -> HttpResponse:
    key = filled.data.get(KEY, "") if filled.is_bound else ""
    context = {
        "title": _title(door),
        "introduction": door.config.get("description") or "",
        "button": door.config.get("submit_label") or "Send",
        "form": filled,
        "trap": TRAP,
        "key_name": KEY,
        "key": key if SUBMISSION.fullmatch(key) else secrets.token_urlsafe(24),
    }
    return pages.page("form.html", context, status, door.origins)


def _thanks(door: Door, answer: str = "", status: int = 200) -> HttpResponse:
    message = door.config.get("success_message", "Thank you. We have received your answers.")
    context = {"title": _title(door), "message": message, "answer": answer}
    return pages.page("thanks.html", context, status, door.origins)


def _title(door: Door) -> str:
    return str(door.config.get("title") or door.workflow.name)
