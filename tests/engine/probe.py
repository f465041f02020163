"""A component that counts its calls, and does what the test says. The fixture `probe` registers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from apps.workflows.components.base import Category, Component, Effect, Family, Port, StepConfig, field


class Probe(Component):
    """Counts its calls, and does what the test says."""

    type = "probe"
    label = "Probe"
    category = Category.LOGIC
    family = Family.LOGIC
    icon = "box"
    outputs = (Port("output"),)
    calls: ClassVar[list[str]] = []
    plan: ClassVar[list[Any]] = []
    """What the next calls raise; None: nothing."""

    class Config(StepConfig):
        kind: str = field("pure", title="Kind", help="Its effect.")
        value: Any = field(None, title="Value", help="What it answers.", expression=True)
        part: str = field("", title="Part", help="The name of the unsafe sub-step as which it does it all.")

    def effect_of(self, config: Any) -> Effect:
        return Effect(config.kind)

    def run(self, ctx: Any, config: Any, inputs: Any) -> Mapping[str, Any]:
        def call() -> dict[str, Any]:
            self.calls.append(ctx.idempotency_key)
            outcome = self.plan.pop(0) if self.plan else None
            if isinstance(outcome, BaseException):
                raise outcome
            return {"output": config.value}

        done: Mapping[str, Any] = ctx.substep(config.part, call, effect=Effect.UNSAFE) if config.part else call()
        return done
