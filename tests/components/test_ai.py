from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, messages_to_dict
from langchain_core.tools import StructuredTool
from langgraph.func import entrypoint, task

from apps.workflows.components.ai import _messages, _structured, _toolbox
from apps.workflows.components.base import Answer, Effect, Source, Waiting
from pipelit.errors import Cancelled, ConfigError, TransientError, UserError

from .twin import FakeCtx, component, human, run, tool_of

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def calls(*made: tuple[str, Any]) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "args": args, "id": f"id{n}"} for n, (name, args) in enumerate(made)]}


def adding(expression: str) -> tuple[str, Any]:
    return "calculator", {"expression": expression}


class TestLLM:
    def test_asks_with_system_prompt(self) -> None:
        ctx = FakeCtx(llm=["four words it said"])
        out = run("llm", {"system_prompt": "Be brief."}, ctx, prompt="Say something")
        assert out == {"output": "four words it said", "data": None}
        assert ctx.model.asked == [[SystemMessage("Be brief."), HumanMessage("Say something")]]

    @pytest.mark.parametrize(
        "reply", ['{"n": 3}', 'Sure!\n```json\n{"n": 3}\n```', {"tool_calls": [{"name": "answer", "args": {"n": 3}}]}]
    )
    def test_schema(self, reply: Any) -> None:
        ctx = FakeCtx(llm=[reply])
        assert run("llm", {"output_schema": SCHEMA}, ctx, prompt="?") == {"output": '{"n": 3}', "data": {"n": 3}}
        assert ctx.model.options[0]["tool_choice"] == "answer"

    def test_schema_of_a_list(self) -> None:
        schema = {"type": "array", "items": {"type": "integer"}}
        ctx = FakeCtx(llm=[{"tool_calls": [{"name": "answer", "args": {"value": [1]}}]}])
        assert run("llm", {"output_schema": schema}, ctx, prompt="?")["data"] == [1]

    def test_one_repair(self) -> None:
        ctx = FakeCtx(llm=['{"n": "three"}', '{"n": 3}'])
        assert run("llm", {"output_schema": SCHEMA}, ctx, prompt="?")["data"] == {"n": 3}
        assert "'three' is not of type 'integer'" in ctx.model.asked[1][-1].text
        with pytest.raises(UserError, match="does not fit") as caught:
            run("llm", {"output_schema": SCHEMA}, FakeCtx(llm=["no", "still no"]), prompt="?")
        assert caught.value.code == "model_error"

    def test_errors_of_the_provider_pass(self) -> None:
        with pytest.raises(TransientError):
            run("llm", {}, FakeCtx(llm=[TransientError("429")]), prompt="?")

    def test_check(self) -> None:
        assert component("llm").check({"output_schema": {"type": "nothing"}})


class TestCategorizer:
    CATEGORIES = ({"name": "billing"}, {"name": "tech support", "description": "It is broken."})

    def sort(self, reply: Any, **config: Any) -> dict[str, Any]:
        ctx = FakeCtx(llm=[reply])
        return run("categorizer", {"categories": list(self.CATEGORIES), **config}, ctx, messages=[human("help")])

    @pytest.mark.parametrize(
        ("reply", "category", "confidence"),
        [
            (
                {"tool_calls": [{"name": "categorize", "args": {"category": "billing", "confidence": 0.7}}]},
                "billing",
                0.7,
            ),
            ('{"category": "Tech Support", "confidence": 7}', "tech support", 1.0),
            ('I think: {"category": "billing"}', "billing", None),
            ("Billing.", "billing", None),
            ("It is about TECH SUPPORT, I believe.", "tech support", None),
            ('"billing"', "billing", None),
        ],
    )
    def test_ways_to_answer(self, reply: Any, category: str, confidence: float | None) -> None:
        out = self.sort(reply)
        assert out["category"] == out["_route"] == category
        assert out["confidence"] == confidence

    @pytest.mark.parametrize(
        "reply", ["no idea", "billing or tech support", '{"category": "sales"}', '{"category": 1}', "rebilling", ""]
    )
    def test_never_guesses(self, reply: str) -> None:
        with pytest.raises(UserError, match="into none of") as caught:
            self.sort(reply)
        assert caught.value.code == "model_error"
        out = self.sort(reply, fallback="other")
        assert out == {"category": "other", "confidence": 0.0, "raw": reply, "_route": "other"}

    def test_check(self) -> None:
        kind = component("categorizer")
        assert kind.check({})
        assert kind.check({"categories": [{"name": "a"}, {"name": "a"}]})
        with pytest.raises(ConfigError):
            run("categorizer", {}, messages=[human("x")])


