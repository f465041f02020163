"""`/webhooks/{slug}/{path}`: the door for other programs. Each call proves itself by the trigger's own secret; what it
starts has the rights of the workflow's owner."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.executions.models import Status, TriggerEvent, WorkflowExecution
from apps.executions.triggers import inbox
from apps.executions.triggers.webhook import WebhookHandler, methods
from apps.executions.waiting import wait_for_end
from apps.workflows import expressions
from pipelit import failures
from pipelit.errors import ExpressionError, PipelitError, WrongMethod
from pipelit.fields import storable

from . import cors, doors, limits, signatures
from .body import check_size, event_of, lower_headers
from .doors import Door

KIND = "webhook"
HTML_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'none'"
"""A page that a workflow makes shares our origin: it runs no scripts, and counts as of another one."""
OURS = frozenset({"unfinished_workflow", "expression_error"})
"""What is wrong with the workflow, and nobody's business outside."""
SLACK_HELLO = "url_verification"


@csrf_exempt
def webhook(request: HttpRequest, slug: str, path: str = "") -> HttpResponse:
    """Answers JSON always; nothing of the workflow is told to a caller that did not prove itself."""
    origins: list[str] = []
    try:
        here = doors.find(KIND, slug, path)
        origins = [origin for door in here for origin in door.origins]
        if request.method == "OPTIONS":
            header = str(here[0].config.get("header_name") or "")
            return cors.preflight(request, _allowed(here), origins, header)
        door = next((door for door in here if request.method in methods(door.config)), None)
        with limits.noted(door or here[0], request):
            if door is None:
                raise WrongMethod("This webhook", _allowed(here))
            origins = door.origins
            response = _taken(request, door, path)
    except PipelitError as error:
        response = failures.answer(error)
    cors.share(request, response, origins)
    return response


def _allowed(here: list[Door]) -> list[str]:
    return sorted({method for door in here for method in methods(door.config)})


def _taken(request: HttpRequest, door: Door, path: str) -> HttpResponse:
    headers, config = lower_headers(request), door.config
    check_size(request, config)
    _prove(request, door, headers)
    limit = config.get("rate_limit_per_minute")
    limits.admit(door, {"all": int(limit)} if limit else {})
    event = event_of(request, path, headers, config)
    if config.get("auth") == "slack" and event["payload"].get("type") == SLACK_HELLO:
        return JsonResponse({"challenge": str(event["payload"].get("challenge", ""))})
    delivery: dict[str, Any] = {
        "workflow": door.workflow, "trigger_node_id": door.trigger.node_id, "source": door.source,
        "key": _delivery(config, event, headers), "signed": signatures.signed_content(config, headers, request.body),
        "title": f"{event['method']} /{event['path']}",
    }  # fmt: skip
    if config.get("test_mode"):
        held = inbox.hold(WebhookHandler.type, event, **delivery)
        return JsonResponse({"event_id": held.pk, "status": TriggerEvent.Status.HELD}, status=202)
    return _answer(_started(door, event, delivery), config)


def _prove(request: HttpRequest, door: Door, headers: Mapping[str, str]) -> None:
    """Raises Refused (401), or UserError (400) for a secret in the address."""
    config = door.opened
    signatures.refuse_query(config, request.GET)
    signatures.authenticate(config, headers, request.body, time.time())


def _started(door: Door, event: dict[str, Any], delivery: dict[str, Any]) -> WorkflowExecution:
    try:
        owner = door.workflow.owner
        return inbox.receive(WebhookHandler.type, event, version=door.version, user=owner, **delivery)
    except PipelitError as error:
        if error.code in OURS:
            raise doors.not_ready(door, error) from None
        raise


def _delivery(config: Mapping[str, Any], event: dict[str, Any], headers: Mapping[str, str]) -> str:
    """What tells this delivery from others: what the author chose, where the event has it, else the sender's own name
    for it; empty if nothing does."""
    found: Any = None
    with suppress(ExpressionError):
        found = expressions.render(config.get("dedup_key") or "", {"trigger": event})
    return storable(str(signatures.delivery_id(config, headers, event["body"]) if found in (None, "") else found))


def _answer(execution: WorkflowExecution, config: Mapping[str, Any]) -> HttpResponse:
    mode = config.get("response_mode") or "immediate"
    if mode == "immediate":
        return _accepted(execution)
    seconds = float(config.get("response_timeout") or 30)
    said = wait_for_end(execution.pk, seconds, is_reply if mode == "reply" else None)
    if said is not None:
        return _reply(said["data"])
    execution.refresh_from_db(fields=["status", "final_output"])
    recorded = _recorded_reply(execution) if mode == "reply" else None
    return _reply(recorded) if recorded is not None else _result(execution)


def _reply(said: Mapping[str, Any]) -> HttpResponse:
    """What a `reply` node says, with the status and the type that it chose. HTML is shown without any rights here."""
    kind = str(said.get("content_type") or "text/plain")
    response = HttpResponse(
        str(said.get("text", "")), status=said.get("status") or 200, content_type=f"{kind}; charset=utf-8"
    )
    if kind == "text/html":
        response["Content-Security-Policy"] = HTML_POLICY
    return response


def _recorded_reply(execution: WorkflowExecution) -> dict[str, Any] | None:
    """The first reply of an execution, should its event have been missed."""
    rows = execution.logs.filter(final=True, status="success", superseded=False, state__contains='"_reply"')
    state = rows.order_by("id").values_list("state", flat=True).first()
    return None if state is None else {"text": state["_reply"], **state.get("_reply_as", {})}


def is_reply(event: dict[str, Any]) -> bool:
    return bool(event["type"] == "reply")


def _accepted(execution: WorkflowExecution) -> HttpResponse:
    return JsonResponse({"execution_id": str(execution.pk), "status": execution.status}, status=202)


def _result(execution: WorkflowExecution) -> HttpResponse:
    """The end of an execution as its caller sees it: the result, or that it failed, without why."""
    if execution.status == Status.COMPLETED:
        body = {"execution_id": str(execution.pk), "status": execution.status, "final_output": execution.final_output}
        return JsonResponse(body)
    if execution.status in (Status.FAILED, Status.CANCELLED):
        body = {"detail": f"The workflow has {_ended(execution)}.", "code": "execution_failed"}
        return JsonResponse({**body, "execution_id": str(execution.pk), "status": execution.status}, status=502)
    return _accepted(execution)


def _ended(execution: WorkflowExecution) -> str:
    return "failed" if execution.status == Status.FAILED else "been cancelled"
