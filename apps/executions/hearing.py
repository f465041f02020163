"""Who may hear which channels of live events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings

from apps.accounts.keys import find_key, note_use, usable_key
from apps.accounts.models import APIKey, UserProfile
from apps.accounts.tickets import redeem_ws_ticket
from apps.workflows import access as workflows

from . import access

CHANNEL = re.compile(r"(workflow):([-\w]{1,200})|(execution):([0-9a-f-]{36})|(user):([1-9]\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who listens: a person, and the key that they showed (None for an admin's session)."""

    user_id: int
    key_id: int | None


def key_of(token: str, *, ticket: bool) -> APIKey | None:
    """The usable key that a ticket or a raw key stands for. Raises one of `redis.DOWN`."""
    key = redeem_ws_ticket(token) if ticket else find_key(token)
    if key is None and ticket and settings.WS_ALLOW_KEY_IN_URL:
        key = find_key(token)
    if key is not None:
        note_use(key)
    return key


def heard(user: UserProfile, channels: Iterable[str]) -> set[str]:
    """Those of the channels that exist and that the user may hear. At most two queries."""
    names: dict[str, set[str]] = {"workflow": set(), "execution": set(), "user": set()}
    for channel in channels:
        if match := CHANNEL.fullmatch(channel):
            kind, name = (group for group in match.groups() if group is not None)
            names[kind].add(name)
    found = {f"user:{user.pk}"} if str(user.pk) in names["user"] else set()
    if names["workflow"]:
        rows = workflows.readable(user).filter(slug__in=names["workflow"]).order_by()
        found |= {f"workflow:{slug}" for slug in rows.values_list("slug", flat=True)}
    keys = {key for name in names["execution"] if (key := access.as_uuid(name))}
    if keys:
        runs = access.readable(user).filter(pk__in=keys).order_by()
        found |= {f"execution:{key}" for key in runs.values_list("pk", flat=True)}
    return found.intersection(channels)


def verdicts(listeners: Mapping[Caller, set[str]]) -> dict[Caller, set[str] | None]:
    """What each caller may still hear of the channels; None for one whose key or account has ended."""
    found: dict[Caller, set[str] | None] = {}
    for caller, channels in listeners.items():
        user = user_of(caller)
        found[caller] = None if user is None else heard(user, channels)
    return found


def user_of(caller: Caller) -> UserProfile | None:
    """The person, if the key that they showed still works and their account is active."""
    if caller.key_id is None:
        return UserProfile.objects.filter(pk=caller.user_id, is_active=True).first()
    key = usable_key(caller.key_id)
    return key.user if key is not None else None
