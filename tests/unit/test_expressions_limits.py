"""No expression costs more or reaches further than it may."""

from __future__ import annotations

import pytest

from apps.workflows.expressions import names, paths, rename, render, syntax_error
from apps.workflows.expressions.sandbox import METHODS
from tests.unit.expressions import refusal

# Budgets


@pytest.mark.parametrize(
    "template",
    [
        "{{ 10**(10**7) }}",
        "{{ 10**(10**10) }}",
        "{{ 2 ** -(10**9) }}",
        "{% set x = 10**(10**7) %}",
        "{% if false %}{{ 9**(9**9) }}{% endif %}{{ 9**(9**9) }}",
        "{{ 'x' * 10**10 }}",
        "{{ 10**10 * 'x' }}",
        "{{ [0] * 10**9 }}",
        "{{ (big * 1000) * 1000 }}",
        "{{ range(10**9) }}",
        "{{ range(10**9) | list }}",
        "{{ range(10**18) | length }}",
        "{% for a in range(3000) %}{% for b in range(3000) %}{% endfor %}{% endfor %}",
        "{% for a in range(3000) %}{% for b in range(3000) %}x{% endfor %}{% endfor %}",
        "{% for a in big %}{% for b in big %}{% for c in big %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in calc.items if range(99999999) %}{% endfor %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%s' % 1 }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:1000000000}'.format_map({}) }}",
        "{{ 'x'.center(10**10) }}",
        "{{ 'x'.ljust(10**10) }}",
        "{{ 'x'.zfill(10**10) }}",
        "{{ 'x' | center(10**10) }}",
        "{{ 'x' | round(10**10) }}",
        "{{ 'a\\tb'.expandtabs(10**10) }}",
        "{{ lipsum(10**6) }}",
        "{{ [1] | batch(10**10, 1) | list }}",
        "{{ [1] | batch(linecount=10**10, fill_with=1) | list }}",
        "{{ [1] | slice(10**10) | list }}",
        "{{ [1] | slice(slices=10**10) | list }}",
        "{{ ('x' * 10**6).replace('x', 'y' * 10**6) }}",
        "{{ ('x' * 10**6) | replace('x', 'y' * 10**6) }}",
        "{{ ('x' * 10**6) | replace(old='x', new='y' * 10**6) }}",
        "{{ 'x'.replace('', big * 1000).replace('', big * 1000) }}",
        "{{ ('y' * 10**6).join(range(1000) | map('string')) }}",
        "{{ range(100000) | join('y' * 10**6) }}",
        "{{ range(100000) | join(d='y' * 10**6) }}",
        "{{ range(100000) | map('string') | join(big) | length }}",
        "{% set ns = namespace(x='x') %}{{ ns }}",
        "{{ cycler('a') }}",
        "{{ dict(a=1) }}",
        "{{ joiner() }}",
        "{{ calc.n * 10**1000 * 10**1000 }}",
        "{{ 1.0 * 10**400 }}",
        "{{ big.split('') }}",
        "{{ range(1, 10**7, 1) | map('string') | list }}",
        "{{ [range(10**6)] * 1000 }}",
        "{{ ([range(3000) | list] * 3000) | sum(start=[]) }}",
        "{{ ['ab'] * 2000000 | tojson }}",
        "{{ (1, 2) * 10**9 }}",
    ],
)
def test_no_template_costs_more_than_its_budget(template: str) -> None:
    refusal(template)


@pytest.mark.parametrize("number", ["1e400", "9" * 5000, "0x" + "f" * 5000, "1" + "0" * 400])
def test_a_number_that_no_double_holds_is_refused_when_it_is_written(number: str) -> None:
    for template in (f"{{{{ {number} }}}}", f"x{{{{ [{number}] }}}}"):
        assert "a number in it is too large" in refusal(template)
        assert syntax_error(template) == "a number in it is too large"


DOUBLING = "{% set x = [1] %}" + "{% set x = [x, x] %}" * 40
CONCATENATING = "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40
ADDING = "{% set x = 'ab' %}" + "{% set x = x + x %}" * 40
MULTIPLYING = "{% set x = 99999999999 %}" + "{% set x = x * x %}" * 40
LISTING = "{% set x = [1] %}" + "{% set x = x + x %}" * 40


@pytest.mark.parametrize(
    "template",
    [
        *(
            DOUBLING + use
            for use in (
                "{{ x }}", "{{ x | string }}", "{{ x | tojson }}", "{{ x ~ '' }}", "{{ x | list | string | length }}",
                "{{ x | join }}", "{{ [x] | map('string') | list }}", "{{ x | map('tojson') | join }}",
                "{{ {'x': x} | urlencode }}", "{{ x | first | upper }}", "{{ x | unique | list }}",
                "{{ x | groupby(0) }}", "{{ x | sort }}", "{{ 'a'.replace('a', x) }}", "{{ ','.join(x) }}",
                "{{ x == [x] }}{{ x }}",
            )
        ),
        CONCATENATING + "{{ x }}",
        ADDING + "{{ x }}",
        MULTIPLYING + "{{ x }}",
        LISTING + "{{ x | length }}",
    ],
)  # fmt: skip
def test_doubling_pays_for_what_it_writes(template: str) -> None:
    refusal(template)


