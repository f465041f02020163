"""How much a door takes: counted in Redis over all processes. While Redis is away everybody is let in, since the
inbox takes events without it."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.audit import audit
from pipelit.errors import PipelitError, Throttled
from pipelit.middleware import body_refused
from pipelit.redis import DOWN
from pipelit.throttling import client_address, tally

from .doors import Door

log = logging.getLogger(__name__)
WINDOW = 60
ADDRESSES = 10
"""The limit of a door that counts by address, taken in all: so many times that of one address."""
REFUSALS = 30
"""Refusals of one door that are audited in a minute, from all addresses together."""
ROOMS: Mapping[str, str] = {"webhooks": "webhook", "forms": "form", "chat": "chat", "telegram": "telegram"}
"""The kind of the doors whose addresses begin so."""
LONGEST_NAME = 200


def admit(door: Door, limits: Mapping[str, int]) -> None:
    """Count one event by each of `limits` (whose -> how many a minute), then by what the workflow takes from all of its
    doors; raises Throttled above one of them."""
    _count(door, door.source, limits)
    if door.workflow.rate_limit_per_minute is not None:
        _count(door, f"workflow:{door.workflow.pk}", {"all": door.workflow.rate_limit_per_minute})


def _count(door: Door, source: str, limits: Mapping[str, int]) -> None:
    if not limits:
        return
    try:
        counts, seconds = tally(source, list(limits), WINDOW)
    except DOWN as error:
        log.warning("Nothing is counted while Redis is away: %s", error)
        return
    if any(count > limit for count, limit in zip(counts, limits.values(), strict=True)):
        raise Throttled(
            f"Too many at once for this {door.kind}: try again in {max(1, round(seconds))} seconds.",
            retry_after=seconds,
        )


def by_address(door: Door, request: HttpRequest, default: int) -> None:
    """`admit`, for doors whose limit holds for one address."""
    limit = int(door.config.get("rate_limit_per_minute") or default)
    admit(door, {address_of(request): limit, "all": limit * ADDRESSES})


@contextmanager
def noted(door: Door, request: HttpRequest) -> Iterator[None]:
    """Audit what the door refuses in here."""
    try:
        yield
    except PipelitError as error:
        if error.status < 500:
            note_refusal(door, request, error.detail)
        raise


@receiver(body_refused)
def note_size(request: HttpRequest, **_: Any) -> None:
    """Audit that a body was refused before its door was asked. Only the door's name is written down: what follows it
    may be a secret."""
    _root, room, name, *_rest = (*request.path.split("/"), "", "")
    if (kind := ROOMS.get(room)) is not None:
        note(kind, request, "The body is too large.", f"{kind}.refused", f"{kind}:{name}"[:LONGEST_NAME])


def note_refusal(door: Door, request: HttpRequest, why: str) -> None:
    """Audit that a door refused a call."""
    note(door.source, request, why, f"{door.kind}.refused", door.workflow, trigger=door.trigger.node_id)


def note(source: str, request: HttpRequest, why: str, action: str, target: Model | str, **data: Any) -> None:
    """Audit that a call was refused, as `refused` does, by its address."""
    address = address_of(request)
    refused(source, address, why, action, target, address=address, method=request.method, **data)


def refused(source: str, whom: str, why: str, action: str, target: Model | str, **data: Any) -> None:
    """Audit that somebody was refused: one entry per source, person and minute, however often they try; none while
    Redis is away, which could not be counted."""
    try:
        (seen,), _ = tally(f"refused:{source}", [whom], WINDOW)
        if seen > 1:
            return
        (all_of_them,), _ = tally("refused", [source], WINDOW)
    except DOWN:
        return
    if all_of_them <= REFUSALS:
        audit(None, action, target, reason=why, **data)


def address_of(request: HttpRequest) -> str:
    """Where a call comes from; of IPv6 the network, which is one customer's."""
    text = client_address(request)
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
