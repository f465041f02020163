"""The event that a call of a webhook becomes."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

from pipelit.errors import UserError
from pipelit.fields import excess
from pipelit.json_text import loads

from .signatures import PRIVATE_HEADERS

LONGEST_HEADER = 4_000
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
KB = 1024


def check_size(request: HttpRequest, config: Mapping[str, Any]) -> None:
    """Raises UserError (413) for a body above the trigger's limit."""
    limit = int(config.get("max_body_kb") or 0)
    if limit and len(request.body) > limit * KB:
        raise UserError(
            f"The body is larger than {limit} KB, which is all that is taken here.", code="too_large", status=413
        )


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
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in {"", "identity"}:
        raise UserError("Send the body as it is, not compressed.", code="unsupported_media_type", status=415)
    if kind in FORMS:
        return _flat(form_of(request))
    raw = request.body
    if not raw:
        return None
    if kind == "application/json" or kind.endswith("+json"):
        return _json(raw)
    return _decoded(raw, kind, (request.content_params or {}).get("charset", "utf-8"))


def form_of(request: HttpRequest) -> QueryDict:
    """The fields of a form, by whatever method; raises UserError (400) for one that cannot be read. Read the body
    first."""
    sent = copy(request)
    sent.method = "POST"  # Django reads the forms of no other
    try:
        return sent.POST
    except (MultiPartParserError, BadRequest, SuspiciousOperation) as error:
        raise UserError(f"The form cannot be read: {str(error).rstrip('.')}.", code="malformed") from None


def _decoded(raw: bytes, kind: str, charset: str) -> str:
    """A text in its charset; of what is no text, the characters that there are."""
    try:
        return raw.decode(charset)
    except LookupError:
        sentence = f"The charset {charset[:40]!r} is not known here: send UTF-8."
        raise UserError(sentence, code="unsupported_media_type", status=415) from None
    except ValueError:
        if kind.startswith("text/"):
            raise UserError(
                f"The body is not {charset[:40]}: send UTF-8, or say its charset.", code="malformed"
            ) from None
        return raw.decode("utf-8", "replace")


def _json(raw: bytes) -> Any:
    try:
        found = loads(raw)
        if why := excess(found):
            raise ValueError(why)
        return found
    except ValueError as error:
        raise UserError(f"The body is not valid JSON: {error}.", code="invalid_json") from None


def _flat(values: QueryDict) -> dict[str, Any]:
    """One value as it is, several as a list."""
    return {name: found[0] if len(found) == 1 else found for name, found in values.lists()}


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    found = body.get("text") if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""
