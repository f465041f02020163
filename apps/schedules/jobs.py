"""RQ entry point."""

from __future__ import annotations

from . import firing


def execute_scheduled_job(schedule_id: int) -> None:
    """Do what is due of a schedule, as its row says: perhaps nothing any more. That leaves the next such job."""
    firing.execute(schedule_id)
