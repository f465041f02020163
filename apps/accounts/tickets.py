"""Single-use tickets by which a browser opens a WebSocket without showing its key in a URL."""

from __future__ import annotations

import hashlib
import secrets

from pipelit import redis

from .keys import usable_key
from .models import APIKey

SECONDS = 30


def issue_ws_ticket(key: APIKey) -> str:
    """A ticket that stands for `key` once within 30 s. Raises one of `redis.DOWN`."""
    ticket = secrets.token_urlsafe(32)
    redis.client().set(_name(ticket), key.pk, ex=SECONDS)
    return ticket


def redeem_ws_ticket(ticket: str) -> APIKey | None:
    """The key that the ticket stands for, its user loaded; None if it is unknown, used, too old, or the key ended
    meanwhile. Raises one of `redis.DOWN`."""
    key_id = redis.client().getdel(_name(ticket))
    return usable_key(int(key_id)) if key_id is not None else None


def _name(ticket: str) -> str:
    return "pipelit:ws-ticket:" + hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
