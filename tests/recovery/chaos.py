"""`make chaos`: the product under load while its processes, its Redis and its database break at random; then all of it
heals, and the checker looks whether the contract was kept.

CHAOS_SEED repeats a mix (as far as processes can be repeated), CHAOS_MINUTES says how long it goes on, TEST_DATABASE
on what.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.doubles import receiver as double
from tests.recovery import checker, world
from tests.recovery.load import Client, Story, draw
from tests.recovery.world import Fault, World

CLIENTS = 4
STILL_SECONDS = 120.0
"""After at most 60 s everything moves again; a delivery's next try may take as long again."""


class Hand(threading.Thread):
    """Does one fault after the other, with pauses, until the time is over."""

    def __init__(self, faults: Sequence[Fault], here: World, seed: int) -> None:
        super().__init__(daemon=True)
        self._faults, self._world = faults, here
        self._chance = random.Random(seed)
        self.error: Exception | None = None

    def run(self) -> None:
        begun = time.monotonic()
        while not self._world.over.wait(self._chance.uniform(1, 12)):
            at = time.monotonic() - begun
            try:
                told = self._chance.choice(self._faults)(self._chance)
            except Exception as error:
                self.error = error
                return
            print(f"{at:7.1f} s  {told}", flush=True)


def at_random(here: World, seed: int, seconds: float) -> None:
    """One hand breaks processes, another one servers."""
    hands = [Hand(faults, here, seed + n) for n, faults in enumerate((here.of_processes, here.of_servers))]
    for hand in hands:
        hand.start()
    time.sleep(seconds)
    here.over.set()
    for hand in hands:
        hand.join()
        assert hand.error is None, hand.error


def mix(folder: Path, database: str, seed: int, ticks: int, harm: Callable[[World, Story], None]) -> list[str]:
    """What is wrong after that harm; empty if nothing is. A schedule fires so often meanwhile, once a second."""
    print(f"CHAOS_SEED={seed} on {database}", flush=True)
    with double.running() as receiver, world.running(folder, database) as here:
        job = draw(here.product, receiver, ticks)
        story = Story()
        clients = [Client(f"c{n}", here.product, receiver, story, seed + n) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        harm(here, story)
        for client in clients:
            client.enough.set()
            client.join()
        print(f"{len(story.started)} of {len(story.asked)} acknowledged; now it heals", flush=True)
        healed = time.monotonic()
        _heal(here, Client("last", here.product, receiver, story, seed), job, ticks)
        print(f"quiet after {time.monotonic() - healed:.1f} s; {len(receiver.calls)} calls", flush=True)
        return checker.check(here, receiver, story, job, ticks)


def _heal(here: World, last: Client, job: int, ticks: int) -> None:
    """Until all has ended, or nothing moves."""
    left, since = checker.unfinished(here, job, ticks), time.monotonic()
    while left and time.monotonic() - since < STILL_SECONDS:
        last.settle()
        time.sleep(0.2)
        before, left = left, checker.unfinished(here, job, ticks)
        if left != before:
            since = time.monotonic()


def main() -> int:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
    folder = Path(tempfile.mkdtemp(prefix="pipelit-chaos-"))
    database = os.environ.get("TEST_DATABASE", "sqlite")
    seconds = 60 * float(os.environ.get("CHAOS_MINUTES") or 10)
    wrong = mix(folder, database, seed, int(seconds / 2), lambda here, _: at_random(here, seed, seconds))
    print("\n".join(wrong) or "The contract was kept.")
    if wrong:
        print(f"{len(wrong)} wrong; CHAOS_SEED={seed} does it again. What the processes said is in {folder}.")
    else:
        shutil.rmtree(folder)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
