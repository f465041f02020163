from __future__ import annotations

import json
from typing import Any

import pytest

from apps.workflows import configs
from apps.workflows.components.base import Answer, Waiting
from pipelit.errors import ConfigError, ExpressionError, StepTimeout, UserError

from .twin import FakeCtx, component, run


def rule(path: str, operator: str, value: Any = None, name: str = "yes") -> dict[str, Any]:
    return {"id": name, "field": path, "operator": operator, "value": value}


def payload(**values: Any) -> FakeCtx:
    return FakeCtx(scope={"trigger": {"text": "", "payload": values}})


class TestSwitch:
    def test_first_match_decides(self) -> None:
        rules = [rule("trigger.payload.x", "gt", 1, "a"), rule("trigger.payload.x", "gt", 0, "b")]
        assert run("switch", {"rules": rules}, payload(x=5)) == {"route": "a", "_route": "a"}
        assert run("switch", {"rules": rules}, payload(x=1)) == {"route": "b", "_route": "b"}

    def test_no_match(self) -> None:
        rules = [rule("trigger.payload.x", "equals", "a")]
        assert run("switch", {"rules": rules}, payload(x="b")) == {"route": "", "_route": None}
        other = {"rules": rules, "enable_fallback": True}
        assert run("switch", other, payload(x="b")) == {"route": "__other__", "_route": "__other__"}

    def test_missing_path_is_false_and_its_negation_true(self) -> None:
        assert run("switch", {"rules": [rule("nowhere.x", "equals", 1)]}, payload())["_route"] is None
        assert run("switch", {"rules": [rule("nowhere.x", "not_equals", 1)]}, payload())["_route"] == "yes"

    def test_route_of_the_source(self) -> None:
        ctx = FakeCtx(scope={"_route": "billing"})
        assert run("switch", {"rules": [rule("_route", "equals", "billing", "money")]}, ctx)["route"] == "money"

    def test_value_may_be_an_expression(self) -> None:
        rules = [rule("trigger.payload.x", "gt", "{{ trigger.payload.limit }}")]
        assert run("switch", {"rules": rules}, payload(x=10, limit=9))["route"] == "yes"

    def test_check(self) -> None:
        kind = component("switch")
        assert kind.check({"rules": [rule("a", "exists"), rule("b", "exists")]}) == [
            ("rules", "Two rules have the id 'yes'.")
        ]
        assert kind.check({"rules": [{"field": "a", "operator": "exists"}]})
        assert kind.check({"rules": [rule("a", "exists", name="__other__")]})
        assert "is an expression" in kind.check({"rules": [rule("{{ a }}", "exists")]})[0][1]
        assert "rules" in configs.faults(kind, {"rules": [rule("a", "resembles")]}).errors


class TestLoop:
    @pytest.mark.parametrize(
        ("value", "items"), [(None, []), ([], []), ([1, 2], [1, 2]), ({"a": 1}, [{"a": 1}]), ("x", ["x"]), (0, [0])]
    )
    def test_items(self, value: Any, items: list[Any]) -> None:
        assert run("loop", {}, items=value) == {"_items": items}
        ctx = FakeCtx(scope={"gen": {"output": value}})
        assert run("loop", {"items": "{{ gen.output }}"}, ctx, items=["edge"]) == {"_items": items}
        assert run("loop", {"source_node": "gen", "field": "output"}, ctx, items=["edge"]) == {"_items": items}

    def test_source_node_that_is_not_there(self) -> None:
        with pytest.raises(ConfigError, match=r"gen\.rows"):
            run("loop", {"source_node": "gen", "field": "rows"})

    def test_too_many(self) -> None:
        with pytest.raises(UserError, match="was given 3 items") as caught:
            run("loop", {"items": [1, 2, 3], "max_items": 2})
        assert caught.value.code == "limit_exceeded"


class TestMerge:
    SOURCES = (("a", {"v": 1, "w": 1}), ("b", [2, [3]]), ("c", {"v": 4}), ("d", None))

    @pytest.mark.parametrize(
        ("mode", "merged"),
        [
            ("append", [{"v": 1, "w": 1}, 2, [3], {"v": 4}, None]),
            ("combine", {"v": 4, "w": 1, "b": [2, [3]], "d": None}),
            ("by_key", {"a": {"v": 1, "w": 1}, "b": [2, [3]], "c": {"v": 4}, "d": None}),
            ("first", {"v": 1, "w": 1}),
        ],
    )
    def test_modes(self, mode: str, merged: Any) -> None:
        assert run("merge", {"mode": mode}, FakeCtx(sources=self.SOURCES)) == {"merged": merged}

    def test_only_from(self) -> None:
        assert run("merge", {"source_nodes": ["c", "x"]}, FakeCtx(sources=self.SOURCES)) == {"merged": [{"v": 4}]}
        assert run("merge", {"source_nodes": ["x"], "mode": "first"}, FakeCtx(sources=self.SOURCES)) == {"merged": None}


