"""The one way to executions, tasks and conversations: who may read a workflow reads its executions; who may edit it,
or triggered the run, may change them. A miss and a refusal look the same."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts import telegram as people
from apps.accounts.models import Role, UserProfile
from apps.workflows import access
from apps.workflows.models import Workflow, WorkflowCollaborator
from pipelit.errors import NotFound
from pipelit.fields import dumps

from .models import Conversation, Delivery, PendingTask, TriggerEvent, WorkflowExecution

MISSING = "There is no such execution, or it is not yours to {what}."
MISSING_TASK = "There is no such task, or it is not yours to {what}."
MISSING_CONVERSATION = "There is no such conversation, or it is not yours."


def readable(user: UserProfile) -> QuerySet[WorkflowExecution]:
    """The executions of all workflows that a person may read; of deleted ones too, for their owner and admins."""
    if user.is_admin:
        return WorkflowExecution.objects.all()
    shown = access.readable(user).order_by().values("pk")
    seen = Workflow.objects.order_by().filter(Q(owner=user) | Q(pk__in=shown)).values("pk")
    return WorkflowExecution.objects.filter(workflow__in=seen)


def writable(user: UserProfile) -> QuerySet[WorkflowExecution]:
    """The executions that a person may cancel, retry, run again or delete."""
    if user.is_admin:
        return WorkflowExecution.objects.all()
    return readable(user).filter(Q(workflow__in=editable(user)) | Q(user=user))


def editable(user: UserProfile) -> QuerySet[Workflow]:
    """The ids of the workflows that a person may change, with their own deleted ones."""
    if user.is_admin:
        return Workflow.objects.order_by().only("pk")
    edited = access.writable(user).order_by().values("pk")
    return Workflow.objects.order_by().filter(Q(owner=user) | Q(pk__in=edited)).only("pk")


def get_execution(user: UserProfile, execution_id: str | UUID, *, write: bool = False) -> WorkflowExecution:
    """The execution with that id, its workflow, version (snapshot left out) and user loaded; raises NotFound."""
    found = writable(user) if write else readable(user)
    key = as_uuid(execution_id)
    execution = (
        found.select_related("workflow", "version", "user").defer("version__snapshot").filter(pk=key).first()
        if key
        else None
    )
    if execution is None:
        raise NotFound(MISSING.format(what="change" if write else "read"))
    return execution


def answerable(user: UserProfile) -> QuerySet[PendingTask]:
    """The tasks that are a person's to answer: assigned by user name or role, or unassigned in a workflow that they may
    edit. An agent has none."""
    if user.is_agent:
        return PendingTask.objects.none()
    # the column holds a JSON list as text, and so does each needle: "ben", with its quotes
    names = (dumps(user.username), dumps(f"role:{user.role}"))
    mine = Q(assignees__icontains=names[0]) | Q(assignees__icontains=names[1])
    return PendingTask.objects.filter(mine | Q(assignees=[], execution__workflow__in=editable(user)))


def answerers(task: PendingTask) -> QuerySet[UserProfile]:
    """Whose a task is to answer: `answerable`, seen from the task."""
    people = UserProfile.objects.filter(is_agent=False, is_active=True)
    if task.assignees:
        roles = [name.removeprefix("role:") for name in task.assignees if name.startswith("role:")]
        return people.filter(Q(username__in=task.assignees) | Q(role__in=roles))
    workflow = task.execution.workflow
    editors = workflow.collaborators.filter(role=WorkflowCollaborator.Role.EDITOR).values("user")
    return people.filter(Q(pk=workflow.owner_id) | Q(pk__in=editors) | Q(role=Role.ADMIN))


def get_task(user: UserProfile, task_id: int, *, write: bool = False) -> PendingTask:
    """The task with that id; raises NotFound. Who may read the execution reads its tasks; besides the assignees,
    admins may answer (`write`)."""
    mine = answerable(user)
    if user.is_admin and not user.is_agent:
        mine = PendingTask.objects.all()
    elif not write:
        mine = mine | PendingTask.objects.filter(execution__in=readable(user).order_by().values("pk"))
    task = mine.select_related("execution__workflow", "responded_by").filter(pk=task_id).first()
    if task is None:
        raise NotFound(MISSING_TASK.format(what="answer" if write else "read"))
    return task


def person_of(actor: str) -> UserProfile | None:
    """The active person that `actor` (a user name, `telegram:id`, `email:address`) is: a linked Telegram account is its
    person's, an address nobody's, since it is not proved."""
    kind, _, name = actor.partition(":")
    if kind == "telegram" and name.isdecimal():
        return people.person_of(int(name))
    return UserProfile.objects.filter(username=actor, is_active=True).first()


def conversations(user: UserProfile) -> QuerySet[Conversation]:
    """A person's own conversations, and those held with their workflows; admins, all."""
    if user.is_admin:
        return Conversation.objects.all()
    return Conversation.objects.filter(Q(user=user) | Q(workflow__owner=user))


def get_conversation(user: UserProfile, conversation_id: str | UUID, workflow: Workflow | None = None) -> Conversation:
    """The conversation with that id (and of that workflow); raises NotFound."""
    key = as_uuid(conversation_id)
    found = conversations(user).select_related("workflow", "user").filter(pk=key).first() if key else None
    if found is None or (workflow is not None and found.workflow_id != workflow.pk):
        raise NotFound(MISSING_CONVERSATION)
    return found


def events(user: UserProfile, *, write: bool = False) -> QuerySet[TriggerEvent]:
    """What came in for the workflows that a person may read (or change)."""
    shown = (access.writable if write else access.readable)(user).order_by().values("pk")
    return TriggerEvent.objects.filter(workflow__in=shown)


def get_event(user: UserProfile, event_id: int, *, write: bool = False) -> TriggerEvent:
    """The event with that id; raises NotFound."""
    rows = events(user, write=write).select_related("workflow__owner", "execution")
    found = rows.filter(pk=event_id).first()
    if found is None:
        raise NotFound(f"There is no such event, or it is not yours to {'change' if write else 'read'}.")
    return found


def deliveries(user: UserProfile) -> QuerySet[Delivery]:
    """What executions that a person may read have sent."""
    return Delivery.objects.filter(execution__in=readable(user).order_by().values("pk"))


def get_delivery(user: UserProfile, delivery_id: str | UUID, *, write: bool = False) -> Delivery:
    """The delivery with that id; raises NotFound."""
    rows = (writable if write else readable)(user).order_by().values("pk")
    found = Delivery.objects.filter(execution__in=rows).select_related("execution__workflow")
    key = as_uuid(delivery_id)
    delivery = found.filter(pk=key).first() if key else None
    if delivery is None:
        raise NotFound(f"There is no such delivery, or it is not yours to {'change' if write else 'read'}.")
    return delivery


def as_uuid(text: str | UUID) -> UUID | None:
    """The UUID that a text spells, None if it spells none."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
