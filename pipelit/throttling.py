"""Rate limits that hold across processes: counted in Redis, by address and by account."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from pipelit import redis

if TYPE_CHECKING:
    from rest_framework.views import APIView

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class ScopedThrottle(BaseThrottle):
    """Limits the views that declare `throttle_scope` to the scope's rate of DEFAULT_THROTTLE_RATES (`10/min`): per
    address and, if the view declares `throttle_field`, also per value of that field of the body (the account that is
    tried, from wherever). Windows are fixed. Raises one of `redis.DOWN`, which answers 503: no way around it."""

    def __init__(self) -> None:
        self.seconds_left = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        scope = getattr(view, "throttle_scope", None)
        if scope is None:
            return True
        limit, window = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        who = [f"address:{client_address(request)}"]
        field = getattr(view, "throttle_field", None)
        if field is not None and isinstance(request.data, dict) and isinstance(request.data.get(field), str):
            who.append(f"account:{request.data[field].strip().casefold()}")
        return self.count(scope, who, limit, window)

    def count(self, scope: str, who: list[str], limit: int, window: int) -> bool:
        """Count one attempt for each of `who`; whether all are within the limit."""
        counts, self.seconds_left = tally(scope, who, window)
        return max(counts) <= limit

    def wait(self) -> float:
        return self.seconds_left


def tally(scope: str, who: Sequence[str], window: int) -> tuple[list[int], float]:
    """Count one more for each of `who` in the present window of so many seconds: how many there are now of each, and
    the seconds until the window ends. Raises one of `redis.DOWN`."""
    now = time.time()
    number = int(now // window)
    pipe = redis.client().pipeline(transaction=False)
    for one in who:
        digest = hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        key = f"pipelit:throttle:{scope}:{digest}:{number}"
        pipe.incr(key)
        pipe.expire(key, window + 1)
    return pipe.execute()[::2], window - now % window


def parse_rate(rate: str) -> tuple[int, int]:
    """`10/min` -> (10, 60)."""
    count, _, period = rate.partition("/")
    return int(count), SECONDS[period[0]]


def client_address(request: HttpRequest | Request) -> str:
    """Where the request comes from: the peer, or what the trusted proxies (TRUSTED_PROXIES) say, read from the right;
    what a stranger puts into X-Forwarded-For counts for nothing."""
    meta: dict[str, Any] = request.META
    address = str(meta.get("REMOTE_ADDR") or "")
    for hop in reversed(str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",")):
        if not _trusted(address) or not hop.strip():
            break
        address = hop.strip()
    return address


def _trusted(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text, strict=False) for text in texts]
