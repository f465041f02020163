"""The demo: a workflow that shows the main ideas and needs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from apps.accounts.models import UserProfile
from apps.credentials import actions as credentials
from apps.credentials.models import BaseCredential
from apps.workflows import actions as workflows
from apps.workflows.models import Workflow
from pipelit import sandbox

SLUG = "demo"
CREDENTIAL = "Demo model"
COLUMN, ROW = 260, 140
"""Distances on the canvas."""
CODE = """found = inputs["joined"]
print("tidying", found["kind"])
return {"answer": found["text"], "kind": found["kind"], "length": len(found["text"])}
"""
TEMPLATE = '{{ {"answer": joined.merged.text, "kind": joined.merged.kind, "length": joined.merged.text | length} }}'


def seed(user: UserProfile) -> tuple[Workflow, bool]:
    """The demo workflow and whether it was made now; what is there is left as it is."""
    found = Workflow.objects.filter(slug=SLUG).first()
    if found is not None:
        return found, False
    with transaction.atomic():
        model = BaseCredential.objects.filter(name=CREDENTIAL, credential_type="llm").first()
        if model is None:
            model = credentials.create(user, CREDENTIAL, "llm", {"provider_type": "demo"})
        workflow = workflows.create_workflow(
            user,
            {
                "name": "Demo",
                "slug": SLUG,
                "description": "An agent with a calculator, a switch, two branches, a reply. Say: What is 6 * 7?",
                "tags": ["demo"],
            },
        )
        workflows.edit(workflow, user, [*_nodes(model.pk), *_edges()])
    return workflow, True


def _nodes(credential_id: int) -> Iterator[dict[str, Any]]:
    rule = {
        "id": "number",
        "label": "Has a number",
        "field": "assistant.output",
        "operator": "matches_regex",
        "value": "[0-9]",
    }
    yield _node("chat", "trigger_chat", 0, 0, label="Chat")
    yield _node("start", "trigger_manual", 0, 2, label="Run")
    yield _node("model", "ai_model", 1, 3, {"llm_credential_id": credential_id, "model_name": "demo"}, label="Model")
    yield _node("calculator", "calculator", 2, 3, label="Calculator")
    asked = {"input_template": "{{ trigger.text or 'What is 6 * 7?' }}"}
    prompt = "You are a helpful assistant. Use the calculator for sums."
    yield _node("assistant", "agent", 1, 1, {"system_prompt": prompt, "extra_config": asked}, label="Assistant")
    yield _extra("route", "switch", 2, 1, rules=[rule], enable_fallback=True)
    yield _extra("numbers", "set", 3, 0, values={"kind": "number", "text": "{{ assistant.output }}"})
    yield _extra("words", "set", 3, 2, values={"kind": "words", "text": "{{ assistant.output }}"})
    yield _extra("joined", "merge", 4, 1, mode="combine")
    if sandbox.unavailable_reason() is None:
        yield _extra("tidy", "code", 5, 1, code=CODE)
    else:
        yield _extra("tidy", "transform", 5, 1, template=TEMPLATE)
    yield _extra("answer", "reply", 6, 1, text="{{ tidy.output.answer }}")


def _edges() -> Iterator[dict[str, Any]]:
    yield _edge("chat", "assistant")
    yield _edge("start", "assistant")
    yield _edge("model", "assistant", edge_label="llm")
    yield _edge("calculator", "assistant", edge_label="tool")
    yield _edge("assistant", "route")
    yield _edge("route", "numbers", edge_type="conditional", condition_value="number")
    yield _edge("route", "words", edge_type="conditional", condition_value="__other__")
    yield _edge("numbers", "joined")
    yield _edge("words", "joined")
    yield _edge("joined", "tidy")
    yield _edge("tidy", "answer")


def _node(
    node_id: str, component_type: str, column: int, row: int, config: dict[str, Any] | None = None, label: str = ""
) -> dict[str, Any]:
    return {
        "op": "create_node",
        "node_id": node_id,
        "component_type": component_type,
        "label": label,
        "position_x": 80 + column * COLUMN,
        "position_y": 80 + row * ROW,
        "config": config or {},
    }


def _extra(node_id: str, component_type: str, column: int, row: int, **extra: Any) -> dict[str, Any]:
    return _node(node_id, component_type, column, row, {"extra_config": extra}, node_id.capitalize())


def _edge(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"op": "create_edge", "source_node_id": source, "target_node_id": target, **more}
