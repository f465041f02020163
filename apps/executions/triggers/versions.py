"""Which version runs, and how to load a workflow with its versions: few columns, and never their snapshots, which are
large and read only when they are new to the process."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts.models import UserProfile
from apps.workflows import snapshot
from apps.workflows.models import Workflow, WorkflowVersion

VERSIONS = ("draft_version", "published_version")
NEEDED = (
    "id", "slug", "name", "owner_id", "is_active", "revision", "draft_revision", "deleted_at",
    "rate_limit_per_minute", *VERSIONS,
    *(f"{name}__{column}" for name in VERSIONS for column in ("number", "content_hash", "workflow_id")),
)  # fmt: skip


def loaded(workflows: QuerySet[Workflow]) -> QuerySet[Workflow]:
    """With what starting an execution needs; anything else is read when somebody asks for it."""
    return workflows.order_by().select_related(*VERSIONS).only(*NEEDED)


def default_version(workflow: Workflow, user: UserProfile | None = None) -> WorkflowVersion:
    """The published version if there is one, else the draft."""
    return workflow.published_version or snapshot.draft_version(workflow, user)
