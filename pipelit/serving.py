"""The web server: Daphne, with four corrections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import defer


class Gate:
    """Closed while a connection's send buffer (64 KiB) is full: a Twisted push producer (IPushProducer)."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.wait = self._open.wait
        self.resumeProducing = self.stopProducing = self._open.set
        self.pauseProducing = self._open.clear


class RequestFactory(HTTPFactory):  # type: ignore[misc]
    """As Daphne's, but Twisted leaves bodies alone: Django parses forms itself, and for Twisted the type of any POST's
    body is a mail header, which costs as much as all of the view."""

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = partial(WebRequest, parsePOSTFormSubmission=False)
        return protocol


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """As Daphne's, but it closes with any code of RFC 6455: Autobahn keeps 1001 to 1013 from its users, who are servers
    too."""

    def serverClose(self, code: int | None = None) -> None:
        self.sendCloseFrame(code=code or 1000)


class SocketFactory(WebSocketFactory):  # type: ignore[misc]
    protocol = SocketProtocol


daphne.server.HTTPFactory = RequestFactory  # where Server.run takes them from
daphne.server.WebSocketFactory = SocketFactory


class PipelitServer(Server):  # type: ignore[misc]
    async def handle_reply(self, protocol: Any, message: Mapping[str, Any]) -> None:
        """As Daphne's, but sending over a WebSocket waits until there is room: who reads slowly fills no memory."""
        await super().handle_reply(protocol, message)
        if message["type"] == "websocket.accept" and protocol in self.connections:
            protocol.gate = Gate()
            protocol.transport.unregisterProducer()  # the HTTP channel that the connection began as
            protocol.transport.registerProducer(protocol.gate, True)
        elif message["type"] == "websocket.send" and hasattr(protocol, "gate"):
            await protocol.gate.wait()

    def kill_all_applications(self) -> Any:
        """As Daphne's, which stumbles over connections that have had their answer."""
        running = [
            found["application_instance"] for found in self.connections.values() if found.get("application_instance")
        ]
        for task in running:
            task.cancel()
        return defer.Deferred.fromFuture(asyncio.gather(*running, return_exceptions=True))
