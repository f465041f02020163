"""Expressions: types, what is missing, and what is told of a template without rendering it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.expressions import is_expression, lookup, names, paths, rename, render, syntax_error
from pipelit.errors import ExpressionError
from tests.unit.expressions import SCOPE, refusal

# Values


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ calc.n }}", 7),
        ("  {{ calc.n }}\n", 7),
        ("{{ calc.f }}", 1.5),
        ("{{ calc.no }}", None),
        ("{{ calc.yes }}", True),
        ("{{ calc.items }}", [1, 2, 3]),
        ("{{ calc['items'] }}", [1, 2, 3]),
        ("{{ calc.items[1] }}", 2),
        ("{{ calc.items.1 }}", 2),
        ("{{ calc.items[-1] }}", 3),
        ("{{ calc.items[:2] }}", [1, 2]),
        ("{{ calc.d.a }}", {"b": [10]}),
        ("{{ calc.n + 1 }}", 8),
        ("{{ calc.n * 2.0 }}", 14.0),
        ("{{ 7 // 2 }}", 3),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ 7 % 4 }}", 3),
        ("{{ calc.n > 3 and calc.yes }}", True),
        ("{{ 'a' if calc.n > 3 else 'b' }}", "a"),
        ("{{ 'seven' in calc.text }}", True),
        ("{{ {'n': calc.n, 'l': [1, calc.f]} }}", {"n": 7, "l": [1, 1.5]}),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ 'ab' * 3 }}", "ababab"),
        ("{{ calc.text | upper }}", "SEVEN"),
        ("{{ calc.text.upper() }}", "SEVEN"),
        ("{{ '1 2'.split() }}", ["1", "2"]),
        ("{{ '-'.join(['a', 'b']) }}", "a-b"),
        ("{{ 'aXa'.replace('a', 'bb') }}", "bbXbb"),
        ("{{ calc.get('zzz', 5) }}", 5),
        ("{{ calc.d.keys() }}", ["a"]),
        ("{{ calc.items | sum }}", 6),
        ("{{ calc.items | length }}", 3),
        ("{{ calc.items | map('string') | join('+') }}", "1+2+3"),
        ("{{ rows | map(attribute='v') }}", [1, 2, 3]),
        ("{{ rows | map(attribute='v') | list }}", [1, 2, 3]),
        ("{{ rows | selectattr('k', 'equalto', 'a') | map(attribute='v') | sum }}", 4),
        ("{{ rows | groupby('k') }}", [["a", [SCOPE["rows"][0], SCOPE["rows"][2]]], ["b", [SCOPE["rows"][1]]]]),
        ("{{ rows | sum(attribute='v') }}", 6),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ calc.items | tojson }}", "[1, 2, 3]"),
        ("{{ 'a' ~ 1 ~ none }}", "a1None"),
        ("{{ true }}", True),
        ("{{ '' }}", ""),
        ("{# a note #}{{ calc.n }}", 7),
    ],
)
def test_one_whole_expression_keeps_its_type(template: str, value: Any) -> None:
    found = render(template, SCOPE)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("n={{ calc.n }}", "n=7"),
        ("{{ calc.n }}{{ calc.n }}", "77"),
        ("{{ calc.no }}!", "None!"),
        ("{{ calc.yes }} {{ calc.f }}", "True 1.5"),
        ("list {{ calc.items }}", "list [1, 2, 3]"),
        ("{{ calc.d }}.", "{'a': {'b': [10]}}."),
        ("{% for i in calc.items %}{{ loop.index }}:{{ i }} {% endfor %}", "1:1 2:2 3:3 "),
        ("{% for i in range(2) %}{% for j in range(2) %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "00 01 10 11 "),
        ("{% for w in ['a', 'b'] %}{{ w.upper() }}{{ 'x'.join([w, w]) }} {% endfor %}", "Aaxa Bbxb "),
        ("{% for k in calc.d %}{{ calc.d.get(k) }}{% endfor %}", "{'b': [10]}"),
        ("{% for k, group in rows | groupby('k') %}{{ k }}={{ group | length }};{% endfor %}", "a=2;b=1;"),
        ("{% for g in rows | groupby('k') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}", "a2b1"),
        ("{% if calc.n > 3 %}big{% else %}small{% endif %}", "big"),
        ("{% set x = calc.n * 2 %}{{ x }}", "14"),
        ("{{ 'a' ~ calc.n }}!", "a7!"),
        ("line\n{{ calc.n }}\n", "line\n7"),
        ("{% raw %}{{ no }}{% endraw %}", "{{ no }}"),
    ],
)
def test_mixed_text_is_a_string(template: str, text: str) -> None:
    assert render(template, SCOPE) == text


def test_what_is_no_expression_is_left_alone() -> None:
    value = {"a": "plain } text", "b": [1, None, True, 1.5], "c": "50% {off}"}
    assert render(value, {}) == value


def test_rendering_goes_deep() -> None:
    value = {"a": ["{{ calc.n }}", {"b": "n={{ calc.n }}"}], "{{ key }}": 1}
    assert render(value, SCOPE) == {"a": [7, {"b": "n=7"}], "{{ key }}": 1}


def test_a_result_is_not_rendered_again() -> None:
    assert render("{{ a }}", {"a": "{{ b }}", "b": 1}) == "{{ b }}"
    assert render("x{{ a }}", {"a": "{{ b }}", "b": 1}) == "x{{ b }}"


def test_a_result_is_not_escaped() -> None:
    assert render("<p>{{ a }}</p>", {"a": "<b>&"}) == "<p><b>&</p>"


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "count", "__class__"])
def test_a_key_comes_before_a_method(name: str) -> None:
    assert render(f"{{{{ x.{name} }}}}", {"x": {name: "mine"}}) == "mine"
    assert render(f"{{{{ x.{name} ~ '' }}}}", {"x": {name: "mine"}}) == "mine"


def test_the_scope_is_not_changed() -> None:
    scope = {"x": [1], "d": {}}
    for template in ("{{ x.append(2) }}", "{{ d.update({'a': 1}) }}", "{{ x.clear() }}", "{{ d.setdefault('a', 1) }}"):
        refusal(template, scope)
    render("{% set x = 5 %}{{ x }}", scope)
    assert scope == {"x": [1], "d": {}}


# What is missing


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ nobody.output.v }}", "'nobody' is undefined"),
        ("{{ calc.nothing }}", "'calc.nothing' is undefined"),
        ("{{ calc.nothing.deeper }}", "'calc.nothing' is undefined"),
        ("{{ calc.items.9 }}", "'calc.items.9' is undefined"),
        ("{{ calc.n.x }}", "'calc.n.x' is undefined"),
        ("Dear {{ nobody }}", "'nobody' is undefined"),
        ("{{ nobody + 1 }}", "'nobody' is undefined"),
        ("{{ 1 + nobody }}", "'nobody' is undefined"),
        ("{{ nobody * 2 }}", "'nobody' is undefined"),
        ("{{ -nobody }}", "'nobody' is undefined"),
        ("{{ nobody > 2 }}", "'nobody' is undefined"),
        ("{{ nobody == 2 }}", "'nobody' is undefined"),
        ("{{ 'a' ~ nobody }}", "'nobody' is undefined"),
        ("{{ nobody | upper }}", "'nobody' is undefined"),
        ("{{ nobody | length }}", "'nobody' is undefined"),
        ("{{ nobody | first }}", "'nobody' is undefined"),
        ("{{ nobody() }}", "'nobody' is undefined"),
        ("{{ [nobody] }}", "'nobody' is undefined"),
        ("{{ calc.items[nobody] }}", "'nobody' is undefined"),
        ("{{ calc.items | join(nobody) }}", "'nobody' is undefined"),
        ("{{ nobody.a.b ~ '' }}", "'nobody.a.b' is undefined"),
        ("{{ calc.nothing | upper }}", "nothing' is undefined"),
        ("{{ calc['nothing'] }}", "nothing' is undefined"),
        ("{{ calc.items[9] }}", "is undefined"),
        ("{% for x in nobody %}{{ x }}{% endfor %}", "'nobody' is undefined"),
        ("{% if nobody %}a{% endif %}", "'nobody' is undefined"),
        ("{{ 'a' if nobody else 'b' }}", "'nobody' is undefined"),
    ],
)
def test_what_is_missing_is_named(template: str, missing: str) -> None:
    told = refusal(template)
    assert template in told
    assert missing in told


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ nobody | default('d') }}", "d"),
        ("{{ nobody | d(3) }}", 3),
        ("{{ nobody | default }}", ""),
        ("{{ nobody.output.v | default([1]) }}", [1]),
        ("{{ nobody.output['v'][0].x | default(none) }}", None),
        ("{{ calc.nothing.at.all | default(1) }}", 1),
        ("{{ calc.items[9] | default(0) }}", 0),
        ("{{ calc.no | default('d') }}", None),
        ("{{ calc.no | default('d', true) }}", "d"),
        ("{{ nobody is defined }}", False),
        ("{{ nobody.a.b is defined }}", False),
        ("{{ nobody.a is not defined }}", True),
        ("{{ nobody is undefined }}", True),
        ("{{ calc.n is defined }}", True),
        ("{{ calc.n.real is defined }}", False),
        ("{{ (nobody | default(calc)).n }}", 7),
        ("{{ nobody.x if nobody is defined else 'no' }}", "no"),
        ("x{{ nobody.y | default('d') }}", "xd"),
        ("{{ nobody | default(nobody_else) | default(1) }}", 1),
    ],
)
def test_what_is_missing_may_be_asked_for(template: str, value: Any) -> None:
    assert render(template, SCOPE) == value


# Looking at templates


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("{{ a }}", True), ("x {% if a %}{% endif %}", True), ("{# c #}", True), ("a", False), ("{ a }", False),
        (7, False), (None, False), ({"a": ["{{ b }}"]}, True), ({"{{ a }}": 1}, False), ([[["a"]]], False),
    ],
)  # fmt: skip
def test_is_expression(value: Any, answer: bool) -> None:
    assert is_expression(value) is answer


@pytest.mark.parametrize("template", ["{{ a", "{{ }}", "{% if a %}", "{{ a b }}", "{{ a | nofilter }}", "{% foo %}",
                                      "{{ a is notest }}", "{% macro a() %}{% endmacro %}", "{{ 1 +", "{# a"])  # fmt: skip  # noqa: E501
def test_syntax_errors_are_told_and_raised(template: str) -> None:
    assert syntax_error(template)
    refusal(template)


@pytest.mark.parametrize("template", ["", "text", "{{ a }}", "{{ nobody.x | upper }}", "{{ 1 / 0 }}", "{# a #}"])
def test_what_parses_has_no_syntax_error(template: str) -> None:
    assert syntax_error(template) is None


def test_a_syntax_error_names_its_line() -> None:
    assert (syntax_error("one\n{{ a b }}") or "").startswith("Line 2: ")


@pytest.mark.parametrize("template", ["{{ 1 / 0 }}", "{{ 'a' + 1 }}", "{{ 'a' | int + 'b' }}", "{{ [1] < 1 }}",
                                      "{{ {'a': 1} | first | sum }}", "{{ 5 | list }}", "{{ 'a'.index('b') }}",
                                      "{{ 'a'.split('') }}", "{{ 'a'.upper(1, 2) }}", "{{ {[]: 1} }}",
                                      "{{ calc.items['a':] }}", "{{ 1 | round('x') }}",
                                      "{% for a, b in calc.items %}{% endfor %}"])  # fmt: skip
def test_what_goes_wrong_names_the_expression(template: str) -> None:
    assert template in refusal(template)


@pytest.mark.parametrize(
    ("template", "used"),
    [
        ("{{ a.b + c[d] }}", {"a", "c", "d"}),
        ("{% for x in xs %}{{ x }}{{ y }}{% endfor %}", {"xs", "y"}),
        ("{% set z = 1 %}{{ z }}", set()),
        ("{{ range(3) }}", {"range"}),
        ("plain", set()),
    ],
)
def test_names(template: str, used: set[str]) -> None:
    assert names(template) - {"range"} == used - {"range"}


@pytest.mark.parametrize(
    ("template", "used"),
    [
        ("{{ calc.output.n }}", {"calc.output.n"}),
        ("{{ calc['output'].n + b }}", {"calc.output.n", "b"}),
        ("{{ calc.output[i].n }}", {"calc.output", "i"}),
        ("{{ calc.items[0].n | default(x.y) }}", {"calc.items.0.n", "x.y"}),
        ("{% for x in xs.a %}{{ x.b }}{% endfor %}", {"xs.a"}),
        ("{{ a.b and a.b.c }}", {"a.b", "a.b.c"}),
    ],
)
def test_paths(template: str, used: set[str]) -> None:
    assert paths(template) == used


@pytest.mark.parametrize(
    "template",
    ["{{ a", "{{ a | nofilter }}", "{{ x" + "y" * 100_000 + " }}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"],
)
def test_names_of_what_does_not_parse(template: str) -> None:
    with pytest.raises(ExpressionError):
        names(template)
    with pytest.raises(ExpressionError):
        paths(template)


@pytest.mark.parametrize(
    ("template", "renamed"),
    [
        ("{{ old.output }}", "{{ new.output }}"),
        ("old {{old}} old", "old {{new}} old"),
        ("{{- old . x -}}", "{{- new . x -}}"),
        ("{{ a.old }}", "{{ a.old }}"),
        ("{{ a . old }}", "{{ a . old }}"),
        ("{{ 'old' }}", "{{ 'old' }}"),
        ("{{ older + old }}", "{{ older + new }}"),
        ("{{ node_outputs.old.x }}", "{{ node_outputs.new.x }}"),
        ("{{ node_outputs['old'].x }}", "{{ node_outputs['new'].x }}"),
        ('{{ inputs["old"] }}', '{{ inputs["new"] }}'),
        ("{{ a['old'] }}", "{{ a['old'] }}"),
        ("{{ a[old] }}", "{{ a[new] }}"),
        ("{% if old is defined %}{{ old }}{% endif %}", "{% if new is defined %}{{ new }}{% endif %}"),
        ("{# old #}{{ old }}\n", "{# old #}{{ new }}\n"),
        ("{% raw %}{{ old }}{% endraw %}", "{% raw %}{{ old }}{% endraw %}"),
        ("{{ old ", "{{ old "),
        ("plain old", "plain old"),
        ("{{ x | default(old=1) }}", "{{ x | default(old=1) }}"),
        ("{{ {'old': old} }}", "{{ {'old': new} }}"),
        ("{{ x.node_outputs.old }}", "{{ x.node_outputs.old }}"),
        ("{{ execution.callback_urls.old }}", "{{ execution.callback_urls.new }}"),
        ("{{ execution.callback_urls['old'] }}", "{{ execution.callback_urls['new'] }}"),
        ("{{ execution.old }}", "{{ execution.old }}"),
    ],
)
def test_rename(template: str, renamed: str) -> None:
    assert rename(template, "old", "new") == renamed


def test_rename_leaves_filters_and_tests_of_that_name() -> None:
    assert rename("{{ upper | upper }}", "upper", "lower") == "{{ lower | upper }}"
    assert rename("{{ odd is odd }}", "odd", "even") == "{{ even is odd }}"


@pytest.mark.parametrize(
    ("path", "value"),
    [("calc.n", 7), ("calc.d.a.b.0", 10), ("rows.-1.v", 3), (" calc.f ", 1.5), ("calc.items", [1, 2, 3])],
)
def test_lookup(path: str, value: Any) -> None:
    assert lookup(SCOPE, path) == value


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("x", "'x'"), ("calc.x.y", "'calc.x'"), ("rows.3", "'rows.3'"), ("rows.a", "'rows.a'"), ("calc.n.real", "'calc.n.real'"),  # noqa: E501
        ("calc.__class__", "'calc.__class__'"), ("calc.text.0", "'calc.text.0'"), ("", "''"), ("rows.-9", "'rows.-9'"),
    ],
)  # fmt: skip
def test_lookup_names_what_is_missing(path: str, missing: str) -> None:
    with pytest.raises(LookupError, match=missing):
        lookup(SCOPE, path)


# Properties

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
IDENTIFIERS = st.from_regex(
    r"\A(?!(?:not|and|or|in|is|if|else|true|false|none|True|False|None)\Z)[A-Za-z][A-Za-z0-9_]{0,10}\Z"
)


@given(JSON)
def test_any_value_comes_through_unchanged(value: Any) -> None:
    for template in ("{{ v }}", "{{ v | default(1) }}", "{{ (v) }}", "{{ [v][0] }}"):
        found = render(template, {"v": value})
        assert found == value
        assert type(found) is type(value)


@given(JSON)
def test_mixed_text_shows_str(value: Any) -> None:
    assert render("<{{ v }}>", {"v": value}) == f"<{value}>"


@given(st.text(max_size=60))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    for template in (text, "{{" + text + "}}", "{%" + text + "%}"):
        try:
            render(template, SCOPE)
        except ExpressionError:
            pass
        else:
            assert syntax_error(template) is None
        rename(template, "calc", "other")


@given(IDENTIFIERS, IDENTIFIERS)
def test_renaming_there_and_back(old: str, new: str) -> None:
    template = f"{{{{ {old}.output + node_outputs.{old}.x | default(1) }}}} {{% if {old} %}}{old}{{% endif %}}"
    if new in template or old in ("node_outputs", "default", "output", "endif", "x"):
        return
    there = rename(template, old, new)
    assert new in names(there)
    assert rename(there, new, old) == template
