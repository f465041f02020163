"""`/webhooks/{slug}/{path}`: the door for other programs. Each call proves itself by the trigger's own secret; what it
starts has the rights of the workflow's owner."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.executions.models import Status, WorkflowExecution
from apps.executions.triggers import inbox, versions
from apps.executions.triggers.resolver import Trigger, TriggerResolver
from apps.executions.triggers.webhook import WebhookHandler, clean, methods
from apps.executions.waiting import wait_for_end
from apps.workflows import expressions
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit import failures
from pipelit.errors import Conflict, NotFound, PipelitError

from . import signatures
from .body import event_of, lower_headers

MISSING = "There is no webhook at this address."
SLACK_HELLO = "url_verification"


@csrf_exempt
def webhook(request: HttpRequest, slug: str, path: str = "") -> HttpResponseBase:
    """Answers JSON always; nothing of the workflow is told to a caller that did not prove itself."""
    try:
        workflow, version, triggers = _at(slug, path)
        trigger = next((t for t in triggers if request.method in methods(t.config)), None)
        if trigger is None:
            return _wrong_method(triggers)
        return _taken(request, workflow, version, trigger, path)
    except PipelitError as error:
        return failures.answer(error)


def _at(slug: str, path: str) -> tuple[Workflow, WorkflowVersion, list[Trigger]]:
    """The active webhook triggers at an address, in order of resolution; raises NotFound if there is none."""
    workflow = versions.loaded(Workflow.objects.filter(slug=slug, deleted_at__isnull=True)).first()
    if workflow is None:
        raise NotFound(MISSING)
    version = versions.default_version(workflow)
    here = [
        trigger
        for trigger in TriggerResolver.of(version).of_type(WebhookHandler.type)
        if clean(trigger.config.get("path") or "") == clean(path)
    ]
    if not here:
        raise NotFound(MISSING)
    return workflow, version, here


def _wrong_method(triggers: list[Trigger]) -> HttpResponse:
    allowed = ", ".join(sorted({method for trigger in triggers for method in methods(trigger.config)}))
    body = {"detail": f"This webhook takes {allowed} only.", "code": "method_not_allowed"}
    return JsonResponse(body, status=405, headers={"Allow": allowed})


def _taken(
    request: HttpRequest, workflow: Workflow, version: WorkflowVersion, trigger: Trigger, path: str
) -> HttpResponse:
    headers, config = lower_headers(request), trigger.config
    signatures.authenticate(config, headers, request.body, time.time())
    event = event_of(request, path, headers, config)
    if config.get("auth") == "slack" and event["payload"].get("type") == SLACK_HELLO:
        return JsonResponse({"challenge": str(event["payload"].get("challenge", ""))})
    execution = _started(workflow, version, trigger, event, headers)
    mode = config.get("response_mode") or "immediate"
    if mode == "immediate":
        return _accepted(execution)
    seconds = float(config.get("response_timeout") or 30)
    said = wait_for_end(execution.pk, seconds, _is_reply if mode == "reply" else None)
    if said is not None:
        return HttpResponse(str(said["data"].get("text", "")), content_type="text/plain; charset=utf-8")
    execution.refresh_from_db(fields=["status", "final_output"])
    return _result(execution, mode)


def _started(
    workflow: Workflow, version: WorkflowVersion, trigger: Trigger, event: dict[str, Any], headers: Mapping[str, str]
) -> WorkflowExecution:
    try:
        return inbox.receive(
            WebhookHandler.type, event, workflow=workflow, version=version, trigger_node_id=trigger.node_id,
            user=workflow.owner, source=f"webhook:{workflow.pk}:{trigger.node_id}",
            key=_delivery(trigger.config, event, headers), title=f"{event['method']} /{event['path']}",
        )  # fmt: skip
    except PipelitError as error:
        if error.code == "unfinished_workflow":
            raise Conflict("The workflow behind this webhook is not ready to run.", code=error.code) from None
        raise


def _delivery(config: Mapping[str, Any], event: dict[str, Any], headers: Mapping[str, str]) -> str:
    """A digest of what tells this delivery from others; empty if nothing does."""
    found: Any = signatures.delivery_id(config, headers, event["body"])
    if config.get("dedup_key"):
        found = expressions.render(config["dedup_key"], {"trigger": event})
    return hashlib.sha256(str(found).encode()).hexdigest() if found not in (None, "") else ""


def _is_reply(event: dict[str, Any]) -> bool:
    return bool(event["type"] == "reply")


def _accepted(execution: WorkflowExecution) -> HttpResponse:
    return JsonResponse({"execution_id": str(execution.pk), "status": execution.status}, status=202)


def _result(execution: WorkflowExecution, mode: str) -> HttpResponse:
    """The end of an execution as its caller sees it: the result, or that it failed, without why."""
    if execution.status == Status.COMPLETED:
        output = execution.final_output
        if mode == "reply" and isinstance(output, str):
            return HttpResponse(output, content_type="text/plain; charset=utf-8")
        body = {"execution_id": str(execution.pk), "status": execution.status, "final_output": output}
        return JsonResponse(body)
    if execution.status in (Status.FAILED, Status.CANCELLED):
        body = {"detail": f"The workflow has {_ended(execution)}.", "code": "execution_failed"}
        return JsonResponse({**body, "execution_id": str(execution.pk), "status": execution.status}, status=502)
    return _accepted(execution)


def _ended(execution: WorkflowExecution) -> str:
    return "failed" if execution.status == Status.FAILED else "been cancelled"
