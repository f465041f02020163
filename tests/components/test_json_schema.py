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


def test_hostile_pattern_answers_at_once() -> None:
    assert _json_schema.errors({"pattern": "(a+)+$"}, "a" * 40 + "!")
    assert _json_schema.errors({"patternProperties": {"^(a+)+$": {"type": "null"}}}, {"a": 1})
    with pytest.raises(ConfigError):
        _json_schema.errors({"pattern": "(?<=a)b"}, "ab")
