"""What models cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.credentials.prices import FREE, cost, price


@pytest.mark.parametrize(
    ("provider", "model", "input_price"),
    [
        ("openai", "gpt-4o", "2.50"),
        ("openai", "gpt-4o-2024-08-06", "2.50"),
        ("openai", "gpt-4o-2024-05-13", "5"),
        ("openai", "gpt-4o-mini-2024-07-18", "0.15"),
        ("openai", "gpt-4-0613", "30"),
        ("openai", "gpt-4-turbo-preview", "10"),
        ("openai", "gpt-4.1-mini", "0.40"),
        ("anthropic", "claude-opus-4-20250514", "15"),
        ("anthropic", "claude-opus-4-5-20251101", "5"),
        ("anthropic", "claude-3-5-haiku-latest", "0.80"),
    ],
)
def test_listed(provider: str, model: str, input_price: str) -> None:
    found = price(provider, model)
    assert found is not None
    assert found.input == Decimal(input_price)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4.5-preview"),
        ("openai", "gpt-4omega"),
        ("openai", "gpt-5.9"),
        ("openai", "gpt-4o-audio-preview"),
        ("openai", ""),
        ("anthropic", "claude-opus-4-7"),
        ("anthropic", "claude-opus-4-12"),
        ("openai_compatible", "gpt-4o"),
        ("nobody", "x"),
    ],
)
def test_unknown_is_not_free(provider: str, model: str) -> None:
    assert price(provider, model) is None


def test_demo_is_free() -> None:
    assert price("demo", "anything") == FREE


def test_overrides_win() -> None:
    overrides = {"": {"input": "9", "output": "9"}, "gpt-4": {"input": "1", "output": "2", "cached": "0.5"}}
    found = price("openai", "gpt-4o", overrides)
    assert found is not None
    assert (found.input, found.cached, found.cache_write) == (Decimal(1), Decimal("0.5"), Decimal(1))
    other = price("openai_compatible", "llama", overrides)
    assert other is not None
    assert other.input == 9


def test_cost() -> None:
    found = price("anthropic", "claude-3-haiku")
    assert found is not None
    reported = {
        "input_tokens": 1_000_000,
        "output_tokens": 100_000,
        "input_token_details": {"cache_read": 400_000, "cache_creation": 100_000},
    }
    expected = Decimal("0.5") * Decimal("0.25") + Decimal("0.4") * Decimal("0.03") + Decimal("0.1") * Decimal("0.30")
    assert cost(found, reported) == expected + Decimal("0.125")
    assert cost(found, {}) == 0
    assert cost(FREE, reported) == 0
