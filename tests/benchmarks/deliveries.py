"""Deliveries to a webhook at a steady rate, whether or not the server keeps up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

PATIENCE = 60.0
"""Seconds that a client waits for an answer."""


@dataclass
class Drive:
    """What came of the deliveries: answers by status (0: none), and how long those took that were accepted."""

    answers: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    """From the first delivery to the last answer."""
    waits: list[float] = field(default_factory=list)
    """Milliseconds from when an accepted delivery was due to its answer."""


def drive(port: int, path: str, rate: float, seconds: float) -> Drive:
    """Offer `rate` deliveries a second for so many seconds, each when it is due: a slow server is spared nothing."""
    return asyncio.run(_Client(port, path).drive(rate, seconds))


class _Client:
    """Sends over connections that are kept, as many as are needed at a time."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._found = Drive()

    async def drive(self, rate: float, seconds: float) -> Drive:
        begun = time.perf_counter()
        sent = []
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            sent.append(asyncio.create_task(self._deliver(number, due)))
        await asyncio.gather(*sent)
        self._found.seconds = time.perf_counter() - begun
        for _, writer in self._idle:
            writer.close()
        return self._found

    async def _deliver(self, number: int, due: float) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._send(number)
        except (OSError, EOFError, TimeoutError):
            status = 0
        self._found.answers[status] += 1
        if status == 202:
            self._found.waits.append((time.perf_counter() - due) * 1000)

    async def _send(self, number: int) -> int:
        connection = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = connection
        body = b'{"number": %d}' % number
        writer.write(
            f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
            f"X-Delivery-Id: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:")]
        await reader.readexactly(int(lengths[0]))
        if "connection: close" in head:
            writer.close()
        else:
            self._idle.append(connection)
        return int(head.split(" ", 2)[1])
