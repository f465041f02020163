"""A clock, and workflows that a schedule can start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drawing import Canvas, canvas
from tests.schedules.ticking import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    made_one = canvas(api(users.ben), "ticking")
    made_one.must_node("tick", "trigger_schedule")
    made_one.must_node(
        "out",
        "set",
        {"extra_config": {"values": {"at": "{{ trigger.timestamp }}", "n": "{{ trigger.schedule.number }}"}}},
    )
    made_one.must_edge("tick", "out")
    return made_one


@pytest.fixture
def failing(api: Any, users: Any) -> Canvas:
    made_one = canvas(api(users.ben), "failing")
    made_one.must_node("tick", "trigger_schedule")
    made_one.must_node(
        "bad",
        "assertion",
        {"extra_config": {"rules": [{"field": "timestamp", "operator": "equals", "value": "never"}]}},
    )
    made_one.must_edge("tick", "bad")
    return made_one
