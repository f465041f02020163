from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from apps.workflows import configs
from apps.workflows.components.base import Answer, Waiting
from pipelit.errors import ConfigError, StepTimeout

from .twin import FakeCtx, component, run


def in_(**span: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**span)).isoformat()


def test_short_waits_stay_in_the_process() -> None:
    ctx = FakeCtx()
    assert run("wait", {"duration": 0.5}, ctx, input={"a": 1}) == {"output": {"a": 1}}
    assert ctx.slept == [pytest.approx(0.5)]
    run("wait", {"duration": 0}, ctx)
    assert len(ctx.slept) == 1
    assert not ctx.waits


@pytest.mark.parametrize(
    ("duration", "unit", "seconds"), [(6, "seconds", 6), (1, "minutes", 60), (1, "hours", 3600), (2, "days", 172_800)]
)
def test_long_waits_park(duration: float, unit: str, seconds: float) -> None:
    ctx = FakeCtx()
    with pytest.raises(Waiting):
        run("wait", {"duration": duration, "unit": unit}, ctx)
    wait = ctx.waits[""]
    assert wait["kind"] == "timer"
    assert (wait["until"] - dt.datetime.now(dt.UTC)).total_seconds() == pytest.approx(seconds, abs=2)
    ctx.answers[""] = Answer("fired")
    assert run("wait", {"duration": duration, "unit": unit}, ctx, input=1) == {"output": 1}


def test_until() -> None:
    ctx = FakeCtx()
    with pytest.raises(Waiting):
        run("wait", {"until": in_(hours=1)}, ctx)
    naive = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).replace(tzinfo=None)
    ctx = FakeCtx()
    with pytest.raises(Waiting):
        run("wait", {"until": naive.isoformat()}, ctx)
    assert ctx.waits[""]["until"] == naive.replace(tzinfo=dt.UTC)
    assert run("wait", {"until": "2020-01-01"}, input=3) == {"output": 3}


def test_callback() -> None:
    ctx = FakeCtx()
    with pytest.raises(Waiting):
        run("wait", {"callback": True, "duration": 1, "unit": "hours"}, ctx)
    assert ctx.waits[""]["kind"] == "callback"
    assert ctx.waits[""]["until"] is not None

    def called(answer: Answer) -> Any:
        return run("wait", {"callback": True}, FakeCtx(answers={"": answer}), input="in")["output"]

    assert called(Answer("confirmed", {"ok": 1})) == {"ok": 1}
    assert called(Answer("confirmed")) == "in"
    with pytest.raises(StepTimeout):
        called(Answer("expired"))


def test_duration_by_expression() -> None:
    ctx = FakeCtx(scope={"calc": {"output": 2}})
    run("wait", {"duration": "{{ calc.output }}"}, ctx)
    assert ctx.slept == [pytest.approx(2, abs=0.01)]


def test_bad() -> None:
    with pytest.raises(ConfigError, match="no duration"):
        run("wait", {})
    with pytest.raises(ConfigError, match="that is no time"):
        run("wait", {"until": "tomorrow"})
    with pytest.raises(ConfigError, match="366 days"):
        run("wait", {"duration": 400, "unit": "days"})
    kind = component("wait")
    assert {"duration"} == configs.faults(kind, {}).missing.keys()
    assert {"until"} == configs.faults(kind, {"until": "tomorrow"}).missing.keys()
    assert {"duration"} == configs.faults(kind, {"duration": -1}).errors.keys()
    assert not configs.faults(kind, {"duration": "{{ calc.output }}"}).errors
