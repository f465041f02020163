from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from apps.workflows import expressions
from pipelit.errors import ConfigError, ExpressionError

from .._text import Text
from ..base import Category, Component, Ctx, DataType, Effect, Family, Port, StepConfig, field


class CallConfig(StepConfig):
    target_workflow: Text = field(
        "", title="Workflow", help="Slug of the workflow to run.", widget="workflow", expression=True, max_length=200
    )
    trigger_mode: Literal["implicit", "explicit"] = field(
        "implicit",
        title="Hand over",
        help="implicit: the input mapping, or without one what the edge brings. explicit: what the mapping names, and "
        "nothing else.",
    )
    input_mapping: dict[str, Any] = field(
        dict,
        title="Input mapping",
        help="The payload of the called workflow: names with paths (trigger.payload.x) or expressions.",
        widget="mapping",
    )
    wait: bool = field(True, title="Wait for it", help="Wait for its end and take its final output, or only start it.")


class CallWorkflow(Component):
    """Runs another workflow and takes its final output.

    The other workflow needs a trigger *Called by a workflow*; what is handed over is its `{{ trigger.payload }}`. While
    it runs, this execution parks. Without *Wait for it* the output is `{"execution_id": ...}`. Calls may be ten levels
    deep. If the called workflow fails, this step fails with `child_failed`. A run has the rights of who triggered it
    (webhooks, schedules, forms and Telegram: of the workflow's owner): they must be able to read the called workflow,
    and it runs with the same rights.
    """

    type = "workflow"
    label = "Run a workflow"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "workflow"
    effect = Effect.IDEMPOTENT
    inputs = (Port("payload", DataType.ANY, description="Handed over where there is no input mapping."),)
    outputs = (Port("output", DataType.ANY, description="The final output of the called workflow."),)
    Config = CallConfig
    example = {
        "config": {"target_workflow": "double", "input_mapping": {"x": "trigger.payload.x", "y": "{{ 1 + 1 }}"}},
        "scope": {"trigger": {"text": "", "payload": {"x": 10}}},
        "children": {"double": {"y": 20}},
        "output": {"output": {"y": 20}},
    }

    def check(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        found = []
        if not config.get("target_workflow"):
            found.append(("target_workflow", "Choose the workflow to run."))
        mapping = config.get("input_mapping")
        for name, value in mapping.items() if isinstance(mapping, Mapping) else ():
            problem = expressions.syntax_error(value) if isinstance(value, str) else None
            if problem:
                found.append(("input_mapping", f"{name}: {problem}"))
        return found

    def run(self, ctx: Ctx, config: CallConfig, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if not config.target_workflow:
            raise ConfigError(f'The node "{ctx.node_id}" names no workflow to run.')
        payload = self._payload(ctx, config, inputs.get("payload"))
        given = payload.get("text")
        answer = ctx.spawn(
            config.target_workflow, payload, text=given if isinstance(given, str) else "", wait=config.wait
        )
        return {"output": answer if config.wait else {"execution_id": answer}}

    @staticmethod
    def _payload(ctx: Ctx, config: CallConfig, value: Any) -> Mapping[str, Any]:
        if config.input_mapping or config.trigger_mode == "explicit":
            return {name: _resolve(ctx, name, given) for name, given in config.input_mapping.items()}
        if isinstance(value, Mapping):
            return value
        if value is None:
            return {}
        return {"text": value} if isinstance(value, str) else {"input": value}


def _resolve(ctx: Ctx, name: str, given: Any) -> Any:
    """The value of one entry. Rendered here and not by the engine: a rendered text must not be taken for a path."""
    if not isinstance(given, str) or expressions.is_expression(given):
        return expressions.render(given, ctx.scope)
    try:
        return ctx.lookup(given)
    except LookupError as error:
        where = f'The input mapping of "{ctx.node_id}" finds nothing at {given!r} for {name!r}'
        raise ExpressionError(f"{where}: {error}") from error
