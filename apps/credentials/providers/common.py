"""What the providers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
