"""What the providers share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pipelit import outbound
from pipelit.errors import ConfigError

CALL_SECONDS = 120.0
LIST_SECONDS = 20.0
MODELS_MOST = 1000
SAMPLING = ("temperature", "max_tokens", "top_p")
PENALTIES = ("frequency_penalty", "presence_penalty")


def model_name(params: Mapping[str, Any]) -> str:
    """Raises ConfigError if none is chosen."""
    name = str(params.get("model_name") or "").strip()
    if not name:
        raise ConfigError("model_name: choose a model of the provider.")
    return name


def timeout(params: Mapping[str, Any]) -> float:
    """Seconds that the provider may be silent; never unlimited."""
    return float(params.get("timeout") or CALL_SECONDS)


def http_client() -> Any:
    """The guarded HTTP client that all calls of this process share, so that connections are kept; each call brings a
    time-out of its own."""
    return _http_client(os.getpid())


def http_async_client() -> Any:
    return _http_async_client(os.getpid())


@lru_cache(maxsize=1)
def _http_client(pid: int) -> Any:
    return outbound.httpx_client(CALL_SECONDS)


@lru_cache(maxsize=1)
def _http_async_client(pid: int) -> Any:
    return outbound.httpx_async_client(CALL_SECONDS)
