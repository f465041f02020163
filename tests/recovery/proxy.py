"""A TCP proxy before a server on a unix socket: cuts connections, takes none, or lets nothing through."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path


class Proxy:
    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: set[socket.socket] = set()
        self.flowing = threading.Event()
        """While it is clear what is sent arrives nowhere, and connections stay open."""
        self.flowing.set()
        self.taking = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Break all connections."""
        for one in list(self._open):
            _close(one)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                if not self.taking:
                    raise ConnectionRefusedError
                server.connect(str(self._server))
            except OSError:
                _close(client)
                server.close()
                continue
            for pair in ((client, server), (server, client)):
                self._open.add(pair[0])
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.flowing.wait()
                target.sendall(data)
        _close(target)
        self._open.discard(source)
        source.close()


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
