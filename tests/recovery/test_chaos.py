"""The short mix of `make chaos`, the same each time; and that its checker sees what is wrong."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.recovery.chaos import mix
from tests.recovery.load import Story
from tests.recovery.world import World

SEED = 7
MORE = 12
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
