"""Requests and responses of the HTTP node: bodies, credentials, statuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from pipelit.errors import ConfigError, TransientError, UserError
from pipelit.json_text import loads
from pipelit.results import HttpResponse

SHOWN = 500
"""Characters of an error's body that its message quotes."""
LONGEST_RETRY_AFTER = 3600.0


def body(headers: Mapping[str, str], value: Any) -> tuple[dict[str, str], bytes | None]:
    """The headers with a content type, and the body as bytes: text as it is, anything else as JSON."""
    found = dict(headers)
    if value is None or value == "":
        return found, None
    if isinstance(value, str):
        kind, content = "text/plain; charset=utf-8", value
        if value.lstrip()[:1] in ("{", "[") and _is_json(value):
            kind = "application/json"
    else:
        kind, content = "application/json", json.dumps(value, ensure_ascii=False)
    if not any(name.lower() == "content-type" for name in found):
        found["Content-Type"] = kind
    return found, content.encode()


def authentication(credential: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and query parameters that an `http` credential adds. Raises ConfigError for any other."""
    if credential.get("credential_type") != "http":
        name, kind = credential.get("name", ""), credential.get("credential_type")
        raise ConfigError(f'The credential "{name}" is of kind {kind!r}; an HTTP request takes one of kind http.')
    return dict(credential.get("headers") or {}), dict(credential.get("params") or {})


def raise_for_status(response: HttpResponse) -> None:
    """TransientError for 429 and 5xx, UserError for other statuses of 400 and more; code `http_error`. A server says by
    them that it has not done what was asked; a gateway (502, 504) does not know."""
    if response.status < 400:
        return
    start = text(response)[:SHOWN].strip()
    message = f"{_where(response)} answered {response.status}{': ' + start if start else ''}"
    if response.status == 429 or response.status >= 500:
        undone = response.status not in (502, 504)
        wait = None if response.retry_after is None else min(response.retry_after, LONGEST_RETRY_AFTER)
        raise TransientError(message, code="http_error", retry_after=wait, undone=undone)
    raise UserError(message, code="http_error")


def parsed(response: HttpResponse, wanted: str) -> Any:
    """The body as JSON or text. Raises UserError `http_error` if JSON is wanted and there is none."""
    said = response.header("content-type").partition(";")[0].strip().lower()
    if wanted == "text" or (wanted == "auto" and not (said == "application/json" or said.endswith("+json"))):
        return text(response)
    if wanted == "auto" and (response.truncated or not response.body.strip()):
        return text(response)
    try:
        return loads(response.body)
    except ValueError:
        if wanted == "auto":
            return text(response)
        cut = " (it was cut off at the size limit)" if response.truncated else ""
        raise UserError(
            f"{_where(response)} answered no JSON{cut}: {text(response)[:SHOWN]}", code="http_error"
        ) from None


def text(response: HttpResponse) -> str:
    """The body as text, by the charset that the server names, else UTF-8."""
    header = Message()
    header["content-type"] = response.header("content-type")
    try:
        return response.body.decode(header.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return response.body.decode(errors="replace")


def _where(response: HttpResponse) -> str:
    """The address without its query, in which a credential may be."""
    return response.url.partition("?")[0]


def _is_json(value: str) -> bool:
    try:
        loads(value)
    except ValueError:
        return False
    return True