@pytest.mark.parametrize("operator", ["==", "<", "in", "!="])
def test_comparing_doubled_lists_is_bounded(operator: str) -> None:
    twins = DOUBLING + DOUBLING.replace("x", "y")
    refusal(twins + "{{ x " + operator + " y }}")


def test_a_result_that_doubles_is_refused() -> None:
    refusal("{{ " + "[" * 25 + "1" + "]*2" * 25 + " }}")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    for deep in ("(" * 3000 + "1" + ")" * 3000, "-" * 4000 + "1", "not " * 4000 + "1", "[" * 400 + "]" * 400):
        refusal("{{ " + deep + " }}")
    refusal("{{ " + "a." * 20000 + "b }}")
    refusal("{{ " + "+".join("1" * 6000) + " }}")
    refusal("{% if a %}" * 500 + "{% endif %}" * 500)


def test_a_long_template_is_refused() -> None:
    told = refusal("{{ 1 }}" + "x" * 100_001)
    assert "100008 characters" in told
    assert len(told) < 1000


def test_ordinary_work_fits_the_budget() -> None:
    rows = [{"id": n, "name": f"row {n}"} for n in range(20_000)]
    assert len(render("{{ rows | map(attribute='name') | list }}", {"rows": rows})) == 20_000
    written = render("{% for row in rows %}{{ row.id }},{% endfor %}", {"rows": rows})
    assert written.count(",") == 20_000
    text = "x" * 1_000_000
    assert render("{{ text }}", {"text": text}) == text
    assert render("say {{ text }}", {"text": text}) == "say " + text
    assert render("{{ text ~ '' }}", {"text": text}) == text


def test_checking_a_template_computes_nothing() -> None:
    for template in (
        "{{ 10**(10**7) }}",
        "{{ 'x' * 10**10 }}",
        "{{ 'x' | round(10**10) }}",
        "{{ range(10**9)|list }}",
    ):
        syntax_error(template)
        names(template)
        paths(template)
        rename(template, "a", "b")


ATTACKS_BY_ARGUMENT = {
    "template data in a loop": "{% for i in range(1000000) %}" + "x" * 90_000 + "{% endfor %}",
    "a constant in a loop": "{% for i in range(1000000) %}{{ '" + "x" * 90_000 + "' }}{% endfor %}",
    "a set block": "{% set y %}{% for i in range(1000000) %}" + "x" * 90_000 + "{% endfor %}{% endset %}{{ y }}",
    "slices": "{% for i in range(1000000) %}{% set y = rows[0:] %}{% endfor %}",
    "batches": "{% for i in range(1000000) %}{% set y = [1] | batch(1000000, 0) | list %}{% endfor %}",
    "adding lists": "{{ [[1]] * 1000000 | int }}{{ ([[1]] * 900000) | sum(start=[]) }}",
    "rounding": "{{ 5 | round(-1000000000) }}",
    "rounding by name": "{{ 5 | round(precision=1000000000, method='floor') }}",
    "hexadecimal": "{{ text | int(0, 16) }}",
    "joined copies": "{{ ''.join([text] * 100000) }}",
    "hashing": "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 40 + "{{ {x: 1} }}",
    "a hashed index": "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 40 + "{{ {1: 1}[x] }}",
    "a hashed key": "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 40 + "{{ {1: 1}.get(x) }}",
    "a hashed member": "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 40 + "{{ x in {1: 1} }}",
    "a test": DOUBLING + DOUBLING.replace("x", "y") + "{{ x is eq y }}",
    "a selecting test": DOUBLING + DOUBLING.replace("x", "y") + "{{ [x] | select('eq', y) | list }}",
    "searching": "{{ range(20000) | select('in', range(20000) | list) | list }}",
}


@pytest.mark.parametrize("attack", ATTACKS_BY_ARGUMENT)
def test_arguments_pay_too(attack: str) -> None:
    refusal(ATTACKS_BY_ARGUMENT[attack], {"rows": list(range(100_000)), "text": "f" * 1_000_000})


