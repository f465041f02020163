"""Every failure has its status, code and sentence."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from redis.connection import DefaultParser
from redis.exceptions import ConnectionError, OutOfMemoryError
from rest_framework import exceptions as drf

from pipelit import errors, failures

CASES = [
    (errors.UserError("Mend this."), 400, "invalid"),
    (errors.NotFound("No such workflow."), 404, "not_found"),
    (errors.Forbidden("Admins only."), 403, "forbidden"),
    (errors.Conflict("It runs."), 409, "conflict"),
    (errors.Stale("Changed.", current={"revision": 2}), 412, "stale_revision"),
    (errors.Invalid("No graph.", validation_errors=[]), 422, "invalid"),
    (errors.TransientError("Away.", retry_after=7), 503, "unavailable"),
    (errors.PermanentError("Broken."), 500, "internal_error"),
    (Http404(), 404, "not_found"),
    (PermissionDenied(), 403, "forbidden"),
    (RequestDataTooBig(), 413, "too_large"),
    (ValidationError({"name": ["Too long."]}), 400, "invalid"),
    (IntegrityError("unique"), 409, "conflict"),
    (DataError("value too long"), 400, "invalid"),
    (OperationalError("database is locked"), 503, "database_unavailable"),
    (OperationalError("database or disk is full"), 507, "no_space"),
    (OSError(errno.ENOSPC, "No space left on device"), 507, "no_space"),
    (ConnectionError("refused"), 503, "redis_unavailable"),
    (OutOfMemoryError("OOM"), 503, "redis_unavailable"),
    (DefaultParser.parse_error("MISCONF Redis is configured to save"), 503, "redis_unavailable"),
    (RecursionError(), 400, "malformed"),
    (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), 400, "malformed"),
    (drf.ParseError("JSON parse error - x"), 400, "invalid_json"),
    (drf.NotAuthenticated(), 401, "not_authenticated"),
    (drf.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
    (drf.UnsupportedMediaType("text/csv"), 415, "unsupported_media_type"),
    (drf.Throttled(wait=9.5), 429, "throttled"),
    (KeyError("a bug"), 500, "internal_error"),
]


@pytest.mark.parametrize(("exc", "status", "code"), CASES, ids=lambda value: repr(value)[:40])
def test_status_and_code(exc: Exception, status: int, code: str) -> None:
    for made in (failures.exception_handler(exc, {}), failures.answer(exc)):
        assert made.status_code == status
    body: Any = failures.exception_handler(exc, {}).data
    assert body["code"] == code
    assert body["detail"].endswith((".", ")", "x"))


def test_extra_data_and_headers() -> None:
    assert failures.exception_handler(errors.Stale("x", current={"a": 1}), {}).data["current"] == {"a": 1}
    assert failures.exception_handler(errors.TransientError("x", retry_after=7), {}).headers["Retry-After"] == "7"
    assert failures.exception_handler(drf.Throttled(wait=9.5), {}).headers["Retry-After"] == "10"


def test_fields_are_flat_and_the_sentence_names_the_first() -> None:
    exc = drf.ValidationError({"name": ["This field is required."], "nodes": [{}, {"label": ["Too long.", "Ugly."]}]})
    data = failures.exception_handler(exc, {}).data
    assert data["fields"] == {"name": ["This field is required."], "nodes.1.label": ["Too long.", "Ugly."]}
    assert data["detail"] == "name: This field is required. (and 2 more)"
    assert failures.exception_handler(drf.ValidationError("No."), {}).data == {
        "detail": "No.",
        "code": "invalid",
        "fields": {"non_field_errors": ["No."]},
    }


def test_a_bug_is_logged_with_the_id_that_the_caller_gets(caplog: pytest.LogCaptureFixture) -> None:
    data = failures.exception_handler(KeyError("secret detail"), {}).data
    assert "secret detail" not in str(data)
    assert data["error_id"] in caplog.text
    assert "secret detail" in caplog.text
