"""How the caller of a webhook proves itself. Pure: raw bytes, headers and the clock go in."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from pipelit.errors import UserError

REPLAY_SECONDS = 300
SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105 - a header's name
SIGNATURE_HEADER = "X-Signature"
TIMESTAMP_HEADER = "X-Timestamp"
DELIVERY_HEADERS = ("x-delivery-id", "webhook-id", "idempotency-key")
QUERY_SECRETS = frozenset(
    {
        "secret", "webhook_secret", "x-webhook-secret", "signature", "token", "access_token", "auth_token", "api_key",
        "apikey", "api-key", "password",
    }
)  # fmt: skip
"""Parameters of an address in which people put secrets."""
STAMPED = re.compile(rb"\d{9,12}\.")
"""How a body begins that was moved together with its timestamp, so that the same signature would fit for ever."""
PRIVATE_HEADERS = frozenset(
    {
        "authorization", "cookie", "proxy-authorization", "x-webhook-secret", "x-signature", "x-hub-signature",
        "x-hub-signature-256", "stripe-signature", "x-slack-signature",
    }
)  # fmt: skip
"""Never stored with the event."""
Headers = Mapping[str, str]
"""Names in lower case."""


class Refused(UserError):
    """The caller did not prove itself."""

    code = "not_authenticated"
    status = 401


def authenticate(config: Mapping[str, Any], headers: Headers, body: bytes, now: float) -> None:
    """Raises Refused (401) unless the call is that of somebody who knows the trigger's secret. `now` is in seconds
    since the epoch."""
    kind = config.get("auth") or "header"
    if kind == "none":
        return
    secret = str(config.get("secret") or "").encode()
    if not secret:
        raise Refused("This webhook has no secret yet, so it takes no calls. Set one in its trigger.")
    check = CHECKS.get(kind)
    if check is None:
        raise Refused("This webhook authenticates in a way that is not known here.")
    if kind == "generic" and config.get("require_timestamp") and TIMESTAMP_HEADER.lower() not in headers:
        raise Refused("The call has no X-Timestamp, without which it could be replayed.")
    check(secret, str(config.get("header_name") or "").lower(), headers, body, now)


def refuse_query(config: Mapping[str, Any], query: QueryDict) -> None:
    """Raises UserError (400) for a secret in the address, right or wrong: addresses end up in logs. A webhook without
    authentication has no secret, and takes any parameter."""
    if (config.get("auth") or "header") == "none":
        return
    names = QUERY_SECRETS | {str(config.get("header_name") or "").lower()}
    secret = str(config.get("secret") or "").encode()
    values = [value.encode("utf-8", "replace") for name in query for value in query.getlist(name)]
    same = any([hmac.compare_digest(value, secret) for value in values if value])  # noqa: C419 - all, in even time
    if same or any(name.lower() in names for name in query):
        sentence = (
            "Send the secret in a header, not in the address, which ends up in logs. Change it if it was used here."
        )
        raise UserError(sentence, code="secret_in_query")


def _header(secret: bytes, name: str, headers: Headers, body: bytes, now: float) -> None:
    name = name or SECRET_HEADER.lower()
    given = headers.get(name, "").encode()
    if name == "authorization" and given[:7].lower() == b"bearer " and secret[:7].lower() != b"bearer ":
        given = given[7:]
    _same(given, secret, f"The secret in the header {name} is missing or wrong.")


def _github(secret: bytes, name: str, headers: Headers, body: bytes, now: float) -> None:
    given = headers.get("x-hub-signature-256", "")
    _same(given.encode(), b"sha256=" + _digest(secret, body), _wrong("X-Hub-Signature-256"))


def _stripe(secret: bytes, name: str, headers: Headers, body: bytes, now: float) -> None:
    """https://docs.stripe.com/webhooks/signature"""
    stamp = _stripe_parts(headers, "t")[0]
    _fresh(stamp, now)
    expected = _digest(secret, stamp.encode() + b"." + body)
    given = [value.encode() for value in _stripe_parts(headers, "v1")[:10]]
    if not any([hmac.compare_digest(value, expected) for value in given]):  # noqa: C419 - all of them, in even time
        raise Refused(_wrong("Stripe-Signature"))


def _slack(secret: bytes, name: str, headers: Headers, body: bytes, now: float) -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = headers.get("x-slack-request-timestamp", "")
    _fresh(stamp, now)
    expected = b"v0=" + _digest(secret, b"v0:" + stamp.encode() + b":" + body)
    _same(headers.get("x-slack-signature", "").encode(), expected, _wrong("X-Slack-Signature"))


def _generic(secret: bytes, name: str, headers: Headers, body: bytes, now: float) -> None:
    """Over the body; with an X-Timestamp over `<timestamp>.<body>`, and then for five minutes only."""
    name = name or SIGNATURE_HEADER.lower()
    stamp = headers.get(TIMESTAMP_HEADER.lower())
    signed = body
    if stamp is not None:
        _fresh(stamp, now)
        signed = stamp.encode() + b"." + body
    elif STAMPED.match(body):
        raise Refused("The body begins like one that was signed with a timestamp: send that as X-Timestamp.")
    given = headers.get(name, "").strip().lower().removeprefix("sha256=")
    _same(given.encode(), _digest(secret, signed), _wrong(name))


CHECKS: Mapping[str, Callable[[bytes, str, Headers, bytes, float], None]] = {
    "header": _header,
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "generic": _generic,
}


def delivery_id(config: Mapping[str, Any], headers: Headers, body: Any) -> str:
    """By what the sender tells one delivery from another; empty if by nothing."""
    kind = config.get("auth") or "header"
    if kind == "github":
        return headers.get("x-github-delivery", "")
    if kind in {"stripe", "slack"}:
        found = body.get("id" if kind == "stripe" else "event_id") if isinstance(body, Mapping) else None
        return found if isinstance(found, str) else ""
    return next((headers[name] for name in DELIVERY_HEADERS if headers.get(name)), "")


def signed_content(config: Mapping[str, Any], headers: Headers, body: bytes) -> str:
    """A digest of what was signed, where a timestamp is: whoever sends it again, under whatever delivery id (which
    nobody signs), repeats it. Else empty: GitHub signs no timestamp, and two of its events may be equal to the byte."""
    kind = config.get("auth") or "header"
    stamp = STAMPS[kind](headers) if kind in STAMPS else ""
    return hashlib.sha256(stamp.encode() + b"." + body).hexdigest() if stamp else ""


def _stripe_parts(headers: Headers, name: str) -> list[str]:
    """The values of a name in Stripe-Signature; an empty one if there is none."""
    pairs = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    return [value for key, _, value in pairs if key == name] or [""]


STAMPS: Mapping[str, Callable[[Headers], str]] = {
    "stripe": lambda headers: _stripe_parts(headers, "t")[0],
    "slack": lambda headers: headers.get("x-slack-request-timestamp", ""),
    "generic": lambda headers: headers.get(TIMESTAMP_HEADER.lower(), ""),
}
"""Where the signed timestamp is."""


def _digest(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, signed, hashlib.sha256).hexdigest().encode()


def _same(given: bytes, expected: bytes, sentence: str) -> None:
    if not hmac.compare_digest(given, expected):
        raise Refused(sentence)


def _fresh(stamp: str, now: float) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(now - int(stamp)) <= REPLAY_SECONDS):
        raise Refused("The call's timestamp is missing or more than five minutes off: it may be a replay.")


def _wrong(header: str) -> str:
    return f"The signature in the header {header} is missing or wrong."