class TestFilter:
    ROWS = (
        {"score": 10, "when": "2026-02-01T00:00:00Z"},
        {"score": 9.0, "when": "2025-12-31"},
        {"when": "2027-01-01"},
        5,
    )

    def test_all_rules_must_match(self) -> None:
        rules = [rule("score", "gte", "9"), rule("when", "after", "2026-01-01")]
        assert run("filter", {"rules": rules}, input=list(self.ROWS)) == {"filtered": [self.ROWS[0]]}

    def test_the_item_itself(self) -> None:
        assert run("filter", {"rules": [rule("", "gt", 2)]}, input=[1, 2, 3])["filtered"] == [3]

    def test_source_node_wins_over_the_edge(self) -> None:
        ctx = FakeCtx(scope={"g": {"output": {"rows": [1]}}})
        assert run("filter", {"source_node": "g", "field": "output.rows"}, ctx, input=[2]) == {"filtered": [1]}
        with pytest.raises(ConfigError, match=r"g\.nothing"):
            run("filter", {"source_node": "g", "field": "nothing"}, ctx)

    def test_no_list(self) -> None:
        assert run("filter", {}, input=None) == {"filtered": []}
        with pytest.raises(ConfigError, match="needs a list but got dict"):
            run("filter", {}, input={"a": 1})


class TestSetAndTransform:
    def test_types_are_kept(self) -> None:
        values = {
            "l": "{{ trigger.payload.l }}",
            "s": "n={{ trigger.payload.n }}",
            "deep": {"n": ["{{ trigger.payload.n }}"]},
        }
        out = run("set", {"values": values}, payload(l=[1, {"k": None}], n=3))
        assert out == {"output": {"l": [1, {"k": None}], "s": "n=3", "deep": {"n": [3]}}}

    def test_unknown_name(self) -> None:
        with pytest.raises(ExpressionError, match="nowhere"):
            run("set", {"values": {"v": "{{ nowhere.output }}"}})

    def test_template(self) -> None:
        assert run("transform", {"template": "{{ trigger.payload.n * 2 }}"}, payload(n=3)) == {"output": 6}
        text = "{% for i in trigger.payload.l %}{{ i }};{% endfor %}"
        assert run("transform", {"template": text}, payload(l=[1, 2])) == {"output": "1;2;"}

    def test_jmespath(self) -> None:
        assert run("transform", {"jmespath": "a[].b"}, input={"a": [{"b": 1}, {}]}) == {"output": [1]}
        assert run("transform", {"jmespath": "a.b"}, input=None) == {"output": None}
        with pytest.raises(UserError, match="length"):
            run("transform", {"jmespath": "length(@)"}, input=5)

    def test_check(self) -> None:
        kind = component("transform")
        assert kind.check({})
        assert kind.check({"template": "x", "jmespath": "a"})
        assert "no JMESPath" in kind.check({"jmespath": "a["})[0][1]
        with pytest.raises(ConfigError, match="neither"):
            run("transform", {})


class TestHumanConfirmation:
    def test_asks_and_waits(self) -> None:
        ctx = FakeCtx()
        config = {"prompt": "Deploy?", "assignees": ["ben"], "schema": {"type": "object"}, "expires_in": 60}
        with pytest.raises(Waiting):
            run("human_confirmation", config, ctx)
        wait = ctx.waits[""]
        assert wait["kind"] == "approval"
        assert wait["prompt"] == "Deploy?"
        assert wait["assignees"] == ["ben"]
        assert wait["schema"] == {"type": "object"}
        assert wait["on_expiry"] == "cancelled"
        assert wait["until"] is not None

    def test_answers(self) -> None:
        def ask(answer: Answer, **config: Any) -> dict[str, Any]:
            return run("human_confirmation", config, FakeCtx(answers={"": answer}))

        refused = ask(Answer("cancelled", comment="not now"))
        assert refused == {"confirmed": False, "user_response": "not now", "data": {}, "_route": "cancelled"}
        assert ask(Answer("confirmed", {"n": 1}))["data"] == {"n": 1}
        assert ask(Answer("confirmed", "yes"))["user_response"] == "yes"
        with pytest.raises(StepTimeout):
            ask(Answer("expired"), on_expiry="fail")

    def test_schema_must_be_one(self) -> None:
        assert component("human_confirmation").check({"schema": {"type": "objekt"}})


