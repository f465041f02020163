from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.components.logic import _jmespath
from pipelit.errors import UserError

DOUBLED = "[@,@]" + "|[@,@]" * 39
TEXT = "join('', [@,@])" + "|join('', [@,@])" * 39
ROWS = [{"id": n, "name": f"row {n}", "tags": ["a", "b"]} for n in range(20_000)]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (DOUBLED, 1),
        (f"{DOUBLED}|ceil(@)", 1),  # its message would show the value
        (f"{{a: {DOUBLED}, b: {DOUBLED}}} | a == b", 1),
        ("{a: @, b: @}" + "|{a: @, b: @}" * 39, 1),
        ("[@,@][]" + "|[@,@][]" * 39, [1, 2]),
        (TEXT, "abcdefgh"),
        ("join(@[0], @[1])", ["x" * 100_000, ["y"] * 100_000]),
        (f"[*].[`{list(range(2000))}`]", [1] * 100_000),
        (f"[?`{list(range(2000))}` == `{list(range(2000))}`]", [1] * 100_000),
        (f"map(&contains(`{list(range(2000))}`, @), @)", [-1] * 100_000),
        ("[*].[@,@,@,@,@,@]", [10**4000] * 100_000),
    ],
)
def test_no_query_costs_more_than_its_budget(query: str, value: Any) -> None:
    with pytest.raises(UserError, match="costs too much") as caught:
        _jmespath.search(query, value)
    assert caught.value.code == "config_error"


@pytest.mark.parametrize(
    "query",
    ["(" * 5000 + "a", "max_by(@, &id)", "[::0]", "ceil(to_number('inf'))", "nosuch(@)", "[?id < name]", "length()"],
)
def test_what_fails_says_so(query: str) -> None:
    with pytest.raises(UserError, match="JMESPath query failed"):
        _jmespath.search(query, [{"id": 1, "name": "a"}, {"id": "x", "name": "b"}])


def test_what_is_no_query() -> None:
    assert _jmespath.fault("a.b[?c > `1`]") is None
    assert "no JMESPath query" in str(_jmespath.fault("(" * 5000))


def test_ordinary_work_fits_the_budget() -> None:
    assert len(_jmespath.search("[?id > `10`].{id: id, name: name}", ROWS)) == 19_989
    assert len(_jmespath.search("[].tags[] | sort(@) | [0:10]", ROWS)) == 10
    assert _jmespath.search("max_by(@, &id).name", ROWS) == "row 19999"
    assert _jmespath.search("[*].name | join(', ', @) | length(@)", ROWS) > 100_000
    assert _jmespath.search("[?name == 'row 7'] | [0].id", ROWS) == 7
