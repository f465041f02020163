"""The web server: sending over a WebSocket waits for a client that reads slowly."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from twisted.internet.testing import StringTransport

from pipelit.serving import PipelitServer


class Protocol:
    def __init__(self) -> None:
        self.transport = StringTransport()
        self.transport.registerProducer(object(), True)
        self.handled: list[Any] = []

    def handle_reply(self, message: Any) -> None:
        self.handled.append(message["type"])


def test_sending_waits_while_the_buffer_is_full() -> None:
    async def main() -> None:
        server, protocol = PipelitServer(None, endpoints=["tcp:0"]), Protocol()
        server.connections = {protocol: {"connected": time.time()}}
        await server.handle_reply(protocol, {"type": "websocket.accept"})
        gate: Any = protocol.transport.producer
        await server.handle_reply(protocol, {"type": "websocket.send", "text": "1"})
        gate.pauseProducing()
        sending = asyncio.create_task(server.handle_reply(protocol, {"type": "websocket.send", "text": "2"}))
        done, _ = await asyncio.wait([sending], timeout=0)
        assert not done
        await server.handle_reply(protocol, {"type": "websocket.close"})
        gate.resumeProducing()
        await sending
        gate.pauseProducing()
        sending = asyncio.create_task(server.handle_reply(protocol, {"type": "websocket.send", "text": "3"}))
        gate.stopProducing()  # the connection is lost
        await sending
        assert protocol.handled == ["websocket.accept", *["websocket.send"] * 2, "websocket.close", "websocket.send"]

    asyncio.run(main())
