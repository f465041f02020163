"""The doubles as fixtures (a pytest plugin)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.openai_server import OpenAIServer


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A model server of its own for the test, on a free port of loopback; OUTBOUND_ALLOW must let it be reached."""
    from apps.credentials.providers import common

    with OpenAIServer() as server:
        yield server
        if common._http_client.cache_info().currsize:
            common.http_client().close()
            common._http_client.cache_clear()


@pytest.fixture
def allow_loopback(settings: object) -> None:
    """The guarded HTTP client may reach this machine."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]  # type: ignore[attr-defined]
