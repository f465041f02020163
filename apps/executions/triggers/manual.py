"""trigger_manual: the Run button, `execute/` and `run_workflow`."""

from __future__ import annotations

from .handler import Handler


class ManualHandler(Handler):
    type = "trigger_manual"
    outside = False
