"""Every failure's answer: one place that turns an exception into status, code and sentence."""

from __future__ import annotations

import errno
import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from rest_framework import exceptions as drf
from rest_framework.response import Response

from pipelit.errors import (
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    PipelitError,
    TransientError,
    UserError,
    WrongMethod,
)
from pipelit.redis import DOWN

log = logging.getLogger("pipelit.failures")

DISK_FULL = "No space is left for new data. Free some space on the server; nothing was changed."
CODES = {
    drf.ParseError: "malformed",
    drf.AuthenticationFailed: "not_authenticated",
    drf.NotAuthenticated: "not_authenticated",
    drf.PermissionDenied: "forbidden",
    drf.NotFound: "not_found",
    drf.MethodNotAllowed: "method_not_allowed",
    drf.NotAcceptable: "not_acceptable",
    drf.UnsupportedMediaType: "unsupported_media_type",
    drf.Throttled: "throttled",
}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook: the answer to any exception of a view."""
    status, data, extra = described(exc)
    return Response(data, status=status, headers=extra)


def answer(exc: Exception) -> JsonResponse:
    """The same for a plain Django view."""
    status, data, extra = described(exc)
    return JsonResponse(data, status=status, headers=extra)


def page(exc: BaseException) -> HttpResponse | None:
    """The same for people: of what is down, and of errors raised on purpose; None for what Django has a page for."""
    error = known(exc)
    if error is None or not (isinstance(exc, PipelitError) or isinstance(error, TransientError)):
        return None
    response = error_page(error.status, error.detail)
    for name, value in headers(error).items():
        response[name] = value
    return response


def error_page(status: int, sentence: str) -> HttpResponse:
    """Without the request: whoever is signed in is read from the database, which may be what is down."""
    context = {"status": status, "title": HTTPStatus(status).phrase, "sentence": sentence}
    return HttpResponse(render_to_string("pipelit/failure.html", context), status=status)


def described(exc: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers; a bug is logged."""
    if isinstance(exc, drf.APIException):
        return _drf(exc)
    error = known(exc) or unknown(exc)
    return error.status, body(error), headers(error)


def known(exc: BaseException) -> PipelitError | None:
    """The PipelitError that says what `exc` means to a caller; None for a bug."""
    if isinstance(exc, PipelitError):
        if exc.log_level >= logging.WARNING:
            log.log(exc.log_level, "%s: %s", exc.code, exc.detail)
        return exc
    if (down := outage(exc)) is not None:
        log.warning("%s: %s: %s", down.code, type(exc).__name__, exc)
        return down
    match exc:
        case Http404():
            return NotFound("There is no such object.")
        case PermissionDenied():
            return Forbidden(str(exc) or "You may not do this.")
        case RequestDataTooBig():
            return UserError("The body is too large.", code="too_large", status=413)
        case TooManyFieldsSent() | SuspiciousOperation() | BadRequest():
            return UserError("The request is malformed.", code="malformed")
        case ValidationError():
            fields = exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
            return UserError(_sentence(fields), fields=fields)
        case IntegrityError():
            log.info("conflict: %s", exc)
            return Conflict("Another object with the same identity exists, or one that this refers to is gone.")
        case DataError():
            return UserError("A value is too long or out of range.")
        case RecursionError():
            return UserError("The data is nested too deeply.", code="malformed")
        case UnicodeEncodeError():
            return UserError("A text holds half a character (a lone surrogate).", code="malformed")
    return None


def unknown(exc: BaseException) -> PipelitError:
    """A bug: logged with an id, of which the caller sees only the id."""
    error_id = secrets.token_hex(6)
    log.error("error %s: %s", error_id, type(exc).__name__, exc_info=exc)
    return PermanentError(f"Something failed here. The server's log has it as {error_id}.", error_id=error_id)


def body(error: PipelitError) -> dict[str, Any]:
    return {"detail": error.detail, "code": error.code, **error.data}


def headers(error: PipelitError) -> dict[str, str]:
    match error:
        case TransientError():
            return {"Retry-After": str(max(1, round(error.retry_after or 5)))}
        case WrongMethod():
            return {"Allow": ", ".join(error.allowed)}
    return {}


def outage(exc: BaseException) -> PipelitError | None:
    """The dependency that is down, if that is what `exc` tells."""
    if isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return TransientError(DISK_FULL, code="no_space", status=507)
    if isinstance(exc, OperationalError | InterfaceError):
        text = f"{exc} {type(exc.__cause__).__name__}".lower()
        if "disk is full" in text or "diskfull" in text or "no space left" in text:
            return TransientError(DISK_FULL, code="no_space", status=507)
        return TransientError("The database is not available just now. Try again.", code="database_unavailable")
    if isinstance(exc, DOWN):
        return TransientError("Redis is not available just now. Try again.", code="redis_unavailable")
    return None


def _drf(exc: drf.APIException) -> tuple[int, dict[str, Any], dict[str, str]]:
    extra: dict[str, str] = {}
    if getattr(exc, "auth_header", None):
        extra["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        extra["Retry-After"] = str(max(1, exc.wait))  # type: ignore[attr-defined]
    if isinstance(exc, drf.ValidationError):
        fields = dict(_flat(exc.detail))
        return exc.status_code, {"detail": _sentence(fields), "code": "invalid", "fields": fields}, extra
    code = CODES.get(type(exc)) or str(getattr(exc.detail, "code", None) or "error")
    if isinstance(exc, drf.ParseError) and str(exc.detail).startswith("JSON"):
        code = "invalid_json"
    return exc.status_code, {"detail": str(exc.detail), "code": code}, extra


def _flat(detail: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """Nested validation errors as dotted names, `nodes.3.label`, each with its sentences."""
    if isinstance(detail, Mapping):
        return [pair for key, value in detail.items() for pair in _flat(value, f"{path}.{key}" if path else str(key))]
    if not isinstance(detail, list):
        return [(path or "non_field_errors", [str(detail)])]
    texts = [str(item) for item in detail if not isinstance(item, Mapping | list)]
    pairs = [(path or "non_field_errors", texts)] if texts else []
    for index, item in enumerate(detail):
        if isinstance(item, Mapping | list):
            pairs += _flat(item, f"{path}.{index}" if path else str(index))
    return pairs


def _sentence(fields: Mapping[str, list[str]]) -> str:
    """The first fault in words, and how many more there are."""
    name, texts = next(iter(fields.items()), ("", ["The request is invalid."]))
    first = texts[0] if texts else "Invalid."
    more = sum(len(others) for others in fields.values()) - 1
    prefix = "" if name in {"", "non_field_errors", "__all__"} else f"{name}: "
    return f"{prefix}{first}" + (f" (and {more} more)" if more > 0 else "")