class TestWorkflow:
    def test_mapping_of_paths_and_templates(self) -> None:
        ctx = payload(x=10, evil="trigger.payload.x")
        ctx.children["c"] = {"y": 20}
        mapping = {"a": "trigger.payload.x", "b": "{{ trigger.payload.evil }}", "c": 5, "d": "{{ [1] }}"}
        assert run("workflow", {"target_workflow": "c", "input_mapping": mapping}, ctx) == {"output": {"y": 20}}
        assert ctx.spawned == [("c", {"a": 10, "b": "trigger.payload.x", "c": 5, "d": [1]}, "", True)]

    @pytest.mark.parametrize(
        ("value", "handed", "text"),
        [
            ({"a": 1, "text": "t"}, {"a": 1, "text": "t"}, "t"),
            ("hi", {"text": "hi"}, "hi"),
            ([1], {"input": [1]}, ""),
            (None, {}, ""),
        ],
    )
    def test_without_mapping_the_input_passes(self, value: Any, handed: Any, text: str) -> None:
        ctx = FakeCtx(children={"c": 1})
        run("workflow", {"target_workflow": "c"}, ctx, payload=value)
        assert ctx.spawned == [("c", handed, text, True)]

    def test_explicit_hands_over_nothing_unnamed(self) -> None:
        ctx = FakeCtx(children={"c": 1})
        run("workflow", {"target_workflow": "c", "trigger_mode": "explicit"}, ctx, payload={"a": 1})
        assert ctx.spawned == [("c", {}, "", True)]

    def test_waits_or_not(self) -> None:
        with pytest.raises(Waiting):
            run("workflow", {"target_workflow": "c"})
        assert run("workflow", {"target_workflow": "c", "wait": False}) == {
            "output": {"execution_id": "execution-of-c"}
        }

    def test_bad(self) -> None:
        with pytest.raises(ConfigError, match="names no workflow"):
            run("workflow", {})
        with pytest.raises(ExpressionError, match=r"'trigger\.payload\.q' for 'a'"):
            run("workflow", {"target_workflow": "c", "input_mapping": {"a": "trigger.payload.q"}}, payload())
        assert component("workflow").check({"target_workflow": "c", "input_mapping": {"a": "{{ 1 +"}})


class TestAssertion:
    RULES = (
        {"field": "trigger.payload.x", "operator": "equals", "value": 2},
        {"field": "a.b", "operator": "exists", "label": "b"},
    )

    def test_fails_with_reasons(self) -> None:
        with pytest.raises(UserError, match=r"trigger\.payload\.x equals 2: it is 1; b: there is no a\.b") as caught:
            run("assertion", {"rules": list(self.RULES)}, payload(x=1))
        assert caught.value.code == "assertion_failed"

    def test_routes(self) -> None:
        out = run("assertion", {"rules": list(self.RULES), "on_fail": "route"}, payload(x=2))
        assert out == {"passed": False, "failures": ["b: there is no a.b"], "_route": "fail"}
        out = run("assertion", {"rules": [self.RULES[0]]}, payload(x=2))
        assert out == {"passed": True, "failures": [], "_route": "pass"}


def test_reply_sends() -> None:
    ctx = FakeCtx()
    assert run("reply", {}, ctx, text="from the edge") == {"sent": True}
    assert run("reply", {"text": "{{ 1 + 1 }} done"}, ctx) == {"sent": True}
    assert ctx.replies == ["from the edge", "2 done"]


def test_a_reply_that_says_it_is_json_is_json() -> None:
    ctx = FakeCtx(scope={"trigger": {"body": {"a": [1, "x"], "flag": True, "none": None}}})
    given: dict[str, Any] = {"content_type": "application/json"}
    with pytest.raises(UserError, match=r"no JSON .* tojson"):
        run("reply", {**given, "text": '{"got": {{ trigger.body }}, "ok": {{ trigger.body.flag }}}'}, ctx)
    for text in ('{"ok": {{ trigger.body.none }}}', "[NaN]", "[" * 100_000):
        with pytest.raises(UserError, match="no JSON"):
            run("reply", {**given, "text": text}, ctx)
    assert not ctx.replies
    for text in (
        '{"got": {{ trigger.body | tojson }}, "ok": {{ trigger.body.flag | tojson }}}',
        "{{ trigger.body }}",
        "",
    ):
        assert run("reply", {**given, "text": text}, ctx) == {"sent": True}
    assert json.loads(ctx.replies[0]) == {"got": {"a": [1, "x"], "flag": True, "none": None}, "ok": True}


def test_text_fields_take_what_an_expression_gives() -> None:
    ctx = FakeCtx(scope={"calc": {"output": {"n": 1}, "n": 2.5}})
    run("reply", {"text": "{{ calc.output }}"}, ctx)
    run("reply", {"text": "{{ calc.n }}"}, ctx)
    assert ctx.replies == ['{"n": 1}', "2.5"]
    assert configs.faults(component("reply"), {"text": "x" * 200_001}).errors
