"""trigger_form: somebody filled in the form at `/forms/{slug}/{path}`. The page itself is `apps/executions/inbound`."""

from __future__ import annotations

from .handler import Handler


class FormHandler(Handler):
    type = "trigger_form"
