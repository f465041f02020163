"""Loading a workflow with the versions that may run, without their snapshots: those are large, and read only when they
are new to the process."""

from __future__ import annotations

from apps.accounts.models import UserProfile
from apps.workflows import snapshot
from apps.workflows.models import Workflow, WorkflowVersion

LOADED = ("draft_version", "published_version")
"""For select_related."""
DEFERRED = tuple(f"{name}__snapshot" for name in LOADED)


def default_version(workflow: Workflow, user: UserProfile | None = None) -> WorkflowVersion:
    """The published version if there is one, else the draft."""
    return workflow.published_version or snapshot.draft_version(workflow, user)
