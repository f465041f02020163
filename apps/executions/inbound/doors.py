"""A door: an active trigger that strangers may knock at, found by its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import SlugField
from django.http import HttpRequest

from apps.executions.triggers import versions
from apps.executions.triggers.resolver import Trigger, TriggerResolver
from apps.executions.triggers.webhook import clean
from apps.workflows import sealing
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit.errors import Conflict, NotFound, PipelitError, WrongMethod
from pipelit.prepared import Param, Prepared

OWNER = ("owner__username", "owner__role", "owner__is_active")
"""Of who the runs of strangers belong to."""
_BY_SLUG = Prepared(
    lambda: (
        versions.loaded(Workflow.objects.filter(slug=Param("slug", SlugField()), deleted_at__isnull=True))
        .select_related("owner", *versions.VERSIONS)
        .only(*versions.NEEDED, *OWNER)
    )
)


@dataclass(frozen=True, slots=True)
class Door:
    """A trigger of the version that runs, which is the published one if there is one."""

    kind: str
    """webhook, form or chat."""
    workflow: Workflow
    version: WorkflowVersion
    trigger: Trigger

    @property
    def config(self) -> Mapping[str, Any]:
        return self.trigger.config

    @property
    def opened(self) -> Mapping[str, Any]:
        """The config with its secrets in clear: to check a caller by, and for nothing else."""
        return sealing.opened(self.workflow, self.trigger.type, self.config)

    @property
    def source(self) -> str:
        """Who its delivery keys, limits and refusals belong to."""
        return f"{self.kind}:{self.workflow.pk}:{self.trigger.node_id}"

    @property
    def origins(self) -> list[str]:
        return list(self.config.get("allowed_origins") or ())

    def check_open(self) -> None:
        """Raises Conflict, which tells strangers nothing of the workflow, if it would not run."""
        if not self.workflow.is_active:
            raise Conflict(f"This {self.kind} takes nothing just now.", code="inactive_workflow")
        try:
            TriggerResolver.of(self.version).check(self.trigger, self.version)
        except PipelitError as error:
            raise not_ready(self, error) from None


def find(kind: str, slug: str, path: str | None = None) -> list[Door]:
    """The active triggers at an address, in order of resolution (`path` None: whatever their path). Raises NotFound."""
    workflow = _BY_SLUG.first(slug=slug)
    if workflow is None:
        raise NotFound(missing(kind))
    version = versions.default_version(workflow)
    here = [
        Door(kind, workflow, version, trigger)
        for trigger in TriggerResolver.of(version).of_type(f"trigger_{kind}")
        if path is None or clean(trigger.config.get("path") or "") == clean(path)
    ]
    if not here:
        raise NotFound(missing(kind))
    return here


def check_method(request: HttpRequest, what: str, allowed: Sequence[str]) -> None:
    """Raises WrongMethod; GET allows HEAD."""
    if ("GET" if request.method == "HEAD" else request.method) not in allowed:
        raise WrongMethod(what, allowed)


def missing(kind: str) -> str:
    """What a miss and a refusal say."""
    return f"There is no {kind} at this address."


def not_ready(door: Door, error: PipelitError) -> Conflict:
    return Conflict(f"The workflow behind this {door.kind} is not ready to run.", code=error.code)
