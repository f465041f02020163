from __future__ import annotations

import pytest

from apps.workflows.components import _json_schema
from pipelit.errors import ConfigError


def test_fits_or_says_why() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert _json_schema.errors(schema, {"a": [1]}) == []
    assert _json_schema.errors(schema, {"a": [1, "x"]}) == ["a.1: 'x' is not of type 'integer'"]
    assert len(_json_schema.errors({"items": {"type": "null"}}, list(range(100)))) == 5


@pytest.mark.parametrize(
    "schema", [[], "x", None, {"type": "objekt"}, {"properties": []}, {"$ref": "https://example.com/s.json"}]
)
def test_no_schema(schema: object) -> None:
    with pytest.raises(ConfigError):
        _json_schema.errors(schema, {})  # type: ignore[arg-type]


def test_refers_within_itself() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert _json_schema.errors(schema, {"a": "x"}) == ["a: 'x' is not of type 'integer'"]
    with pytest.raises(ConfigError):
        _json_schema.errors({"$ref": "#"}, 1)


def test_multiples_as_they_are_written() -> None:
    for value in (19.99, 0.3, 5, -0.07, 1e300, True, "x"):
        assert _json_schema.errors({"multipleOf": 0.01}, value) == [], value
    assert _json_schema.errors({"multipleOf": 0.01}, 0.005) == ["0.005 is not a multiple of 0.01"]
    for value in (10**300 + 1, float("inf")):
        assert _json_schema.errors({"multipleOf": 2}, value)


def test_hostile_pattern_answers_at_once() -> None:
    assert _json_schema.errors({"pattern": "(a+)+$"}, "a" * 40 + "!")
    assert _json_schema.errors({"patternProperties": {"^(a+)+$": {"type": "null"}}}, {"a": 1})
    with pytest.raises(ConfigError):
        _json_schema.errors({"pattern": "(?<=a)b"}, "ab")


def _chain(levels: int) -> dict[str, object]:
    defs: dict[str, object] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$defs": {**defs, f"d{levels}": {}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (_chain(60), 1),
        ({"anyOf": [{"type": "null"}] * 1000}, ["x" * 100] * 50_000),
        ({"items": {"enum": list(range(10_000))}}, [9999] * 10_000),
        ({"items": {"allOf": [True] * 10_000}}, [1] * 10_000),
        ({"items": {}, "unevaluatedItems": False}, [1] * 100_000),
        ({"properties": {f"p{n}": {"title": "x"} for n in range(20_000)}}, {}),
    ],
)
def test_no_check_takes_more_than_its_budget(schema: dict[str, object], value: object) -> None:
    with pytest.raises(ConfigError, match="too many steps"):
        _json_schema.errors(schema, value)


def test_ordinary_checks_fit_the_budget() -> None:
    row = {"type": "object", "properties": {f"p{n}": {"type": "integer"} for n in range(10)}, "required": ["p0"]}
    assert _json_schema.errors({"items": row}, [{f"p{n}": n for n in range(10)}] * 5000) == []
    assert _json_schema.errors(_chain(5), 1) == []
    assert _json_schema.fault({"properties": {f"p{n}": {"type": "string"} for n in range(1000)}}) is None
    assert _json_schema.errors({"uniqueItems": True}, [{"id": n} for n in range(20_000)]) == []


def test_uniqueness_is_that_of_json_schema() -> None:
    unique = {"uniqueItems": True}
    assert _json_schema.errors(unique, [1, True, "1", [1], {"a": 1, "b": 2}, None, 0, False]) == []
    assert _json_schema.errors(unique, [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}])
    assert _json_schema.errors(unique, [1, 1.0])


def test_no_pattern_reaches_a_backtracking_engine() -> None:
    hostile, text = "^(a+)+$", "a" * 40 + "!"
    closed = {"patternProperties": {hostile: True}, "additionalProperties": False}
    assert "unexpected" in _json_schema.errors(closed, {text: 1})[0]
    older = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": hostile}
    assert "does not match" in _json_schema.errors({"properties": {"a": older}}, {"a": text})[0]
    both = {"patternProperties": {hostile: True}, "unevaluatedProperties": False}
    assert "unevaluatedProperties" in str(_json_schema.fault(both))
    assert "(?<=a)b" in str(_json_schema.fault({"pattern": "(?<=a)b"}))


def test_references_within() -> None:
    anchored = {"$defs": {"a": {"$anchor": "n", "type": "string"}}, "items": {"$ref": "#n"}}
    assert _json_schema.errors(anchored, ["a", 1]) == ["1: 1 is not of type 'string'"]
    named = {"$id": "https://example.com/s", "$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}}
    assert _json_schema.errors(named, ["a", 1]) == ["1: 1 is not of type 'string'"]
    with pytest.raises(ConfigError):
        _json_schema.errors({"$ref": "#/allOf/x", "allOf": [True]}, 1)
