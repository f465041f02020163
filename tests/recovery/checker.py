"""The independent checker: what the receiver has seen, what clients were told, and what the database says must be one
story (docs/operations.md, "When something was killed"). Reads the database by itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.doubles.receiver import Receiver
from tests.recovery.load import ENDED, POSTS, STEPS, Story
from tests.recovery.world import World

EXECUTIONS = """
    SELECT e.id, e.status, e.final_output, e.error_code, e.error_message, e.lease_owner, e.parent_id, e.parent_step_key,
        e.attempt_group, w.slug
    FROM executions_workflowexecution e JOIN workflows_workflow w ON w.id = e.workflow_id"""
STEPS_OF = "SELECT execution_id, step_key, status FROM executions_executionlog WHERE final"
EVENTS = "SELECT execution_id, status, reason FROM executions_triggerevent"
TASKS = "SELECT id, execution_id, step_key, status, decision FROM executions_pendingtask"
DELIVERIES = "SELECT id, execution_id, status, error FROM executions_delivery"
FIRED = "SELECT number, state, execution_id FROM schedules_scheduledrun WHERE job_id = {}"


def _id(value: Any) -> str:
    """As the API shows it."""
    return str(UUID(str(value)))


def unfinished(world: World, job: int, ticks: int) -> int:
    """How many executions, deliveries and fires have not come to their end."""
    running = world.rows(f"SELECT count(*) AS n FROM ({EXECUTIONS}) AS e WHERE status NOT IN {ENDED}")
    sending = world.rows(f"SELECT count(*) AS n FROM ({DELIVERIES}) AS d WHERE status IN ('pending', 'sending')")
    fired = world.rows(f"SELECT count(*) AS n FROM ({FIRED.format(job)}) AS f WHERE state = 'succeeded'")
    return int(running[0]["n"] + sending[0]["n"] + ticks - fired[0]["n"])


def check(world: World, receiver: Receiver, story: Story, job: int, ticks: int) -> list[str]:
    """Everything that is wrong, one sentence each."""
    executions = {_id(row["id"]): row for row in world.rows(EXECUTIONS)}
    return [
        *story.wrong,
        *_acknowledged(story, executions, world.rows(EVENTS)),
        *_ended(story, executions, world.rows(TASKS)),
        *_recorded(executions, world.rows(STEPS_OF), receiver),
        *_children(executions),
        *_delivered(executions, world.rows(DELIVERIES), receiver),
        *_fired(executions, world.rows(FIRED.format(job)), ticks),
        *_whole(world),
    ]


def _acknowledged(story: Story, executions: dict[str, Any], events: list[dict[str, Any]]) -> Iterator[str]:
    """(a) What was acknowledged is there; nothing is there that nobody asked for."""
    for key, execution_id in story.started.items():
        if execution_id not in executions:
            yield f"{key} was acknowledged as {execution_id}, which is lost"
        elif executions[execution_id]["slug"] != story.asked[key][0]:
            yield f"{key} started something else: {execution_id}"
    asked: dict[str, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for slug, _ in story.asked.values():
        asked[slug] += 1
    for row in executions.values():
        found[row["slug"]] += 1
    for slug in asked:
        started = sum(story.asked[key][0] == slug for key in story.started)
        if not started <= found[slug] <= asked[slug]:
            yield f"{slug}: asked for {asked[slug]}, acknowledged {started}, there are {found[slug]}"
    for event in events:
        if event["status"] != "started" or event["execution_id"] is None:
            yield f"a webhook was received and started nothing: {event}"


def _ended(story: Story, executions: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[str]:
    """(d), (e) All have ended, as they were seen to end; answers stand."""
    for key, row in executions.items():
        if row["status"] not in ENDED or row["lease_owner"]:
            yield f"{row['slug']} {key} is {row['status']}, held by {row['lease_owner'] or 'nobody'}"
        excused = row["slug"] == "once" and row["error_code"] == "outcome_unknown"
        if row["status"] == "failed" and not excused:
            yield f"{row['slug']} {key} failed: {row['error_code']}: {row['error_message']}"
        seen = story.ended.get(key)
        if seen is not None and (row["status"], json.dumps(_json(row["final_output"]))) != seen[:2]:
            yield f"{row['slug']} {key} had ended as {seen}, and is now {row['status']}"
    for key in story.cancelled:
        if executions[key]["status"] != "cancelled":
            yield f"{key} was cancelled, and is {executions[key]['status']}"
    decisions = {row["id"]: row["decision"] for row in tasks}
    for task, decision in story.answered.items():
        if decisions.get(task) != decision:
            yield f"task {task} was {decision}, and is {decisions.get(task)}"
    yield from (f"nobody waits for task {row}" for row in tasks if row["status"] == "pending")


def _recorded(executions: dict[str, Any], steps: list[dict[str, Any]], receiver: Receiver) -> Iterator[str]:
    """(b), (c) One result per step, and one key per effect; what must not be repeated was not."""
    recorded: dict[str, list[str]] = defaultdict(list)
    for row in steps:
        recorded[_id(row["execution_id"])].append(row["step_key"])
    for key, row in executions.items():
        keys = recorded[key]
        if len(keys) != len(set(keys)):
            yield f"{row['slug']} {key} has recorded a step twice: {sorted(keys)}"
        if row["status"] != "completed":
            continue
        if set(keys) != STEPS[row["slug"]]:
            yield f"{row['slug']} {key} completed with {sorted(keys)}"
        for step in STEPS[row["slug"]] & POSTS:
            calls = receiver.keys[f"{key}:{step}:{row['attempt_group']}"]
            if not calls or (row["slug"] == "once" and calls > 1):
                yield f"{row['slug']} {key}: {step} was recorded, and called {calls} times"
    for name, calls in receiver.keys.items():
        key, _, rest = name.partition(":")
        slug = executions.get(key, {}).get("slug")
        if rest and (slug is None or rest.rpartition(":")[0] not in STEPS[slug]):
            yield f"nobody knows who called {name}"
        if slug == "once" and calls > 1:
            yield f"{name} was called {calls} times, which must not be repeated"


def _children(executions: dict[str, Any]) -> Iterator[str]:
    """Each step that calls a workflow has started one run of it."""
    of: dict[tuple[str, str], int] = defaultdict(int)
    for row in executions.values():
        if row["parent_id"]:
            of[_id(row["parent_id"]), row["parent_step_key"]] += 1
    for key, row in executions.items():
        count = of[key, "child"]
        if count > 1 or (row["slug"] == "deep" and row["status"] == "completed" and not count):
            yield f"{key} has {count} children"


def _delivered(executions: dict[str, Any], deliveries: list[dict[str, Any]], receiver: Receiver) -> Iterator[str]:
    results: dict[str, int] = defaultdict(int)
    for row in deliveries:
        results[_id(row["execution_id"])] += 1
        if row["status"] != "sent" or not receiver.keys[_id(row["id"])]:
            yield f"delivery {_id(row['id'])} of {_id(row['execution_id'])} is {row['status']}: {row['error']}"
    for key, row in executions.items():
        if results[key] != (row["slug"] == "orders"):
            yield f"{row['slug']} {key} has {results[key]} deliveries"


def _fired(executions: dict[str, Any], runs: list[dict[str, Any]], ticks: int) -> Iterator[str]:
    """Each time of the schedule was fired once."""
    numbers = sorted(row["number"] for row in runs)
    if numbers != list(range(1, ticks + 1)):
        yield f"the schedule fired {numbers}"
    started = [_id(row["execution_id"]) for row in runs if row["execution_id"]]
    ticking = [key for key, row in executions.items() if row["slug"] == "ticking"]
    if sorted(started) != sorted(ticking) or any(row["state"] != "succeeded" for row in runs):
        yield f"{len(runs)} fires do not fit {len(ticking)} executions: {runs}"


def _whole(world: World) -> Iterator[str]:
    if world.postgres is None:
        found = world.rows("PRAGMA integrity_check")
        if found != [{"integrity_check": "ok"}]:
            yield f"SQLite is damaged: {found}"


def _json(text: Any) -> Any:
    return None if text is None else json.loads(text)
