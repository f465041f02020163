from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.components.base import Effect
from apps.workflows.components.logic import code as module
from pipelit.errors import StepTimeout, UserError
from pipelit.results import SandboxResult

from .twin import FakeCtx, component, config_of, run


def output(code: str, ctx: FakeCtx | None = None, **config: Any) -> Any:
    return run("code", {"code": code, **config}, ctx)["output"]


class TestInTheSandbox:
    def test_return_or_result(self) -> None:
        assert output("return {'n': 41 + 1}") == {"n": 42}
        assert output("result = [1, None, 'x']") == [1, None, "x"]
        assert output("x = 1") is None

    def test_variables(self) -> None:
        ctx = FakeCtx(
            scope={
                "trigger": {"text": "t", "payload": {"n": 1}},
                "loop": {"item": "i", "index": 0, "total": 1, "parent": None},
                "node_outputs": {"a": {"output": 7}, "b": {"results": [8]}},
                "vars": {"v": 9},
            },
            sources=[("a", 7)],
        )
        code = "return [inputs['a'], trigger['payload']['n'], loop['item'], vars['v'], node_outputs['b']['results']]"
        assert output(code, ctx) == [7, 1, "i", 9, [8]]
        assert output("return sorted(node_outputs)", ctx) == ["a", "b"]

    def test_prints_are_logged(self) -> None:
        ctx = FakeCtx()
        output("print('hello')\nreturn 1", ctx)
        assert "hello" in "".join(ctx.logged)

    def test_exception_names_itself_and_its_line(self) -> None:
        with pytest.raises(UserError, match=r"ValueError: boom 42 \(line 2\)") as caught:
            output("x = 1\nraise ValueError('boom 42')")
        assert caught.value.code == "code_error"

    def test_no_json(self) -> None:
        with pytest.raises(UserError) as caught:
            output("return {1, 2}")
        assert caught.value.code == "code_error"

    def test_exit(self) -> None:
        with pytest.raises(UserError) as caught:
            output("import os; os._exit(3)")
        assert caught.value.code in ("code_error", "killed")

    def test_syntax_error(self) -> None:
        with pytest.raises(UserError, match="SyntaxError") as caught:
            output("return (")
        assert caught.value.code == "code_error"

    def test_time_out(self) -> None:
        with pytest.raises(StepTimeout):
            output("while True: pass", timeout_seconds=0.5)


def failing(**parts: Any) -> Any:
    class Sandbox:
        def python(self, *args: Any, **kwargs: Any) -> SandboxResult:
            return SandboxResult(**{"exit_code": 1, "stdout": "out", "stderr": "", **parts})

    class Ctx(FakeCtx):
        sandbox = Sandbox()

    return Ctx()


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ({"killed": "timeout"}, "timeout", "30 s"),
        ({"killed": "memory"}, "killed", "256 MB"),
        ({"killed": "signal"}, "killed", "signal"),
        ({"killed": "output"}, "limit_exceeded", "more than is allowed"),
        ({"stderr": "x\nlast words"}, "code_error", "status 1: last words"),
        (
            {"error": "Traceback:\n  File \"<code>\", line 7, in <module>\nKeyError: 'a'"},
            "code_error",
            r"KeyError: 'a' \(line 7\)",
        ),
    ],
)
def test_ends(parts: dict[str, Any], code: str, words: str) -> None:
    ctx = failing(**parts)
    with pytest.raises(UserError, match=words) as caught:
        run("code", {"code": "x"}, ctx)
    assert caught.value.code == code
    assert ctx.logged == ["out"]


def test_only_named_outputs_are_read() -> None:
    outputs = {"a": {"output": 1}, "b": {"output": 2}}
    named = module._named_outputs
    assert named(outputs, "return 1") == {}
    assert named(outputs, "return node_outputs['a']['output'] + node_outputs.get(\"zz\", 0)") == {"a": {"output": 1}}
    assert named(outputs, "return [node_outputs[k] for k in ('a', 'b')]") == outputs
    assert named(outputs, "x = node_outputs['a']; y = node_outputs") == outputs


def test_effect_depends_on_network() -> None:
    kind = component("code")
    assert kind.effect_of(config_of(kind, {"code": "x"}, {})) is Effect.PURE
    assert kind.effect_of(config_of(kind, {"code": "x", "network": True}, {})) is Effect.IDEMPOTENT


def test_check() -> None:
    kind = component("code")
    assert kind.check({}) == [("code", "Write the code that this node runs.")]
    assert "line 2" in kind.check({"code": "x = 1\nreturn ("})[0][1]
    assert kind.check({"code": "if inputs: return 1\nreturn 2"}) == []
    assert kind.check({"code": "\x00"})
