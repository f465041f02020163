"""Presence: who looks at a workflow, which node they have chosen and where they point. It is passed on at once to those
who listen to the workflow, and stored nowhere: what is lost is told again by the next message."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Mapping
from typing import Any

from channels.layers import get_channel_layer

from apps.accounts.models import UserProfile
from apps.workflows.editing import NODE_ID
from pipelit.waking import group_name

MAX_PER_SECOND = 15.0
FARTHEST = 1e7
"""Coordinates of the canvas beyond this are no place."""
FIELDS = frozenset({"type", "channel", "node_id", "x", "y"})


class Presence:
    """What one connection tells of its person, in those channels where it has told something."""

    def __init__(self, user: UserProfile) -> None:
        self._user = user
        self.id = secrets.token_hex(6)
        self._channels: set[str] = set()
        self._allowance, self._counted = MAX_PER_SECOND, time.monotonic()

    def may_tell(self) -> bool:
        """Whether one more message is within the rate; counts it."""
        now = time.monotonic()
        earned = (now - self._counted) * MAX_PER_SECOND
        self._allowance, self._counted = min(self._allowance + earned, MAX_PER_SECOND), now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    async def tell(self, channel: str, where: Mapping[str, Any]) -> None:
        """Tell the others. Raises one of `redis.DOWN`."""
        self._channels.add(channel)
        await self._send(channel, dict(where))

    async def leave(self, channel: str | None = None) -> None:
        """Tell the others that this connection is gone: from a channel, or from all. Raises one of `redis.DOWN`."""
        left = self._channels & {channel} if channel else set(self._channels)
        self._channels -= left
        for name in left:
            await self._send(name, {"gone": True})

    async def _send(self, channel: str, what: dict[str, Any]) -> None:
        layer = get_channel_layer()
        if layer is not None:
            data = {"id": self.id, "user": self._user.pk, "name": self._user.username, **what}
            await layer.group_send(group_name(channel), {"type": "presence", "channel": channel, "data": data})


def where(message: Mapping[str, Any]) -> dict[str, Any]:
    """`node_id` (None: no node), and `x` and `y` where somebody points. Raises ValueError with a sentence."""
    unknown = sorted(set(message) - FIELDS)
    if unknown:
        raise ValueError(f"presence has no field {unknown[0][:50]!r}.")
    node_id = message.get("node_id")
    if node_id is not None and not (isinstance(node_id, str) and NODE_ID.fullmatch(node_id)):
        raise ValueError("node_id is the id of a node.")
    place = {name: message[name] for name in ("x", "y") if message.get(name) is not None}
    if len(place) == 1 or not all(map(_is_place, place.values())):
        raise ValueError("x and y are two numbers: a place on the canvas.")
    return {"node_id": node_id, **place}


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= FARTHEST
        and math.isfinite(value)
    )
