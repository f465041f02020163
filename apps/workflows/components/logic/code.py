from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, Literal

from pipelit.errors import StepTimeout, UserError
from pipelit.results import SandboxResult

from ..base import Category, Component, Ctx, DataType, Effect, Family, Port, StepConfig, field

DEFAULT_SECONDS = 30.0


class CodeConfig(StepConfig):
    code: str = field(
        "",
        title="Code",
        help="What it returns, else its variable result, is the output. See the docs for what it sees.",
        widget="code",
        max_length=200_000,
    )
    language: Literal["python"] = field("python", title="Language", help="The language of the code.")
    timeout_seconds: float | None = field(
        DEFAULT_SECONDS, title="Time-out", help="Seconds after which the code is killed.", gt=0, le=3600
    )
    memory_mb: int = field(256, title="Memory", help="Megabytes that the code may use.", ge=32, le=8192)
    network: bool = field(
        False,
        title="Network",
        help="Whether the code may reach the network, if the operator grants it (SANDBOX_NETWORK).",
    )


class Code(Component):
    """Runs Python in an isolated process: no files of the host, no environment, no network unless allowed.

    | variable | value |
    |---|---|
    | `inputs` | the main values of the nodes that lead here, by node id |
    | `node_outputs` | the outputs of all earlier steps: `node_outputs["calc"]["output"]` |
    | `trigger` | the event: `trigger["text"]`, `trigger["payload"]` |
    | `loop` | in a loop: `loop["item"]`, `loop["index"]`, `loop["total"]`, `loop["parent"]` |
    | `vars` | the workflow's variables |

    All are plain JSON values. The output is what the code returns at its top level, else its variable `result`; it must
    be a JSON value as well. What it prints is found in the step's log. An exception fails the step with `code_error`.
    """

    type = "code"
    label = "Code"
    category = Category.LOGIC
    family = Family.CODE
    icon = "code"
    effect = Effect.PURE
    default_timeout = DEFAULT_SECONDS
    inputs = (Port("input", DataType.ANY, description="Anything; inputs holds it by node id."),)
    outputs = (Port("output", DataType.ANY, description="What the code returned."),)
    Config = CodeConfig
    example = {
        "config": {"code": "print('adding')\nreturn inputs['calc'] + trigger['payload']['n']"},
        "sources": [("calc", 41)],
        "scope": {"trigger": {"text": "", "payload": {"n": 1}}},
        "inputs": {"input": 41},
        "output": {"output": 42},
    }

    def effect_of(self, config: CodeConfig) -> Effect:
        return Effect.IDEMPOTENT if config.network else Effect.PURE

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        code = config.get("code")
        if not isinstance(code, str) or not code.strip():
            return [("code", "Write the code that this node runs.")]
        try:
            ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
            return [("code", f"This is no Python: {getattr(error, 'msg', None) or error}{where}.")]
        return []

    def run(self, ctx: Ctx, config: CodeConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        result = ctx.sandbox.python(
            config.code,
            _variables(ctx, config.code),
            timeout=config.timeout_seconds or DEFAULT_SECONDS,
            memory_mb=config.memory_mb,
            network=config.network,
            cancelled=lambda: ctx.cancelled,
        )
        ctx.log(result.stdout)
        _raise_for(result, ctx.node_id, config)
        return {"output": result.value}


def _variables(ctx: Ctx, code: str) -> dict[str, Any]:
    """What the code sees. Of the earlier steps only those that it names, so that big values stay where they are."""
    scope = ctx.scope
    return {
        "inputs": {source.node_id: source.value for source in ctx.sources},
        "node_outputs": _named_outputs(scope.get("node_outputs") or {}, code),
        "trigger": dict(ctx.trigger),
        "loop": scope.get("loop"),
        "vars": scope.get("vars") or {},
    }


def _named_outputs(outputs: Mapping[str, Any], code: str) -> dict[str, Any]:
    if "node_outputs" not in code:
        return {}
    uses = len(re.findall(r"\bnode_outputs\b", code))
    names = re.findall(r"""\bnode_outputs\s*(?:\[\s*|\.get\(\s*)(["'])(\w+)\1""", code)
    wanted = {name for _, name in names} if len(names) == uses else set(outputs)
    return {name: dict(outputs[name]) for name in wanted if name in outputs}


def _raise_for(result: SandboxResult, node_id: str, config: CodeConfig) -> None:
    """Raise for code that failed or was killed."""
    if result.killed == "timeout":
        raise StepTimeout(f'The code of "{node_id}" was killed after {config.timeout_seconds or DEFAULT_SECONDS:g} s.')
    if result.killed == "output":
        raise UserError(f'The code of "{node_id}" put out more than is allowed.', code="limit_exceeded")
    if result.killed == "memory":
        raise UserError(f'The code of "{node_id}" used more than its {config.memory_mb} MB of memory.', code="killed")
    if result.killed:
        raise UserError(f'The code of "{node_id}" was killed by a signal.', code="killed")
    if result.error:
        raise UserError(f'The code of "{node_id}" failed: {in_short(result.error)}', code="code_error")
    if result.exit_code:
        said = "".join(f": {line}" for line in result.stderr.strip().splitlines()[-1:])
        raise UserError(f'The code of "{node_id}" ended with status {result.exit_code}{said}.', code="code_error")


def in_short(traceback: str) -> str:
    """The exception of a traceback and the line of the user's code: `ValueError: boom (line 3)`."""
    lines = [line for line in traceback.strip().splitlines() if line.strip()]
    if not lines:
        return "an exception"
    numbers = re.findall(r'^\s+File "[^"]*", line (\d+)', traceback, re.MULTILINE)
    start = max((i for i, line in enumerate(lines) if line.startswith((" ", "\t"))), default=-1) + 1
    message = "\n".join(lines[start:] or lines[-1:])[:2000]
    return f"{message} (line {numbers[-1]})" if numbers else message
