"""The event that a call of a webhook becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.http import HttpRequest, QueryDict

from pipelit.errors import UserError

from .signatures import PRIVATE_HEADERS

LONGEST_HEADER = 4_000


def lower_headers(request: HttpRequest) -> dict[str, str]:
    """The request's headers, names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


def event_of(request: HttpRequest, path: str, headers: Mapping[str, str], config: Mapping[str, Any]) -> dict[str, Any]:
    """What `{{ trigger }}` shows: text, payload, body, headers, query, method, path. Secrets are left out. Raises
    UserError for a body that is not what its type says."""
    body = parsed_body(request)
    own = str(config.get("header_name") or "").lower()
    kept = {
        name: value[:LONGEST_HEADER] for name, value in headers.items() if name not in PRIVATE_HEADERS and name != own
    }
    return {
        "text": _text(body),
        "payload": body if isinstance(body, dict) else {},
        "body": body,
        "headers": kept,
        "query": _flat(request.GET),
        "method": request.method,
        "path": path,
    }


def parsed_body(request: HttpRequest) -> Any:
    """JSON or form parsed, anything else as text, nothing as None."""
    kind = request.content_type or ""
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return _flat(request.POST)
    raw = request.body
    if not raw:
        return None
    if kind == "application/json" or kind.endswith("+json"):
        return _json(raw)
    return raw.decode("utf-8", "replace")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The body is not valid JSON: {error}", code="invalid_json") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _flat(values: QueryDict) -> dict[str, Any]:
    """One value as it is, several as a list."""
    return {name: found[0] if len(found) == 1 else found for name, found in values.lists()}


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    found = body.get("text") if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""
