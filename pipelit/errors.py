"""Every error that Pipelit raises on purpose: its code, what to tell a person, and whether a retry may help.

Three classes fix status, retry and log level in one place: `UserError` (somebody can mend it: the author of a
workflow, the caller of an endpoint), `TransientError` (trying again may help) and `PermanentError` (it will not).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any


class PipelitError(Exception):
    """A failure with a machine-readable `code` (lower snake case) and a sentence that says what to do."""

    code = "internal_error"
    status = 500
    log_level = logging.ERROR
    retryable = False

    def __init__(self, detail: str, *, code: str | None = None, status: int | None = None, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.data = data
        """More members of the answer's body: `fields`, `validation_errors`, `current`, ..."""


class UserError(PipelitError):
    """The author of the workflow or the caller can mend this."""

    code = "invalid"
    status = 400
    log_level = logging.INFO


LONGEST_RETRY_AFTER = 86_400.0


class TransientError(PipelitError):
    """Trying again may help: time-outs, 429, 5xx, a dependency that is down. `retry_after` is in seconds, a day at
    most, whatever the other side says. `undone`: nothing was done, so that even what must not be done twice may be
    tried again."""

    code = "unavailable"
    status = 503
    log_level = logging.WARNING
    retryable = True

    def __init__(self, detail: str, *, retry_after: float | None = None, undone: bool = False, **kwargs: Any) -> None:
        super().__init__(detail, **kwargs)
        self.retry_after = None if retry_after is None else max(0.0, min(LONGEST_RETRY_AFTER, retry_after))
        self.undone = undone


class Throttled(TransientError):
    """Too many calls: `retry_after` says when the next may come."""

    code = "throttled"
    status = 429
    log_level = logging.INFO


class PermanentError(PipelitError):
    """Trying again will not help, and nobody at the keyboard is to blame."""


class NotFound(UserError):
    """There is no such object, or it is not yours: the two look the same."""

    code = "not_found"
    status = 404


class Forbidden(UserError):
    """Your role does not allow this."""

    code = "forbidden"
    status = 403


class Conflict(UserError):
    """The object's state does not allow this now."""

    code = "conflict"
    status = 409


class WrongMethod(UserError):
    """`what` takes the methods in `allowed` only."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, what: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{what} takes {', '.join(allowed)} only.")
        self.allowed = allowed


STALE = "Somebody changed this since you read it. Look at it as it is now (`current`) and try again."


class Stale(UserError):
    """Somebody changed the object since you read it; `current` holds it as it is now."""

    code = "stale_revision"
    status = 412


class Invalid(UserError):
    """Well-formed, but no valid graph or config: `fields` or `validation_errors` say where."""

    code = "invalid"
    status = 422


class ConfigError(UserError):
    """A node's config cannot work: shown with the node and the field."""

    code = "config_error"
    status = 422


class ExpressionError(UserError):
    """An expression does not parse, names what is not there, or costs too much."""

    code = "expression_error"
    status = 422


class StepTimeout(UserError):
    """A step ran longer than its limit."""

    code = "timeout"


class Cancelled(UserError):
    """The execution was cancelled while the step ran."""

    code = "cancelled"


class SandboxUnavailable(PermanentError):
    """This host cannot isolate code, so code does not run."""

    code = "sandbox_unavailable"
