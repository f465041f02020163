"""The WebSocket `/ws/`: one connection per client, live events of the channels that it subscribes to. The messages are
described in docs/live-events.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from django.db import Error as DatabaseError

from apps.accounts.models import APIKey
from pipelit import events
from pipelit.redis import DOWN

from .feeds import FALLBACK_SECONDS, Batch, whole
from .hearing import Caller, heard, key_of
from .live import hub, in_database
from .origins import is_allowed
from .presence import Presence, where

GOING_AWAY, UNSUPPORTED, REFUSED, TOO_BIG, TRY_LATER = 1001, 1003, 1008, 1009, 1013
AUTH_SECONDS = 5.0
PING_SECONDS = 30.0
PONG_SECONDS = 10.0
LAST_WORD_SECONDS = 1.0
MAX_MESSAGE = 64 * 1024
MAX_PER_SECOND = 50
MAX_CHANNELS = 200
AT_ONCE = 50
"""Events sent before others get their turn."""
AWAY = "Redis or the database is away; try again in a moment."

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def live(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    await Connection(scope, receive, send).serve()


class Close(Exception):
    """End the connection with this code; the sentence is sent as an error first."""

    def __init__(self, code: int, sentence: str, error: str = "refused") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.error = code, sentence, error


class Left(Exception):
    """The client has gone."""


class Refused(Exception):
    """A message that cannot be obeyed; the connection goes on."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Connection:
    """One client: signs in, then is listened to, sent what is new, pinged when it is silent, and
    put out when its key ends: a task each, since sending waits for a client that reads slowly."""

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self._headers = dict(scope["headers"])
        self._query = parse_qs(scope["query_string"].decode("latin-1"))
        self._receive, self._send = receive, send
        self._heard = time.monotonic()
        self._pong = asyncio.Event()
        self._allowance, self._counted = float(MAX_PER_SECOND), self._heard

    async def serve(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})  # a browser sees why only if it was let in first
        try:
            self._key = await self._sign_in()
            self._feed = hub().open(Caller(self._key.user_id, self._key.pk), people=True)
            self._presence = Presence(self._key.user)
            try:
                await self._run()
            finally:
                await self._feed.close()
                with contextlib.suppress(OSError, *DOWN):
                    await whole(self._presence.leave())
        except Left:
            return
        except Close as end:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD_SECONDS):
                    await self._tell({"type": "error", "code": end.error, "detail": end.sentence})
            await self._send({"type": "websocket.close", "code": end.code, "reason": end.error})

    async def _run(self) -> None:
        """Until one of the tasks raises Close or Left."""
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._pump, self._ping, self._guard)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _sign_in(self) -> APIKey:
        """Raises Close unless a usable ticket or key is shown in time."""
        if not is_allowed(self._headers):
            raise Close(REFUSED, "Pages of this origin may not listen here.")
        token = self._query.get("token", [""])[0]
        try:
            key = await in_database(key_of, token or await self._first_token(), ticket=bool(token))
        except (DatabaseError, *DOWN):
            raise Close(TRY_LATER, AWAY, "unavailable") from None
        if key is None:
            raise Close(REFUSED, "This ticket or key is not valid.", "not_authenticated")
        return key

    async def _first_token(self) -> str:
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                message = await self._next()
        except TimeoutError:
            raise Close(REFUSED, f"Nobody signed in within {AUTH_SECONDS:g} seconds.", "not_authenticated") from None
        except Refused:
            message = {}
        token = message.get("token")
        if message.get("type") != "auth" or not isinstance(token, str):
            raise Close(REFUSED, 'Sign in first: {"type": "auth", "token": "<api key>"}.', "not_authenticated")
        return token

    async def _next(self) -> Message:
        """The client's next message. Raises Left, Close for one that breaks the limits, Refused for no message."""
        frame = await self._receive()
        if frame["type"] == "websocket.disconnect":
            raise Left
        now = self._heard = time.monotonic()
        self._allowance = min(self._allowance + (now - self._counted) * MAX_PER_SECOND, MAX_PER_SECOND) - 1
        self._counted = now
        if self._allowance < 0:
            raise Close(REFUSED, f"At most {MAX_PER_SECOND} messages a second are read.", "rate_limited")
        text = frame.get("text")
        if text is None:
            raise Close(UNSUPPORTED, "Messages are text.", "malformed")
        if len(text) > MAX_MESSAGE or len(text.encode(errors="replace")) > MAX_MESSAGE:
            raise Close(TOO_BIG, f"A message has at most {MAX_MESSAGE} bytes.", "too_large")
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Refused("malformed", "A message is a JSON object with a type.")
        return message

    async def _listen(self) -> None:
        while True:
            message: Message = {}
            try:
                message = await self._next()
                await self._obey(message)
            except Refused as refused:
                told = {"type": "error", "code": refused.code, "detail": str(refused)}
                channel = message.get("channel")
                await self._tell(told | ({"channel": channel} if isinstance(channel, str) else {}))

    async def _obey(self, message: Message) -> None:
        match message["type"]:
            case "pong":
                self._pong.set()
            case "subscribe":
                await self._subscribe(message.get("channel"), message.get("since"))
            case "unsubscribe":
                await self._unsubscribe(message.get("channel"))
            case "presence":
                await self._tell_presence(message)
            case "auth":
                raise Refused("conflict", "You are signed in already.")
            case other:
                raise Refused("unknown_type", f"There is no message type {other[:50]!r}.")

    async def _subscribe(self, channel: Any, since: Any) -> None:
        if not isinstance(channel, str):
            raise Refused("malformed", "subscribe needs a channel, such as workflow:<slug>.")
        if since is not None and not isinstance(since, str):
            raise Refused("malformed", "since is the seq of an event: a string.")
        if len(self._feed.channels) >= MAX_CHANNELS and channel not in self._feed.channels:
            raise Refused("limit_exceeded", f"A connection hears at most {MAX_CHANNELS} channels.")
        try:
            if not await in_database(heard, self._key.user, [channel]):
                raise Refused("not_found", f"There is no channel {channel[:250]!r}, or it is not yours to hear.")
            place = await self._feed.find(channel, since)
        except ValueError:
            raise Refused("malformed", "since is the seq of an event.") from None
        except (DatabaseError, *DOWN):
            raise Refused("unavailable", AWAY) from None
        await self._tell({"type": "subscribed", "channel": channel, "seq": place.seq})
        if place.gone:
            await self._tell({"type": "resync", "channel": channel, "seq": place.seq})
        self._feed.follow(channel, place.seq)

    async def _unsubscribe(self, channel: Any) -> None:
        if not isinstance(channel, str):
            raise Refused("malformed", "unsubscribe needs a channel.")
        await self._leave(channel)
        await self._feed.forget(channel)
        await self._tell({"type": "unsubscribed", "channel": channel})

    async def _tell_presence(self, message: Message) -> None:
        """Only where this connection listens: so only who may read the workflow."""
        channel = message.get("channel")
        if not isinstance(channel, str) or not channel.startswith("workflow:"):
            raise Refused("malformed", "presence needs the channel of a workflow.")
        if channel not in self._feed.channels:
            raise Refused("not_found", "Subscribe to the channel first.")
        try:
            told = where(message)
            if not self._presence.may_tell():
                raise Refused("rate_limited", "Presence is passed on some ten times a second; this message was not.")
            await whole(self._presence.tell(channel, told))
        except ValueError as error:
            raise Refused("malformed", str(error)) from None
        except (OSError, *DOWN):
            raise Refused("unavailable", AWAY) from None

    async def _leave(self, channel: str) -> None:
        with contextlib.suppress(OSError, *DOWN):
            await whole(self._presence.leave(channel))

    async def _pump(self) -> None:
        """Send what is new as soon as it is known. Who reads slowly is sent more later, from the stream."""
        while True:
            await self._feed.wait()
            for channel in self._feed.take_lost():
                await self._leave(channel)
                await self._feed.forget(channel)
                await self._tell({"type": "unsubscribed", "channel": channel, "code": "not_found"})
            for told in self._feed.take_present():
                if told["data"]["id"] != self._presence.id:
                    await self._tell({"type": "presence", "timestamp": datetime.now(UTC).isoformat(), **told})
            try:
                for batch in await self._feed.read():
                    await self._pass_on(batch)
            except DOWN:
                await asyncio.sleep(FALLBACK_SECONDS)

    async def _pass_on(self, batch: Batch) -> None:
        if batch.resync is not None:
            await self._tell({"type": "resync", "channel": batch.channel, "seq": batch.resync})
        for number, (entry_id, fields) in enumerate(batch.entries, 1):
            if batch.channel not in self._feed.channels:
                return
            await self._send({"type": "websocket.send", "text": events.encoded(batch.channel, entry_id, fields)})
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _guard(self) -> None:
        await self._feed.ended.wait()
        raise Close(REFUSED, "The key or the account has ended.", "not_authenticated")

    async def _ping(self) -> None:
        while True:
            quiet = time.monotonic() - self._heard
            if quiet < PING_SECONDS:
                await asyncio.sleep(PING_SECONDS - quiet)
                continue
            self._pong.clear()
            try:
                async with asyncio.timeout(PONG_SECONDS):
                    await self._tell({"type": "ping"})
                    await self._pong.wait()
            except TimeoutError:
                raise Close(GOING_AWAY, f"No pong within {PONG_SECONDS:g} seconds.", "timeout") from None

    async def _tell(self, message: Message) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(message)})
