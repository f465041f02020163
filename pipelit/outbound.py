"""The guarded HTTP client: every request that leaves Pipelit on behalf of a user passes here.

http and https only; a name is resolved once, every address that is not public is refused (unless OUTBOUND_ALLOW opens
it), and the connection goes to the checked address. Redirects are checked alike.
"""

from __future__ import annotations

import contextlib
import math
import os
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2

from pipelit.destinations import resolve
from pipelit.errors import Cancelled, TransientError, UserError
from pipelit.results import HttpResponse

CONNECTIONS = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
MAX_REDIRECTS = 5
LOOK_UP_SECONDS = 0.5
"""How often a thread that waits for an answer looks whether it is still wanted."""
KEPT_ACROSS_ORIGINS = frozenset({"accept", "accept-language", "content-type", "idempotency-key", "user-agent"})
AGENT = "Pipelit"
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""What fails before a byte of the request has left."""
_ends: ContextVar[float] = ContextVar("ends", default=math.inf)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that this thread asks in here takes so long at most, however slowly the other side drips."""
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    """Seconds for the next operation; raises the error if there are none."""
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise error("out of time")
    return timeout if left == math.inf else min(left, timeout or math.inf)


_is_stopped: ContextVar[Callable[[], bool]] = ContextVar("is_stopped", default=lambda: False)


@contextlib.contextmanager
def unless(stopped: Callable[[], bool]) -> Iterator[None]:
    """What this thread waits for in here ends with Cancelled soon after `stopped` says so."""
    token = _is_stopped.set(stopped)
    try:
        yield
    finally:
        _is_stopped.reset(token)


def _check_wanted() -> None:
    if _is_stopped.get()():
        raise Cancelled("The request was broken off.")


class _Stream(httpcore2.NetworkStream):
    """A connection whose operations keep to `within`, and whose answer is waited for `unless` it is not wanted any
    more."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout, httpcore2.ReadTimeout)
        while True:
            piece = LOOK_UP_SECONDS if left is None else min(left, LOOK_UP_SECONDS)
            try:
                return self._stream.read(max_bytes, piece)
            except httpcore2.ReadTimeout:
                _check_wanted()
                left = left and left - piece
                if left is not None and left <= 0:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        _check_wanted()  # clients that retry would ask again
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        error: Exception | None = None
        for address in resolve(host, port):
            try:
                left = _left(timeout, httpcore2.ConnectTimeout)
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                error = failed
        raise error or httpcore2.ConnectError(f"{host} has no address")


class _AsyncBackend(httpcore2.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        import anyio.to_thread

        addresses = await anyio.to_thread.run_sync(resolve, host, port)
        return await super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def _options() -> dict[str, Any]:
    return {
        "ssl_context": _tls(),
        "max_connections": CONNECTIONS.max_connections,
        "max_keepalive_connections": CONNECTIONS.max_keepalive_connections,
        "keepalive_expiry": CONNECTIONS.keepalive_expiry,
    }


class _Transport(httpx2.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore2.ConnectionPool(network_backend=_Backend(), **_options())


class _AsyncTransport(httpx2.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(network_backend=_AsyncBackend(), **_options())


def httpx_client(timeout: float) -> httpx2.Client:
    """A guarded client for libraries that bring their own requests (model providers). `timeout` in seconds."""
    return httpx2.Client(transport=_shared(os.getpid()), timeout=timeout, trust_env=False, follow_redirects=False)


def httpx_async_client(timeout: float) -> httpx2.AsyncClient:
    """As httpx_client, for coroutines; close it in the loop that used it."""
    return httpx2.AsyncClient(transport=_AsyncTransport(), timeout=timeout, trust_env=False, follow_redirects=False)


@lru_cache(maxsize=1)
def _shared(pid: int) -> _Transport:
    """The transport of this process: connections do not survive a fork."""
    return _Transport()


class GuardedClient:
    """Implements `HttpClient` of the component contract."""

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = 30.0,
        max_bytes: int = 10_000_000,
        follow_redirects: bool = True,
    ) -> HttpResponse:
        """`timeout` is seconds in all, redirects and body included; `max_bytes` of decompressed body are kept. Raises
        UserError for what may not or cannot be asked, TransientError for what failed on the way, `undone` if the
        request did not get there."""
        target = _checked_url(url, params)
        given = {"user-agent": AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
        verb = method.upper()
        client = httpx2.Client(transport=_shared(os.getpid()), trust_env=False)  # never closed: the transport is shared
        with within(timeout):
            for _ in range(MAX_REDIRECTS + 1):
                try:
                    answer, location = _exchange(client, verb, target, given, content, max_bytes)
                except TransientError as error:
                    error.undone = error.undone and verb == method.upper()  # else what redirected here was done
                    raise
                if not (follow_redirects and location):
                    return answer
                following = _checked_url(str(target.join(location)), None)
                if (following.scheme, following.host, following.port) != (target.scheme, target.host, target.port):
                    given = {name: value for name, value in given.items() if name in KEPT_ACROSS_ORIGINS}
                if answer.status == 303 or (answer.status in (301, 302) and verb == "POST"):
                    verb, content = "GET", None
                target = following
        raise UserError(f"{url} was redirected more than {MAX_REDIRECTS} times.", code="http_error")


def _exchange(
    client: httpx2.Client,
    method: str,
    url: httpx2.URL,
    headers: Mapping[str, str],
    content: bytes | None,
    max_bytes: int,
) -> tuple[HttpResponse, str]:
    """One request and its answer, `within` the time there is; also where it redirects to, if it does."""
    try:
        left = _left(None, httpx2.ReadTimeout)
        request = client.build_request(method, url, headers=dict(headers), content=content, timeout=left)
        response = client.send(request, stream=True)
        try:
            body, truncated = _body(response, max_bytes)
        finally:
            response.close()
    except httpx2.TimeoutException as error:
        sentence = f"{url.host} did not answer in time."
        raise TransientError(sentence, code="timeout", undone=isinstance(error, UNSENT)) from error
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        reason = str(error) or type(error).__name__
        sentence = f"The request to {url.host} failed: {reason}."
        raise TransientError(sentence, code="http_error", undone=isinstance(error, UNSENT)) from error
    except (httpx2.InvalidURL, ValueError) as error:
        raise UserError(f"The request to {url.host} cannot be made: {error}.", code="http_error") from error
    location = response.headers.get("location", "") if response.is_redirect else ""
    answer = HttpResponse(response.status_code, dict(response.headers), body, truncated, str(url))
    return answer, location


def _body(response: httpx2.Response, max_bytes: int) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes(65_536):
        parts.append(part[: max_bytes - size])
        size += len(part)
        if size > max_bytes:
            return b"".join(parts), True
    return b"".join(parts), False


def _checked_url(url: str, params: Mapping[str, Any] | None) -> httpx2.URL:
    try:
        found = httpx2.URL(url)
        found = found.copy_merge_params(dict(params)) if params else found
    except (httpx2.InvalidURL, TypeError, ValueError) as error:
        raise UserError(f"{url!r} is no URL: {error}.", code="http_error") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise UserError(f"{url!r} is no http or https URL.", code="http_error")
    return found


@lru_cache(maxsize=1)
def client() -> GuardedClient:
    """The one of this process."""
    return GuardedClient()
