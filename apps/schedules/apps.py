from __future__ import annotations

from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "apps.schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.executions import scheduler
        from apps.workflows import facts

        from . import firing, shapes

        scheduler.register(firing.step)
        facts.register_schedule(shapes.of_node)
