"""The short mix of `make chaos`, the same each time; and that its checker sees what is wrong."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from tests.recovery import checker
from tests.recovery.chaos import mix
from tests.recovery.load import STEPS, Story
from tests.recovery.world import World

SEED = 6
"""With it a process of the worker is killed, then the web process."""
MORE = 8
"""Acknowledgements between one fault and the next."""


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_the_contract_is_kept(tmp_path: Path) -> None:
    def harm(here: World, story: Story) -> None:
        here.over.set()  # no fault lasts
        chance = random.Random(SEED)
        for fault in here.quick:
            goal = len(story.started) + MORE
            here.product.wait(lambda goal=goal: len(story.started) >= goal)
            print(fault(chance))

    assert mix(tmp_path, os.environ.get("TEST_DATABASE", "sqlite"), SEED, 5, harm) == []


RUN, OTHER = "0" * 31 + "1", "0" * 31 + "2"
KEY = str(UUID(RUN))


def checked(table: str = "", change: Mapping[str, Any] | None = None, calls: int = 1) -> list[str]:
    """What is wrong with the story of one run of `once`, and one answer, after a change of what the database says."""
    story = Story({"k": ("once", 1)}, {"k": KEY}, {1: "confirmed"}, ended={KEY: ("completed", '{"n": 1}', "then")})
    run = {
        "id": RUN, "slug": "once", "status": "completed", "final_output": '{"n":1}', "error_code": "",
        "parent_id": None, "error_message": "", "lease_owner": "", "attempt_group": 1, "parent_step_key": "",
    }  # fmt: skip
    tables: dict[str, list[dict[str, Any]]] = {
        checker.EXECUTIONS: [run],
        checker.STEPS_OF: [{"execution_id": RUN, "step_key": key} for key in sorted(STEPS["once"])],
        checker.EVENTS: [{"execution_id": RUN, "status": "started"}],
        checker.TASKS: [{"id": 1, "status": "answered", "decision": "confirmed"}],
        checker.DELIVERIES: [],
        checker.FIRED.format(1): [{"number": 1, "state": "succeeded", "execution_id": None}],
    }
    for found in tables[table][:1] if table else ():
        found.update(change or {})
    receiver = SimpleNamespace(keys=Counter({f"{KEY}:post:1": calls} if calls else {}))
    here = SimpleNamespace(rows=tables.__getitem__, postgres=True)
    return checker.check(here, receiver, story, 1, 1)  # type: ignore[arg-type]


def test_the_checker_is_content() -> None:
    assert checked() == []


@pytest.mark.parametrize(
    ("table", "change", "sentence"),
    [
        (checker.EXECUTIONS, {"id": OTHER}, f"k was acknowledged as {KEY}, which is lost"),
        (checker.EXECUTIONS, {"slug": "asks"}, "k started something else"),
        (checker.EXECUTIONS, {"status": "waiting"}, "is waiting, held by nobody"),
        (checker.EXECUTIONS, {"lease_owner": "w"}, "held by w"),
        (checker.EXECUTIONS, {"status": "failed", "error_code": "crash_loop"}, "failed: crash_loop"),
        (checker.EXECUTIONS, {"final_output": '{"n": 2}'}, "had ended as"),
        (checker.STEPS_OF, {"step_key": "start"}, "has recorded a step twice"),
        (checker.STEPS_OF, {"step_key": "other"}, "completed with"),
        (checker.EVENTS, {"status": "failed"}, "was received and started nothing"),
        (checker.TASKS, {"decision": "cancelled"}, "task 1 was confirmed, and is cancelled"),
        (checker.TASKS, {"status": "pending"}, "nobody waits for task"),
        (checker.FIRED.format(1), {"number": 2}, "the schedule fired [2]"),
        (checker.FIRED.format(1), {"execution_id": OTHER}, "do not fit"),
    ],
)
def test_the_checker_sees(table: str, change: dict[str, Any], sentence: str) -> None:
    assert any(sentence in one for one in checked(table, change))


@pytest.mark.parametrize(("calls", "sentence"), [(0, "called 0 times"), (2, "which must not be repeated")])
def test_the_checker_counts_calls(calls: int, sentence: str) -> None:
    assert any(sentence in one for one in checked(calls=calls))