class TestAgent:
    def ctx(self, *replies: Any, **world: Any) -> FakeCtx:
        world.setdefault("tools", [tool_of("calculator")])
        return FakeCtx(llm=replies, **world)

    def test_answers_at_once(self) -> None:
        ctx = self.ctx("hello you")
        out = run("agent", {"system_prompt": "S"}, ctx, messages=[human("hi")])
        assert out["output"] == "hello you"
        assert [m["type"] for m in out["messages"]] == ["human", "ai"]
        assert ctx.model.asked == [[SystemMessage("S"), HumanMessage("hi")]]
        assert list(ctx.journal) == ["model[0]"]

    def test_calls_tools_in_rounds(self) -> None:
        ctx = self.ctx(calls(adding("1+1"), adding("2+2")), calls(adding("3+3")), "done")
        assert run("agent", {}, ctx, messages=[human("add")])["output"] == "done"
        assert list(ctx.journal) == ["model[0]", "tool[0.0]", "tool[0.1]", "model[1]", "tool[1.0]", "model[2]"]
        results = [m for m in ctx.model.asked[-1] if isinstance(m, ToolMessage)]
        assert [(m.content, m.tool_call_id, m.status) for m in results] == [
            ("2", "id0", "success"), ("4", "id1", "success"), ("6", "id0", "success"),
        ]  # fmt: skip
        assert ctx.effects["tool[0.0]"] is Effect.PURE
        shown = [(d["name"], d["status"], d.get("result")) for e, d in ctx.events if e == "tool_status"]
        assert shown[:2] == [("calculator", "running", None), ("calculator", "success", "2")]

    def test_replay_calls_nothing_again(self) -> None:
        ctx = self.ctx(calls(adding("1+1")), "done")
        first = run("agent", {}, ctx, messages=[human("add")])
        again = ctx.replay()
        assert run("agent", {}, again, messages=[human("add")]) == first
        assert len(ctx.model.asked) == 2
        assert again.events == []

    def test_goes_on_where_it_broke_off(self) -> None:
        ctx = self.ctx(calls(adding("1+1")), TransientError("away"))
        with pytest.raises(TransientError):
            run("agent", {}, ctx, messages=[human("add")])
        ctx.model.replies.append("done")
        assert run("agent", {}, ctx.replay(), messages=[human("add")])["output"] == "done"
        assert len(ctx.model.asked) == 3

    def test_inside_a_running_graph(self) -> None:
        """The engine runs steps as LangGraph tasks: the agent's own graph must not mix with that one."""
        ctx = self.ctx(calls(adding("1+1")), "done", answers={})

        @task
        def step() -> str:
            return str(run("agent", {"tool_approval": ["calculator"]}, ctx, messages=[human("add")])["output"])

        @entrypoint()
        def flow(_: Any) -> str:
            try:
                return step().result()
            except Waiting:
                return "waits"

        assert flow.invoke({}) == "waits"
        ctx.answers["tool[0.0]"] = Answer("confirmed")
        assert flow.invoke({}) == "done"

    def test_tool_errors_are_told_to_the_model(self) -> None:
        def explode() -> str:
            raise KeyError("gone")

        tools = [tool_of("calculator"), StructuredTool.from_function(explode, description="explodes")]
        ctx = self.ctx(
            calls(
                adding("1/0"),
                ("calculator", {"wrong": 1}),
                ("explode", {}),
                ("nothing", {}),
                ("calculator", '{"expression": "1'),
            ),
            "sorry",
            tools=tools,
        )
        assert run("agent", {}, ctx, messages=[human("x")])["output"] == "sorry"
        results = [m for m in ctx.model.asked[-1] if isinstance(m, ToolMessage)]
        assert len(results) == 5
        assert {m.status for m in results} == {"error"}
        said = " ".join(str(m.content) for m in results)
        for words in (
            "divides by zero",
            "Field required",
            "KeyError: 'gone'",
            "There is no tool 'nothing'",
            "no JSON object",
        ):
            assert words in said
        assert ctx.effects["tool[0.2]"] is Effect.UNSAFE

    @pytest.mark.parametrize("error", [Cancelled("stop"), Waiting()])
    def test_cancelling_and_waiting_pass(self, error: BaseException) -> None:
        def stop() -> str:
            raise error

        ctx = self.ctx(calls(("stop", {})), tools=[StructuredTool.from_function(stop, description="stops")])
        with pytest.raises(type(error)):
            run("agent", {}, ctx, messages=[human("x")])

    def test_iterations_are_limited(self) -> None:
        ctx = self.ctx(*[calls(adding("1"))] * 3)
        with pytest.raises(UserError, match="after 3 model calls") as caught:
            run("agent", {"max_iterations": 3}, ctx, messages=[human("x")])
        assert caught.value.code == "limit_exceeded"

    def test_many_iterations(self) -> None:
        ctx = self.ctx(*[calls(adding("1"))] * 60, "done")
        assert run("agent", {"max_iterations": 61}, ctx, messages=[human("x")])["output"] == "done"

    def test_calls_per_tool_are_limited(self) -> None:
        ctx = self.ctx(calls(adding("1"), adding("2"), adding("3")), calls(adding("4")), "done")
        run("agent", {"tool_call_limit": 2}, ctx, messages=[human("x")])
        results = [str(m.content) for m in ctx.model.asked[-1] if isinstance(m, ToolMessage)]
        assert results[:2] == ["1", "2"]
        assert all("2 times at most" in result for result in results[2:])

    def test_people_are_asked_first(self) -> None:
        config = {"tool_approval": ["calculator"]}
        ctx = self.ctx(calls(adding("1+1"), adding("2+2")), "done")
        with pytest.raises(Waiting):
            run("agent", config, ctx, messages=[human("x")])
        assert list(ctx.waits) == ["tool[0.0]", "tool[0.1]"]
        assert ctx.waits["tool[0.0]"]["prompt"] == 'May the agent call calculator with {"expression": "1+1"}?'
        ctx.answers["tool[0.0]"] = Answer("confirmed")
        with pytest.raises(Waiting):
            run("agent", config, ctx.replay(), messages=[human("x")])
        ctx.answers["tool[0.1]"] = Answer("cancelled", comment="too dear")
        assert run("agent", config, ctx.replay(), messages=[human("x")])["output"] == "done"
        results = [(m.content, m.status) for m in ctx.model.asked[-1] if isinstance(m, ToolMessage)]
        assert results == [("2", "success"), ("A person refused this call: too dear", "error")]

    def test_conversation(self) -> None:
        past = [
            HumanMessage("I am Ada"), AIMessage("", tool_calls=[{"name": "t", "args": {}, "id": "1"}]),
            ToolMessage("r", tool_call_id="1"), AIMessage("Hi Ada"),
        ]  # fmt: skip
        ctx = self.ctx(calls(adding("1")), "Ada", history=past)
        run("agent", {}, ctx, messages=[human("who?")])
        assert ctx.model.asked[0] == [HumanMessage("I am Ada"), AIMessage("Hi Ada"), HumanMessage("who?")]
        assert ctx.remembered == [HumanMessage("who?"), AIMessage("Ada")]
        forgetful = self.ctx("?", history=past)
        run("agent", {"conversation_memory": False}, forgetful, messages=[human("who?")])
        assert forgetful.model.asked[0] == [HumanMessage("who?")]
        assert forgetful.remembered == []

    def test_schema(self) -> None:
        out = run("agent", {"output_schema": SCHEMA}, self.ctx('It is {"n": 3}.'), messages=[human("x")])
        assert out["data"] == {"n": 3}
        ctx = self.ctx("three", '{"n": 3}')
        out = run("agent", {"output_schema": SCHEMA}, ctx, messages=[human("x")])
        assert (out["output"], out["data"]) == ("three", {"n": 3})
        assert list(ctx.journal) == ["model[0]", "model[1]"]

    def test_attached_parser(self) -> None:
        out = run("agent", {}, self.ctx("a, b", parser=lambda text: text.split(", ")), messages=[human("x")])
        assert out["data"] == ["a", "b"]

    def test_what_comes_in(self) -> None:
        ctx = self.ctx("ok", "ok", "ok", "ok")
        ctx.sources = [Source("chat", {"text": "hi", "payload": {}, "messages": [human("hi")]}, {})]
        run("agent", {}, ctx, messages=[human("{...}")])
        ctx.sources = [Source("start", {"text": "yo", "payload": {"a": 1}}, {}), Source("s", {"a": 1}, {})]
        ctx.journal.clear()
        run("agent", {}, ctx, messages=[human("{...}")])
        ctx.journal.clear()
        run("agent", {"input_template": "{{ 1 + 1 }} things"}, ctx)
        assert ctx.model.asked == [
            [HumanMessage("hi")], [HumanMessage("yo"), HumanMessage('{"a": 1}')], [HumanMessage("2 things")],
        ]  # fmt: skip
        with pytest.raises(UserError, match="was asked nothing"):
            run("agent", {}, self.ctx(), messages=[])
        with pytest.raises(ConfigError, match="no message"):
            run("agent", {}, self.ctx(), messages=[{"type": "alien", "data": {"content": "x"}}])

    def test_two_tools_of_one_name(self) -> None:
        ctx = self.ctx("ok", tools=[tool_of("calculator"), tool_of("calculator")])
        run("agent", {}, ctx, messages=[human("x")])
        assert [tool.name for tool in ctx.model.tools] == ["calculator", "calculator_node"]

    def test_keys_of_tool_calls_differ(self) -> None:
        ctx = self.ctx(http=[{}, {}])
        ctx.attached = [tool_of("http_request", {"url": "https://x.example", "method": "POST"}, ctx)]
        ctx.model.replies += [calls(("node", {}), ("node", {})), "ok"]
        run("agent", {}, ctx, messages=[human("x")])
        keys = [sent["headers"]["Idempotency-Key"] for sent in ctx.http.requests]
        assert keys == ["run:node:1:tool[0.0]", "run:node:1:tool[0.1]"]


