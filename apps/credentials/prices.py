"""What a model costs: USD per million tokens, from `prices.json` (providers' public list prices), by model name.

The longest prefix wins. A prefix of the list ends where a name's part ends, and a version number is no suffix: what
`gpt-4` costs says nothing about `gpt-4o`, `gpt-4.5` or `claude-opus-4` about `claude-opus-4-7`; a date, `-latest`
or `-preview` may follow. `null` in the list: known to cost something else. A price that is not known is None, never 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

MILLION = Decimal(1_000_000)
SUFFIX = re.compile(r"(?:[-@:](?!\d{1,3}(?!\d)).*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal
    """Of input tokens that the provider had in its cache."""
    cache_write: Decimal
    """Of input tokens that it put there."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Price:
        plain = Decimal(str(given["input"]))

        def other(name: str) -> Decimal:
            return plain if given.get(name) is None else Decimal(str(given[name]))

        return cls(plain, Decimal(str(given["output"])), other("cached"), other("cache_write"))


FREE = Price(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


def price(provider: str, model: str, overrides: Mapping[str, Any] | None = None) -> Price | None:
    """The price of `model`; `overrides` is prefix -> {input, output, cached, cache_write}, any prefix (also the empty
    one) counts. None: not known."""
    own = [prefix for prefix in overrides or {} if model.startswith(prefix)]
    if overrides and own:
        return Price.of(overrides[max(own, key=len)])
    if provider == "demo":
        return FREE
    listed = _listed().get(provider, {})
    fitting = [prefix for prefix in listed if model.startswith(prefix) and SUFFIX.fullmatch(model.removeprefix(prefix))]
    found = listed[max(fitting, key=len)] if fitting else None
    return Price.of(found) if found else None


def cost(price: Price, usage: Mapping[str, Any]) -> Decimal:
    """USD for what LangChain's `usage_metadata` reports; its `input_tokens` include those of the cache."""
    details = usage.get("input_token_details") or {}
    read = int(details.get("cache_read") or 0)
    written = int(details.get("cache_creation") or 0)
    plain = max(0, int(usage.get("input_tokens") or 0) - read - written)
    output = int(usage.get("output_tokens") or 0)
    total = plain * price.input + read * price.cached + written * price.cache_write + output * price.output
    return total / MILLION


@lru_cache(maxsize=1)
def _listed() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
    return found
