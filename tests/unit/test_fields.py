from __future__ import annotations

from typing import Any

from pipelit.fields import MAX_DEPTH, MAX_SIZE, excess


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels - 1):
        found = [found]
    return found


def test_levels_of_a_value() -> None:
    assert excess(nested(MAX_DEPTH)) is None
    assert "levels" in str(excess(nested(MAX_DEPTH + 1)))
    assert excess([{"a": [1, "x", None]}] * 1000) is None
    assert excess(None) is None


def test_what_is_shared_counts_wherever_it_stands() -> None:
    doubled: Any = [1]
    for _ in range(60):
        doubled = {"a": doubled, "b": doubled}
    million = "million items and characters"
    assert million in str(excess(doubled))
    assert million in str(excess(["x" * 100_000] * 1000))
    assert million in str(excess("x" * (MAX_SIZE + 1)))


def test_a_whole_number_that_no_double_holds_is_too_large() -> None:
    assert excess([{"n": 10**307}]) is None
    for value in (10**400, [{"n": -(10**400)}], (10**400,)):
        assert "308 digits" in str(excess(value))
