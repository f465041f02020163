"""What a provider's failure means to us: which class, which code, which sentence.

The providers' packages are not imported here (they are large, and may not be loaded): their exceptions are known by
module and name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from pipelit.errors import PipelitError, TransientError, UserError

SDKS = frozenset({"openai", "anthropic"})
ADAPTERS = frozenset({"langchain_openai", "langchain_anthropic"})
TRANSPORTS = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
GARBAGE = (ValueError, TypeError, AttributeError, LookupError)
"""What a provider's package raises over an answer that is not what it should be (JSON and validation errors are
ValueErrors)."""
EMPTY_STREAM = ("No generations found in stream.", "No generation chunks were returned")
"""langchain-core's words for an answer without any part."""
LONGEST = 500
SENTENCES = {
    401: "The provider does not accept the API key of the credential",
    403: "The provider does not allow this with the API key of the credential",
    404: "The provider knows no such model or address",
    413: "The request is too large for the provider",
}


def translate(exc: BaseException) -> PipelitError | None:
    """The PipelitError that says what `exc` means, if it comes from a provider of models or the way there; None if
    not. Codes: rate_limited, model_error, timeout."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, PipelitError):
            return cause
        cause = cause.__cause__
    names = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(exc).__mro__}
    roots = {root for root, _ in names}
    kinds = {name for _, name in names}
    if roots & SDKS and isinstance(status := getattr(exc, "status_code", None), int):
        return _of_status(status, exc)
    if roots & (SDKS | TRANSPORTS) and kinds & {"APITimeoutError", "TimeoutException"}:
        return TransientError("The model server did not answer in time.", code="model_error")
    if roots & (SDKS | TRANSPORTS) and kinds & {"APIConnectionError", "TransportError", "ConnectError"}:
        return TransientError(f"The model server cannot be reached: {_reason(exc)}.", code="model_error")
    if roots & (SDKS | ADAPTERS | TRANSPORTS):
        return _of_stream(exc)
    if isinstance(exc, ValueError) and str(exc).startswith(EMPTY_STREAM):
        return TransientError("The model server answered nothing.", code="model_error")
    if isinstance(exc, GARBAGE) and _passed_through(exc.__traceback__, SDKS | ADAPTERS):
        return TransientError(
            f"The model server's answer cannot be understood ({type(exc).__name__}).", code="model_error"
        )
    return None


@contextmanager
def calling() -> Iterator[None]:
    """Around a call of a provider: what it raises is translated."""
    try:
        yield
    except Exception as error:
        found = translate(error)
        if found is None or found is error:
            raise
        raise found from error


def _of_status(status: int, exc: BaseException) -> PipelitError:
    said = _said(exc)
    if status == 429:
        return TransientError(
            f"The provider limits the rate of calls: {said}", code="rate_limited", status=429, retry_after=_after(exc)
        )
    if status >= 500 or status in {408, 409, 425}:
        return TransientError(f"The provider failed ({status}): {said}", code="model_error", retry_after=_after(exc))
    if status < 400:
        return TransientError("The model server's answer cannot be understood.", code="model_error")
    sentence = SENTENCES.get(status, "The provider refuses the request")
    return UserError(f"{sentence} ({status}): {said}", code="model_error", status=422)


def _of_stream(exc: BaseException) -> PipelitError:
    """An error that came in the middle of an answer, without a status of its own."""
    text = f"{getattr(exc, 'type', '')} {getattr(exc, 'code', '')}"
    said = _said(exc)
    if "rate_limit" in text:
        return TransientError(f"The provider limits the rate of calls: {said}", code="rate_limited", status=429)
    if "invalid_request" in text or "context_length" in text:
        return UserError(f"The provider refuses the request: {said}", code="model_error", status=422)
    return TransientError(f"The model's answer broke off: {said}", code="model_error")


def _said(exc: BaseException) -> str:
    """The provider's own words, short."""
    body: Any = getattr(exc, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message") if isinstance(inner, dict) else inner
        if message:
            return _short(message if isinstance(message, str) else json.dumps(message))
    return _short(str(getattr(exc, "message", "") or exc) or type(exc).__name__)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _reason(exc: BaseException) -> str:
    """The innermost cause in its own words."""
    while exc.__cause__ is not None:
        exc = exc.__cause__
    return _short(str(exc) or type(exc).__name__).rstrip(".")


def _after(exc: BaseException) -> float | None:
    """Seconds that the provider asks to wait."""
    headers = getattr(getattr(exc, "response", None), "headers", {})
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, min(float(headers[name]) * unit, 3600.0))
        except (KeyError, ValueError):
            continue
    return None


def _passed_through(traceback: TracebackType | None, roots: frozenset[str]) -> bool:
    """Whether the exception came out of one of these packages."""
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in roots:
            return True
        traceback = traceback.tb_next
    return False
