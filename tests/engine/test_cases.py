"""Workflow JSON plus what must come of it: each file in cases/ is one. A user's report becomes one by
`executions/{id}/test-case/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.executions.engine.state import Outcome, main_value
from apps.executions.models import WorkflowExecution
from apps.workflows import configs
from apps.workflows.components import registry
from pipelit import sandbox
from tests.engine import harness

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, users: Any) -> None:
    case = json.loads(path.read_text())
    if any(node["component_type"] == "code" for node in case["nodes"]) and sandbox.unavailable_reason():
        pytest.skip(f"code cannot be isolated here: {sandbox.unavailable_reason()}")
    others = {f"@{name}": _store(users.ada, name, graph) for name, graph in (case.get("others") or {}).items()}
    version = _store(users.ada, path.stem.replace("_", "-"), case, {key: v.workflow.slug for key, v in others.items()})
    given = case["input"]
    trigger = given.get("trigger_node_id", "start")
    execution = harness.run(version, given.get("payload"), text=given.get("text", ""), trigger=trigger)
    for act in case.get("do") or []:
        task = execution.pending_tasks.get(status="pending")
        assert act["prompt_contains"] in task.prompt
        harness.answer(execution, **act["respond"])
    _compare(execution, case["expect"], {node["node_id"]: node["component_type"] for node in case["nodes"]})


def _store(user: Any, slug: str, graph: dict[str, Any], slugs: dict[str, str] | None = None) -> Any:
    nodes = []
    for raw in graph["nodes"]:
        flat = configs.flatten(raw.get("config") or {}, registry.get(raw["component_type"]))
        if flat.get("target_workflow") in (slugs or {}):
            flat["target_workflow"] = (slugs or {})[flat["target_workflow"]]
        made = harness.node(raw["node_id"], raw["component_type"], **flat)
        nodes.append(made | {key: raw[key] for key in ("interrupt_before", "interrupt_after") if key in raw})
    return harness.store(user, slug, nodes, graph["edges"])


def _compare(execution: WorkflowExecution, expected: dict[str, Any], types: dict[str, str]) -> None:
    assert execution.status == expected["status"], execution.error_message
    for name in ("failed_node_id", "error_code", "final_output"):
        if name in expected:
            assert _same(getattr(execution, name), expected[name]), (name, getattr(execution, name))
    assert expected.get("error_contains", "") in execution.error_message
    rows = harness.finals(execution)
    for node_id, wanted in expected.get("nodes", {}).items():
        steps = [row for row in rows.values() if row.node_id == node_id and "/" not in row.step_key.split("]/")[-1]]
        if "count" in wanted:
            assert len([row for row in steps if row.status != "skipped"]) == wanted["count"], node_id
        if "successes" in wanted:
            assert len([row for row in steps if row.status == "success"]) == wanted["successes"], node_id
        if "status" in wanted:
            assert steps, node_id
            assert steps[-1].status == wanted["status"], node_id
        if "output" in wanted:
            outcome = Outcome(steps[-1].status, steps[-1].output or {})
            assert _same(main_value(types[node_id], outcome), wanted["output"]), (node_id, outcome.ports)
        if "output_contains" in wanted:
            assert wanted["output_contains"] in json.dumps(steps[-1].output), node_id


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: 1, 1.0 and true differ."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
