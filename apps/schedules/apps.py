from __future__ import annotations

from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "apps.schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.executions import scheduler
        from apps.executions.engine import queue
        from apps.workflows import facts

        from . import firing, hints, shapes

        scheduler.register(firing.step)
        queue.ALLOWED.add(hints.JOB)
        facts.register_schedule(shapes.of_node)
