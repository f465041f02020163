"""`/answer/{token}/`: the page on which a question is answered by a signed link, without signing in. GET changes
nothing, since mail programs look links up; the answer is a POST."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.executions import answering
from apps.executions.delivery import links
from apps.executions.models import PendingTask
from apps.executions.serializers.stored import masked
from pipelit.errors import Conflict, Forbidden, PipelitError, UserError

from . import doors, limits, pages
from .form_fields import SchemaForm

DECISIONS = ("confirmed", "cancelled")
TITLE = "A question for you"
LONGEST_COMMENT = 2_000


@csrf_exempt
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Who has the link needs no cookie, so a foreign page can do nothing with it."""
    try:
        task, actor = links.read(token)
        doors.check_method(request, "An answer", ("GET", "POST"))
        if request.method != "POST":
            answering.check_open(task)
            return _page(task, actor, SchemaForm(task.schema or {}))
        return _taken(request, task, actor)
    except Conflict as error:
        return pages.notice("Answered already", error.detail, error.status)
    except PipelitError as error:
        if error.status < 500 and not isinstance(error, Forbidden):  # which is audited where it is decided
            limits.note("answer", request, error.detail, "task.refused", "link")
        return pages.refusal(request, error)


def _taken(request: HttpRequest, task: PendingTask, actor: str) -> HttpResponse:
    decision = request.POST.get("_decision", "")
    if decision not in DECISIONS:
        raise UserError("Confirm or cancel: press one of the two buttons.")
    filled = SchemaForm(task.schema or {}, request.POST)
    if decision == "confirmed" and not filled.is_valid():
        return _page(task, actor, filled, 422)
    data = filled.payload if decision == "confirmed" and task.schema else None
    comment = request.POST.get("_comment", "")[:LONGEST_COMMENT]
    done = answering.answer(task, decision=decision, data=data, comment=comment, actor=actor, via="link")
    if done.status == PendingTask.Status.PENDING:
        return pages.notice("Thank you", f"Noted: {decision}. Others must confirm as well.", 200)
    return pages.notice("Thank you", f"Your answer has arrived: {decision}.", 200)


def _page(task: PendingTask, actor: str, filled: SchemaForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "title": TITLE,
        "workflow": task.execution.workflow.name,
        "prompt": masked(task.prompt),
        "actor": actor.partition(":")[2] or actor,
        "form": filled,
        "comment": filled.data.get("_comment", ""),
        "expires": task.until,
    }
    return pages.page("answer.html", context, status)
