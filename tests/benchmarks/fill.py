"""`python -m tests.benchmarks.fill N`: N workflows of the first user, and N ended executions of one of them, straight
into the database that the environment names."""

from __future__ import annotations

import os
import sys


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelit.settings")
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from apps.accounts.models import UserProfile
    from apps.executions.models import Status, WorkflowExecution
    from apps.workflows.models import Workflow
    from apps.workflows.snapshot import draft_version

    owner, now = UserProfile.objects.earliest("pk"), timezone.now()
    names = [f"filled-{number}" for number in range(count)]
    Workflow.objects.bulk_create([Workflow(name=name, slug=name, owner=owner) for name in names], batch_size=500)
    ran = Workflow.objects.get(slug=names[0])
    values = {
        "workflow": ran, "version": draft_version(ran, owner), "trigger_node_id": "start", "user": owner,
        "trigger_type": "trigger_manual", "trigger_payload": {"text": "", "payload": {}}, "status": Status.COMPLETED,
        "started_at": now, "completed_at": now, "final_output": {"x": 1},
    }  # fmt: skip
    WorkflowExecution.objects.bulk_create([WorkflowExecution(**values) for _ in names], batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # else PostgreSQL plans for empty tables until its autovacuum comes by


if __name__ == "__main__":
    main(int(sys.argv[1]))
