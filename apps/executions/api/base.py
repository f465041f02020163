"""What the views of executions share."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from apps.accounts.models import UserProfile
from pipelit.api import query_parameter
from pipelit.errors import UserError


def caller(request: Request) -> UserProfile:
    """Who asks, behind IsSignedIn."""
    return cast(UserProfile, request.user)


def parsed(serializer: type[Any], request: Request) -> dict[str, Any]:
    """The body's members that were given and are not null; raises ValidationError."""
    found = serializer(data=request.data)
    found.is_valid(raise_exception=True)
    return {name: value for name, value in found.validated_data.items() if value is not None}


def moment(request: Request, name: str) -> dt.datetime | None:
    """A query parameter that is a time or a day (its start), UTC if it has no zone; raises UserError."""
    text = query_parameter(request, name)
    if text is None:
        return None
    try:
        day = parse_date(text)
        found = parse_datetime(text.replace(" ", "+")) if day is None else dt.datetime.combine(day, dt.time())
    except ValueError:
        found = None
    if found is None:
        sentence = "Must be a time such as 2026-05-01T08:00:00Z, or a day."
        raise UserError(f"{name}: {sentence}", code="invalid_parameter", fields={name: [sentence]})
    return found if timezone.is_aware(found) else found.replace(tzinfo=dt.UTC)


def whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A query parameter that is a whole number; raises UserError."""
    text = query_parameter(request, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text[:10]) <= high):
        sentence = f"Must be a whole number from {low} to {high}."
        raise UserError(f"{name}: {sentence}", code="invalid_parameter", fields={name: [sentence]})
    return int(text)