class TestMessages:
    def test_trims_whole_turns(self) -> None:
        history = [HumanMessage("a" * 400), AIMessage("b" * 400), HumanMessage("c" * 40), AIMessage("d" * 40)]
        turn = [HumanMessage("e")]
        assert _messages.trimmed(history, turn, 10_000) == [*history, *turn]
        assert _messages.trimmed(history, turn, 100) == [*history[2:], *turn]
        assert _messages.trimmed(history, turn, 1) == turn
        assert _messages.trimmed([AIMessage("stray"), *history], turn, 10_000) == [*history, *turn]

    def test_dump_survives_what_is_no_json(self) -> None:
        message = AIMessage("x", additional_kwargs={"parsed": object()})
        assert _messages.load(json.loads(json.dumps(_messages.dump(message)))).text == "x"
        assert _messages.load_all(messages_to_dict([HumanMessage("a")])) == [HumanMessage("a")]

    def test_masks_and_cuts(self) -> None:
        shown = _toolbox.masked(
            {"apiKey": "s", "headers": {"Authorization": "s"}, "n": 1, "long": "x" * 5000, "l": [{"password": 1}]}
        )
        assert shown["apiKey"] == shown["headers"]["Authorization"] == shown["l"][0]["password"] == "***"
        assert len(shown["long"]) < 2100
        assert shown["n"] == 1

    @pytest.mark.parametrize(
        ("text", "found"), [("[1]", [1]), ('a {b} {"c": 1}', {"c": 1}), ("7", 7), ("none", None), ("{" * 99, None)]
    )
    def test_json_in(self, text: str, found: Any) -> None:
        got = _structured.json_in(text)
        assert (None if got is _structured.NOTHING else got) == found
