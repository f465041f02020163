"""The WebSocket: one connection per client, live events of the channels that it subscribes to.

A wake says that a channel has something new; what it is, is read from the channel's stream, from the last event that
this connection was sent. So a lost wake costs a second, and neither a gap nor a repeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from apps.accounts.keys import find_key, usable_key
from apps.accounts.models import APIKey
from apps.accounts.tickets import redeem_ws_ticket
from apps.workflows.access import get_workflow
from pipelit import events
from pipelit.errors import PipelitError
from pipelit.redis import DOWN

from .access import get_execution

POLICY_VIOLATION, TOO_BIG = 1008, 1009
AUTH_SECONDS = 5.0
PING_SECONDS = 30.0
PONG_SECONDS = 10.0
RECHECK_SECONDS = 4.0
FALLBACK_SECONDS = 1.0
"""How long a lost wake goes unnoticed."""
MAX_MESSAGE = 64 * 1024
MAX_PER_SECOND = 50
MAX_CHANNELS = 200
BATCH = 500
"""Events read from one channel at a time."""

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def client() -> Any:
    """The Redis client of this event loop (`redis.asyncio.Redis`, answers bytes)."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
    return _clients[loop]


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """See docs/websocket.md for the messages."""

    async def connect(self) -> None:
        self.key: APIKey | None = None
        self._seen: dict[str, str] = {}
        """The last event sent, by channel."""
        self._kick = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pong_due: float | None = None
        self._quiet_since = time.monotonic()
        self._second, self._count = 0, 0
        await self.accept()
        if not _same_origin(dict(self.scope["headers"])):
            await self._refuse("This page's origin may not open a socket here.")
            return
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        token = (query.get("token") or [""])[0]
        if token:
            await self._sign_in(token, ticket=True)
        else:
            self._spawn(self._expect_sign_in())

    async def disconnect(self, code: int) -> None:
        for task in self._tasks:
            task.cancel()
        for channel in self._seen:
            with contextlib.suppress(*DOWN, OSError):
                await self.channel_layer.group_discard(events.group_name(channel), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self._quiet_since = time.monotonic()
        if bytes_data is not None or text_data is None or len(text_data) > MAX_MESSAGE:
            await self.close(TOO_BIG)
            return
        second = int(self._quiet_since)
        self._second, self._count = second, self._count + 1 if second == self._second else 1
        if self._count > MAX_PER_SECOND:
            await self._refuse("Too many messages: 50 a second are the limit.")
            return
        try:
            message = json.loads(text_data)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            await self._error("A message is a JSON object with a type.", code="malformed")
            return
        await self._handle(message)

    async def _handle(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        if self.key is None:
            if kind == "auth" and isinstance(message.get("token"), str):
                await self._sign_in(message["token"], ticket=False)
            else:
                await self._refuse("Sign in first.")
        elif kind == "pong":
            self._pong_due = None
        elif kind == "subscribe":
            await self._subscribe(message.get("channel"), message.get("since"))
        elif kind == "unsubscribe":
            await self._unsubscribe(message.get("channel"))
        else:
            await self._error(f"There is no message type {kind[:50]!r}.", code="unknown_type")

    async def events_wake(self, message: Mapping[str, Any]) -> None:
        """From the channel layer: there is something to read."""
        self._kick.set()

    async def _sign_in(self, token: str, *, ticket: bool) -> None:
        try:
            self.key = await database_sync_to_async(_key_of)(token, ticket)
        except DOWN:
            await self._refuse("Redis is away; try again in a moment.")
            return
        if self.key is None:
            await self._refuse("The ticket or key is not valid.")
            return
        self._spawn(self._pump())
        self._spawn(self._watch())

    async def _expect_sign_in(self) -> None:
        await asyncio.sleep(AUTH_SECONDS)
        if self.key is None:
            await self._refuse("Nobody signed in within 5 seconds.")

    async def _subscribe(self, channel: Any, since: Any) -> None:
        if not isinstance(channel, str) or not await self._may_hear(channel):
            await self._error(f"There is no channel {str(channel)[:100]!r}, or it is not yours.", code="not_found")
            return
        if len(self._seen) >= MAX_CHANNELS and channel not in self._seen:
            await self._error(f"A connection has at most {MAX_CHANNELS} channels.", code="limit_exceeded")
            return
        if since is not None and not _is_seq(since):
            await self._error("since is the seq of an event.", code="malformed")
            return
        try:
            await self.channel_layer.group_add(events.group_name(channel), self.channel_name)
            start, gone = await _where(channel, since)
        except DOWN:
            await self._error("Redis is away; try again in a moment.", code="unavailable")
            return
        await self._send({"type": "subscribed", "channel": channel, "seq": start})
        if gone:
            await self._send({"type": "resync", "channel": channel, "seq": start})
        self._seen[channel] = start
        self._kick.set()

    async def _unsubscribe(self, channel: Any) -> None:
        if self._seen.pop(channel, None) is not None:
            await self.channel_layer.group_discard(events.group_name(channel), self.channel_name)
        await self._send({"type": "unsubscribed", "channel": channel})

    async def _may_hear(self, channel: str) -> bool:
        key = self.key
        assert key is not None
        return bool(await database_sync_to_async(_allowed)(key, channel))

    async def _pump(self) -> None:
        """Send what is new, as soon as it is known."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kick.wait(), FALLBACK_SECONDS)
            self._kick.clear()
            with contextlib.suppress(*DOWN):
                while await self._send_new():
                    pass

    async def _send_new(self) -> bool:
        """Read all channels once; whether there may be more."""
        seen = dict(self._seen)
        if not seen:
            return False
        pipe = client().pipeline(transaction=False)
        for channel, last in seen.items():
            pipe.xrange(events.stream_key(channel), min=f"({last}", count=BATCH)
        full = False
        for channel, entries in zip(seen, await pipe.execute(), strict=True):
            full = full or len(entries) == BATCH
            if entries and channel in self._seen:
                self._seen[channel] = entries[-1][0].decode()
                head = json.dumps(channel)
                for entry_id, fields in entries:
                    body = fields[b"e"].decode()
                    await self.send(text_data=f'{{"channel":{head},"seq":"{entry_id.decode()}",{body[1:]}')
        return full

    async def _watch(self) -> None:
        """Ping a quiet client, and close when its key or rights end."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            key = await database_sync_to_async(usable_key)(self.key.pk if self.key else 0)
            if key is None:
                await self._refuse("The key has been revoked or has expired.")
                return
            self.key = key
            for channel in list(self._seen):
                if not await self._may_hear(channel):
                    await self._unsubscribe(channel)
            now = time.monotonic()
            if self._pong_due is not None and now > self._pong_due:
                await self.close(POLICY_VIOLATION)
                return
            if self._pong_due is None and now - self._quiet_since >= PING_SECONDS:
                self._pong_due = now + PONG_SECONDS
                await self._send({"type": "ping"})

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(message))

    async def _error(self, sentence: str, *, code: str) -> None:
        await self._send({"type": "error", "detail": sentence, "code": code})

    async def _refuse(self, sentence: str) -> None:
        await self._error(sentence, code="refused")
        await self.close(POLICY_VIOLATION)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _key_of(token: str, ticket: bool) -> APIKey | None:
    if not ticket:
        return find_key(token)
    return redeem_ws_ticket(token) or (find_key(token) if settings.WS_ALLOW_KEY_IN_URL else None)


def _allowed(key: APIKey, channel: str) -> bool:
    kind, _, name = channel.partition(":")
    try:
        if kind == "workflow":
            get_workflow(key.user, name)
        elif kind == "execution":
            get_execution(key.user, name)
        else:
            return kind == "user" and name == str(key.user_id)
    except PipelitError:
        return False
    return True


async def _where(channel: str, since: str | None) -> tuple[str, bool]:
    """The event to go on after, and whether what came after `since` is gone."""
    stream = events.stream_key(channel)
    last = await client().xrevrange(stream, count=1)
    newest = last[0][0].decode() if last else "0-0"
    if since is None:
        return newest, False
    try:
        events.check_kept(await client().xrange(stream, count=1), since)
    except events.Gone:
        return newest, True
    return since, False


def _is_seq(value: Any) -> bool:
    try:
        events.order(value)
    except (ValueError, AttributeError):
        return False
    return True


def _same_origin(headers: Mapping[bytes, bytes]) -> bool:
    """Browsers say where a page came from; programs say nothing."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return urlsplit(origin.decode("latin-1")).netloc.lower() == host.lower()
