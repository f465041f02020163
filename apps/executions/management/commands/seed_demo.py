"""manage.py seed_demo: the demo model and the demo workflow."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import Role, UserProfile
from apps.executions import demo


class Command(BaseCommand):
    help = "Create the demo workflow, owned by the first admin. Does nothing where it exists."

    def handle(self, *args: Any, **options: Any) -> None:
        admin = UserProfile.objects.filter(role=Role.ADMIN, is_active=True).order_by("id").first()
        if admin is None:
            raise CommandError("There is no admin to own the demo: run manage.py create_admin first.")
        workflow, made = demo.seed(admin)
        if made:
            self.stdout.write(f'The demo workflow "{workflow.slug}" is ready: manage.py run_workflow {workflow.slug}')
        else:
            self.stdout.write(f'There is a workflow "{workflow.slug}" already; it is left as it is.')
