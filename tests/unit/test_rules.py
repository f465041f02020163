"""Rules: each operator on each kind of value, on what is missing, and rules that cannot be."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from apps.workflows.rules import NEGATIONS, OPERATORS, Rule, evaluate
from pipelit.errors import ConfigError

CASES: list[tuple[str, Any, Any, bool]] = [
    ("exists", None, None, True),
    ("exists", "", None, True),
    ("does_not_exist", None, None, False),
    ("does_not_exist", 1, None, False),
    *(("is_empty", value, None, True) for value in ("", [], {}, None)),
    *(("is_empty", value, None, False) for value in (" ", [0], {"a": 1}, 0, False)),
    *(("is_not_empty", value, None, False) for value in ("", [], {}, None)),
    *(("is_not_empty", value, None, True) for value in (" ", [0], {"a": 1}, 0, False)),
    ("equals", 1, 1.0, True),
    ("equals", "10", 10, True),
    ("equals", 10, "10.0", True),
    ("equals", "1e1", "10", True),
    ("equals", "1_000", 1000, False),
    ("equals", "a", "a", True),
    ("equals", "a", "A", False),
    ("equals", "a", 1, False),
    ("equals", True, "true", True),
    ("equals", "TRUE", True, True),
    ("equals", False, "false", True),
    ("equals", True, 1, False),
    ("equals", 0, False, False),
    ("equals", None, None, True),
    ("equals", None, "", False),
    ("equals", [1, "a"], [1, "a"], True),
    ("equals", {"a": 1}, {"a": 1.0}, True),
    ("equals", "9007199254740993", 9007199254740992, False),
    ("equals", "nan", "nan", True),
    ("not_equals", "10", 10, False),
    ("not_equals", "a", "b", True),
    ("contains", "hello", "ell", True),
    ("contains", "hello", "x", False),
    ("contains", "a1", 1, True),
    ("contains", [1, 2], "2", True),
    ("contains", [1, 2], 3, False),
    ("contains", [True], "true", True),
    ("contains", {"a": 1}, "a", True),
    ("contains", {"a": 1}, "b", False),
    ("contains", 12, "1", False),
    ("contains", None, "", False),
    ("not_contains", "hello", "x", True),
    ("not_contains", [1, 2], 2, False),
    ("starts_with", "hello", "he", True),
    ("starts_with", "hello", "lo", False),
    ("starts_with", 123, "12", True),
    ("starts_with", ["a"], "a", False),
    ("starts_with", None, "", False),
    ("not_starts_with", "hello", "he", False),
    ("not_starts_with", "hello", "lo", True),
    ("ends_with", "hello", "lo", True),
    ("ends_with", 123, 3, True),
    ("ends_with", "hello", "he", False),
    ("not_ends_with", "hello", "lo", False),
    ("not_ends_with", "hello", "he", True),
    ("matches_regex", "order 66", r"\d+", True),
    ("matches_regex", "order 66", r"^\d+$", False),
    ("matches_regex", 66, "^66$", True),
    ("matches_regex", "Straße", "(?i)STRA.E$", True),
    ("matches_regex", None, ".*", False),
    ("matches_regex", ["a"], "a", False),
    ("not_matches_regex", "order 66", r"\d+", False),
    ("not_matches_regex", "order", r"\d+", True),
    ("gt", 2, 1, True),
    ("gt", "10", 9, True),
    ("gt", "10", "9", True),
    ("gt", 1, 1, False),
    ("gt", "a", 1, False),
    ("gt", True, 0, False),
    ("gt", None, 0, False),
    ("lt", 1, 2, True),
    ("lt", " 1 ", "2.5", True),
    ("lt", -1, 0, True),
    ("gte", 1, "1", True),
    ("gte", 0.999, 1, False),
    ("lte", 1, 1, True),
    ("lte", 2, 1, False),
    ("after", "2026-01-02", "2026-01-01", True),
    ("after", "2026-01-01T00:00:00Z", "2026-01-01", False),
    ("after", "2026-01-01T01:00:00+02:00", "2025-12-31T22:59:59Z", True),
    ("after", "no time", "2026-01-01", False),
    ("after", None, "2026-01-01", False),
    ("before", "2026-01-01T12:00:00", "2026-01-01T12:00:00.1Z", True),
    ("before", 0, "1970-01-02", True),
    ("before", "2026-01-02", 1e15, False),
    ("after_or_equal", "2026-01-01T02:00:00+02:00", "2026-01-01", True),
    ("after_or_equal", "2025-12-31", "2026-01-01", False),
    ("before_or_equal", "2026-01-01", "2026-01-01T00:00:00+00:00", True),
    ("before_or_equal", "2026-01-01T00:00:01", "2026-01-01", False),
    ("is_true", True, None, True),
    ("is_true", " True ", None, True),
    ("is_true", 1, None, False),
    ("is_true", "yes", None, False),
    ("is_true", None, None, False),
    ("is_false", False, None, True),
    ("is_false", "false", None, True),
    ("is_false", 0, None, False),
    ("is_false", None, None, False),
    ("length_eq", "abc", 3, True),
    ("length_eq", [1], "1", True),
    ("length_eq", {}, 0, True),
    ("length_eq", 123, 3, False),
    ("length_eq", None, 0, False),
    ("length_neq", "abc", 2, True),
    ("length_neq", "abc", 3, False),
    ("length_neq", 123, 3, True),
    ("length_gt", "abc", 2, True),
    ("length_gt", "abc", 3, False),
    ("length_lt", [1], 2, True),
    ("length_lt", [1, 2], 2, False),
    ("length_gte", [1, 2], 2, True),
    ("length_gte", [1], 2, False),
    ("length_lte", {"a": 1}, 1, True),
    ("length_lte", {"a": 1, "b": 1}, 1, False),
]


@pytest.mark.parametrize(("operator", "left", "right", "holds"), CASES)
def test_operators(operator: str, left: Any, right: Any, holds: bool) -> None:
    if (operator, right) == ("before", 1e15):
        with pytest.raises(ConfigError):
            evaluate(operator, left, right)
        return
    assert evaluate(operator, left, right) is holds


def test_every_operator_is_tried() -> None:
    assert {case[0] for case in CASES} == set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_path_that_leads_nowhere(operator: str) -> None:
    negations = {
        "does_not_exist", "is_empty", "not_equals", "not_contains", "not_starts_with", "not_ends_with",
        "not_matches_regex", "length_neq",
    }  # fmt: skip
    assert evaluate(operator, None, "x", missing=True) is (operator in negations)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY = SCALARS | st.lists(st.integers()) | st.dictionaries(st.text(), st.none())


@given(ANY, ANY)
def test_negations_are_the_opposite(left: Any, right: Any) -> None:
    for negation, operator in NEGATIONS.items():
        if "regex" in operator or operator == "length_eq":
            continue  # not every value can stand on their right
        assert evaluate(negation, left, right) is not evaluate(operator, left, right)
    assert evaluate("length_neq", left, 2) is not evaluate("length_eq", left, 2)
    assert evaluate("not_matches_regex", left, "a+") is not evaluate("matches_regex", left, "a+")


@given(ANY, ANY)
def test_values_are_compared_or_refused(left: Any, right: Any) -> None:
    for operator in OPERATORS:
        with contextlib.suppress(ConfigError):
            assert evaluate(operator, left, right) in (True, False)


@given(st.integers(), st.integers())
def test_numbers_are_ordered_alike_as_text(left: int, right: int) -> None:
    assert evaluate("gt", str(left), right) is evaluate("gt", left, str(right)) is (left > right)
    assert evaluate("equals", str(left), right) is (left == right)


@pytest.mark.parametrize(
    ("operator", "right", "said"),
    [
        ("resembles", 1, "resembles"),
        ("", 1, "no operator"),
        ("not_gt", 1, "not_gt"),
        ("gt", "many", "'many'"),
        ("gt", None, "None"),
        ("gt", True, "True"),
        ("gt", "inf", "'inf'"),
        ("length_gt", "x", "'x'"),
        ("length_neq", "x", "'x'"),
        ("after", "tomorrow", "'tomorrow'"),
        ("after", None, "None"),
        ("before", True, "True"),
        ("matches_regex", "(", "("),
        ("matches_regex", r"(a)\1", "cannot be used"),
        ("matches_regex", "(?=a)", "cannot be used"),
        ("matches_regex", "a" * 1001, "1000"),
        ("not_matches_regex", "[", "["),
    ],
)
def test_rules_that_cannot_be(operator: str, right: Any, said: str) -> None:
    left = "2026-01-01" if operator in ("after", "before") else "12"
    with pytest.raises(ConfigError) as caught:
        evaluate(operator, left, right)
    assert said in caught.value.detail


@pytest.mark.parametrize("operator", ["gt", "after", "matches_regex", "length_gt", "length_neq", "not_matches_regex"])
def test_a_rule_that_cannot_be_is_told_whatever_the_value(operator: str) -> None:
    for left in (None, "x", 5, [1], {"a": 1}):
        with pytest.raises(ConfigError):
            evaluate(operator, left, "(no")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){25}$", "(x+x+)+y"])
def test_a_pattern_takes_linear_time(pattern: str) -> None:
    evaluate("matches_regex", "a" * 50_000 + "!" + "x" * 1000, pattern)


def test_a_pattern_that_needs_much_memory_is_refused() -> None:
    with pytest.raises(ConfigError):
        evaluate("matches_regex", "a", "((a{1000}){1000}){1000}")


def test_the_model_of_a_rule() -> None:
    rule = Rule(field="a.b", operator="gt", value=3)
    assert (rule.field, rule.operator, rule.value) == ("a.b", "gt", 3)
    with pytest.raises(ValidationError):
        Rule(field="a", operator="resembles")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Rule(field="a", surprise=1)  # type: ignore[call-arg]
