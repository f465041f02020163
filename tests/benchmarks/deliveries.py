"""Deliveries to a webhook at a steady rate, from several clients at once."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

CLIENTS = 8
HEADERS = {"Content-Type": "application/json"}


def drive(port: int, path: str, rate: float, seconds: float) -> tuple[Counter[int], float]:
    """Offer `rate` deliveries a second for so many seconds; each client waits for its answer before the next, so that
    a slower server is offered fewer. How many answers of each status, and the seconds until the last one."""
    begun = time.perf_counter()

    def client(first: int) -> Counter[int]:
        found: Counter[int] = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(first, int(rate * seconds), CLIENTS):
            due = begun + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            if time.perf_counter() - begun >= seconds:
                break
            body = b'{"number": %d}' % number
            connection.request("POST", path, body, {**HEADERS, "X-Delivery-Id": str(number)})
            answer = connection.getresponse()
            answer.read()
            found[answer.status] += 1
        connection.close()
        return found

    with ThreadPoolExecutor(CLIENTS) as threads:
        counts = sum(threads.map(client, range(CLIENTS)), Counter[int]())
    return counts, time.perf_counter() - begun
