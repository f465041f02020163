"""A client of the WebSocket for the tests, and a loop that leaves nothing behind."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from apps.executions import live
from pipelit.asgi import application

PATIENCE = 5
HOST = [(b"host", b"localhost:8000")]


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def whole() -> None:
            try:
                await test(*args, **kwargs)
            finally:
                await live.hub().close()
                await get_channel_layer().flush()

        asyncio.run(whole())

    return run


class Client(WebsocketCommunicator):
    """`async with Client(...) as ws`: connected, and gone at the end."""

    def __init__(self, query: str = "", headers: list[tuple[bytes, bytes]] | None = None) -> None:
        super().__init__(application, f"/ws/?{query}", headers=[*HOST, *(headers or [])])

    async def __aenter__(self) -> Client:
        accepted, _ = await self.connect(PATIENCE)
        assert accepted
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect(timeout=PATIENCE)

    async def tell(self, **message: Any) -> None:
        await self.send_json_to(message)

    async def hear(self, count: int | None = None) -> Any:
        """The next message, or a list of so many."""
        if count is None:
            return await self.receive_json_from(PATIENCE)
        return [await self.receive_json_from(PATIENCE) for _ in range(count)]

    async def subscribe(self, channel: str, since: str | None = None) -> Any:
        await self.tell(type="subscribe", channel=channel, **({"since": since} if since is not None else {}))
        return await self.hear()

    async def ask(self, **message: Any) -> Any:
        await self.tell(**message)
        return await self.hear()

    async def closed(self) -> tuple[int, str]:
        """The code and the reason that the connection ends with; what is sent before is passed over."""
        while True:
            frame = await self.receive_output(PATIENCE)
            if frame["type"] == "websocket.close":
                return frame["code"], frame["reason"]
            assert json.loads(frame["text"])["type"] in ("error", "ping"), frame
