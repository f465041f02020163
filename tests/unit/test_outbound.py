"""Which addresses a workflow may reach: the open internet, and what the operator opens."""

from __future__ import annotations

import ipaddress
import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelit import destinations, outbound
from pipelit.errors import TransientError

REFUSED = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 192.88.99.1 198.18.0.1 224.0.0.1
255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2001:0:1::1 2002:7f00:1::
fc00::1 fe80::1 fec0::1 ff02::1 3fff::1 2001:db8::1
""".split()


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_the_open_internet_is_refused(address: str) -> None:
    assert not destinations.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_open_internet(address: str) -> None:
    assert destinations.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("entry", "host", "port", "opened"),
    [
        ("10.0.0.0/8", "x", 80, True),
        ("10.0.0.0/8:8080", "x", 80, False),
        ("10.0.0.0/8:8080", "x", 8080, True),
        ("Local.test", "local.test", 80, True),
        ("local.test:81", "local.test", 80, False),
        ("11.0.0.0/8", "x", 80, False),
    ],
)
def test_what_the_operator_opens(settings: Any, entry: str, host: str, port: int, opened: bool) -> None:
    settings.OUTBOUND_ALLOW = [entry]
    assert destinations.is_allowed(host, ipaddress.ip_address("10.1.2.3"), port) is opened


class Dripping(socketserver.ThreadingTCPServer):
    """Answers with this beginning, then a byte now and then, without end."""

    daemon_threads = True

    def __init__(self, beginning: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Drip)
        self.beginning = beginning
        self.ended = threading.Event()


class _Drip(socketserver.BaseRequestHandler):
    server: Dripping

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(self.server.beginning)
        while not self.server.ended.wait(0.02):
            self.request.sendall(b"x")


@pytest.fixture(params=[b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: "])
def dripping(request: Any, settings: Any) -> Iterator[str]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with Dripping(request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.ended.set()
        server.shutdown()


def test_a_server_that_drips_does_not_outlast_the_timeout(dripping: str) -> None:
    with pytest.raises(TransientError, match="did not answer in time"):
        outbound.client().request("GET", dripping, timeout=0.3)
    with pytest.raises(outbound.httpx2.ReadTimeout), outbound.within(0.3):
        outbound.httpx_client(60).get(dripping)


def test_what_did_not_get_there_is_undone(dripping: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        for url, undone in ((closed, True), (dripping, False)):
            with pytest.raises(TransientError) as caught:
                outbound.client().request("POST", url, timeout=0.3)
            assert caught.value.undone == undone


class _SeeOther(BaseHTTPRequestHandler):
    """Does what is posted, and sends on to where nobody is."""

    def do_POST(self) -> None:
        self.send_response(303)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Silent."""


def test_what_sent_on_to_where_nobody_is_was_done(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with ThreadingHTTPServer(("127.0.0.1", 0), _SeeOther) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(TransientError) as caught:
            outbound.client().request("POST", f"http://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
    assert not caught.value.undone