@pytest.mark.parametrize("piece", ["<", "<!--", "<!-- >", "<!---->", "<b", "<b>", "<!--->"])
def test_tags_are_stripped_in_linear_time(piece: str) -> None:
    render("{{ x | striptags }}", {"x": piece * 300_000})


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("<p>Hello <b>you</b></p>", "Hello you"),
        ("a<!-- <b> -->b", "ab"),
        ("1 < 2", "1 < 2"),
        ("&lt;a&gt; <i>", "<a>"),
        ("a <!-- <b>c", "a c"),
    ],
)
def test_striptags(text: str, stripped: str) -> None:
    assert render("{{ x | striptags }}", {"x": text}) == stripped


# Escapes


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ ''['__cla' ~ 'ss__'] }}",
        "{{ [].__class__.mro() }}",
        "{{ calc.__class__ }}",
        "{{ calc.items.__len__() }}",
        "{{ calc.n.__class__ }}",
        "{{ calc.n.bit_length() }}",
        "{{ calc.n.real }}",
        "{{ ''.format }}",
        "{{ ''.format.__globals__ }}",
        "{{ ''.upper.__self__ }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ '{0.__class__}' | format(1) }}",
        "{{ ''.encode() }}",
        "{{ ''.translate({}) }}",
        "{{ ''.maketrans('a', 'b') }}",
        "{{ ''.center(5) }}",
        "{{ calc.pop('n') }}",
        "{{ calc.update({}) }}",
        "{{ calc.copy() }}",
        "{{ calc.fromkeys([1]) }}",
        "{{ calc.items.sort() }}",
        "{{ range.__self__ }}",
        "{{ range.__class__ }}",
        "{{ self }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ caller() }}",
        "{{ varargs }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ lipsum.__globals__ }}",
        "{{ namespace }}",
        "{{ request }}",
        "{{ config }}",
        "{{ x | attr('__class__') }}",
        "{{ '' | attr('__class__') }}",
        "{{ rows | map(attribute='__class__') | list }}",
        "{{ rows | map(attribute='k.__class__') | list }}",
        "{{ rows | selectattr('__class__') | list }}",
        "{{ rows | sort(attribute='k.__class__') }}",
        "{{ rows | groupby('k.__class__') }}",
        "{{ rows | sum(attribute='v.__class__') }}",
        "{{ rows | map('attr', '__class__') | list }}",
        "{{ rows | map('safe') | list }}",
        "{{ rows | map('_counted') | list }}",
        "{{ rows | xmlattr }}",
        "{{ 'a' | pprint }}",
        "{{ 'a' | safe }}",
        "{{ 'a' | random }}",
        "{% for x in rows %}{{ loop.__class__ }}{% endfor %}",
        "{% for x in rows %}{{ loop._iterable }}{% endfor %}",
        "{% for x in rows %}{{ loop(rows) }}{% endfor %}",
        "{% for x in rows recursive %}{{ loop(rows) }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m() }}",
        "{% import 'os' as os %}",
        "{% from 'os' import path %}",
        "{% include '/etc/passwd' %}",
        "{% extends 'a' %}",
        "{% block a %}{% endblock %}",
        "{% call x() %}{% endcall %}",
        "{% autoescape true %}{{ 1 }}{% endautoescape %}",
        "{% do calc.pop('n') %}",
        "{% break %}",
        "{% debug %}",
        "{% set calc.n = 1 %}",
        "{{ dict.mro() }}",
        "{{ (1).__class__ }}",
        "{{ none.__class__ }}",
        "{{ true.__class__ }}",
        "{{ (rows | map('upper')).gi_frame }}",
        "{{ (rows | batch(1)).gi_code }}",
        "{{ (rows | groupby('k') | first)._asdict() }}",
        "{{ (rows | groupby('k') | first).__class__ }}",
        "{{ nobody.__class__ }}",
        "{{ nobody.__class__.__init__.__globals__ }}",
        "{{ nobody['__class__'] }}",
        "{{ calc.get.__self__ }}",
        "{{ calc.get }}",
        "{{ range }}",
    ],
)
def test_nothing_else_can_be_reached(template: str) -> None:
    told = refusal(template)
    assert "<class" not in told
    assert "object at 0x" not in told


class Outsider:
    """What never belongs into a scope; its public methods are not to be called all the same."""

    secret = "canary"

    def give(self) -> str:
        return self.secret


@pytest.mark.parametrize("template", ["{{ x.secret }}", "{{ x.give() }}", "{{ x['secret'] }}", "x{{ x.secret }}"])
def test_only_json_values_have_members(template: str) -> None:
    assert "canary" not in refusal(template, {"x": Outsider()})


class Sly(str):
    def upper(self) -> str:
        return "canary"


def test_a_subclass_of_a_listed_type_has_no_methods() -> None:
    refusal("{{ x.upper() }}", {"x": Sly("a")})


def test_listed_methods_exist() -> None:
    for kind, listed in METHODS.items():
        assert all(callable(getattr(kind, name)) for name in listed)
