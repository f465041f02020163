"""A TCP proxy before a server on a unix socket: cuts connections, or lets nothing through."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer


class Proxy(ThreadingTCPServer):
    request_queue_size = 256

    def __init__(self, server: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = server
        self.open: set[socket.socket] = set()
        self.flowing = threading.Event()
        """While it is clear what is sent arrives nowhere, and connections stay open."""
        self.flowing.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def cut(self) -> None:
        """Break all connections."""
        for one in list(self.open):
            _end(one)

    def close(self) -> None:
        self.shutdown()
        self.cut()
        self.server_close()


class _Connection(BaseRequestHandler):
    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as behind:
            behind.connect(str(self.server.behind))
            both = {self.request, behind}
            self.server.open |= both
            back = threading.Thread(target=self._pump, args=(behind, self.request), daemon=True)
            back.start()
            self._pump(self.request, behind)
            back.join()
            self.server.open -= both

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.server.flowing.wait()
                target.sendall(data)
        _end(source)
        _end(target)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
