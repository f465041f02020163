"""Keys of steps, such as `lp[3]/agent/model[2]`, and which of them come after which."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import zip_longest

from apps.workflows.topology import Plan

_INDEX = re.compile(r"\[[\d.]+\]")


def path(plan: Plan, step: str) -> str | None:
    """The path to a step through the loops around it; None if it is none of the plan's. A node in a loop, named without
    an iteration, means its steps in all of them: then the path has no indexes."""
    parts = [step.rpartition("/")[2]]
    if not any(parts[0] in members for members in plan.members.values()):
        return None
    while scope := plan.nodes[parts[0]].scope:
        parts.insert(0, scope)
    is_key = re.fullmatch(r"\[\d+\]/".join(parts), step)
    return step if is_key else "/".join(parts) if "/" not in step else None


def comes_after(key: str, chosen: str, followers: Callable[[str], Collection[str]]) -> bool:
    """Whether the step with this key is the one at the path `chosen`, lies in it, around it, or comes after it.
    `followers` are those of a node."""
    for here, there in zip_longest(key.split("/"), chosen.split("/")):
        if here is None or there is None:
            return True
        name, other = _INDEX.sub("", here), _INDEX.sub("", there)
        if name != other:
            return name in followers(other)
        if len({here, there, name}) == 3:
            return False  # another iteration
    return True
