"""trigger_schedule: a schedule is due. The schedules themselves are `apps.schedules`."""

from __future__ import annotations

from .handler import Handler


class ScheduleHandler(Handler):
    type = "trigger_schedule"
