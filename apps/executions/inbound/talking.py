"""Conversations with people who are not signed in: each is known by a token that its visitor's browser keeps, and
its runs have the rights of the workflow's owner. Visitors see what is said to them, and not how it came about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils import timezone

from apps.executions import history
from apps.executions.models import Conversation, Status, WorkflowExecution
from apps.executions.triggers import inbox
from apps.executions.triggers.chat import ChatHandler
from apps.workflows.models import WorkflowVersion
from pipelit.errors import PipelitError

from .doors import Door

CHANNEL = "public"
SALT = "pipelit.public-chat"
TOKEN_SECONDS = 90 * 86_400
SHOWN = 100
"""Messages of a conversation that its page shows."""
SHOWN_AS: Mapping[str, str] = {Status.INTERRUPTED: Status.WAITING, Status.WAITING: Status.RUNNING}
"""To a visitor, waiting is waiting for a person; what waits for a timer or another workflow just goes on."""


def say(door: Door, text: str, token: str, key: str) -> WorkflowExecution:
    """Start the run that answers a message, in the conversation of the token or a new one. The same `key`, given again
    in the same conversation (or with none), answers the first run."""
    known = conversation_of(door, token)
    talk = known or Conversation.objects.create(workflow=door.workflow, channel=CHANNEL, title=text.strip()[:80])
    event = {"text": text, "payload": {}, "conversation_id": str(talk.pk), "channel": CHANNEL}
    try:
        execution = inbox.receive(
            ChatHandler.type, event, workflow=door.workflow, version=door.version, user=door.workflow.owner,
            trigger_node_id=door.trigger.node_id, conversation=talk, source=door.source, title=text,
            key=f"{known.pk if known else 'new'}:{key}",
        )  # fmt: skip
    except PipelitError:
        if known is None:
            talk.delete()
        raise
    if known is not None:
        Conversation.objects.filter(pk=known.pk).update(updated_at=timezone.now())
    elif execution.conversation_id != talk.pk:
        talk.delete()
    return execution


def token_of(conversation_id: UUID | None) -> str:
    return signing.dumps(str(conversation_id), salt=SALT)


def conversation_of(door: Door, token: str) -> Conversation | None:
    """The conversation that a token stands for; None for one that is wrong, too old, or of another workflow."""
    try:
        key = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return None
    return Conversation.objects.filter(pk=key, workflow=door.workflow, channel=CHANNEL).first()


def messages(door: Door, token: str) -> list[dict[str, Any]]:
    """What was said, oldest first: id, role (human or ai), text, status."""
    talk = conversation_of(door, token)
    return [_public(message) for message in history.messages(talk, SHOWN)] if talk is not None else []


def outcome(execution_id: UUID) -> dict[str, Any]:
    """How a run stands, as its visitor may know it: status (running, waiting, completed, failed) and text."""
    found = history.turn(execution_id)
    return _public(found[-1]) if found else {"id": "", "role": "ai", "text": "", "status": Status.FAILED}


def _public(message: Mapping[str, Any]) -> dict[str, Any]:
    """Why something failed is not for visitors."""
    status = message["status"]
    failed = status in (Status.FAILED, Status.CANCELLED)
    shown = Status.FAILED if failed else SHOWN_AS.get(status, status)
    text = "" if failed and message["role"] == "ai" else message["content"]
    key = hashlib.sha256(str(message["id"]).encode()).hexdigest()[:16]
    return {"id": key, "role": message["role"], "text": text, "status": shown}


def speakers(version: WorkflowVersion) -> frozenset[str]:
    """The nodes whose streamed text is the answer: those that end the graph, or whose text a reply node sends on as it
    is. What others write (a category, a draft to be checked, one item of a loop) is not for visitors."""
    nodes = {node["node_id"]: node for node in version.snapshot["nodes"]}
    after: dict[str, list[Mapping[str, Any]]] = {name: [] for name in nodes}
    for edge in version.snapshot["edges"]:
        if edge["label"] != "error":
            after[edge["source"]].append(edge)
    inner = _bodies(after)
    return frozenset(
        name
        for name, edges in after.items()
        if name not in inner and all(not edge["label"] and _passes_on(nodes[edge["target"]], name) for edge in edges)
    )


def _bodies(after: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """The nodes inside of loops."""
    todo = [edge["target"] for edges in after.values() for edge in edges if edge["label"] == "loop_body"]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [edge["target"] for edge in after[name] if edge["label"] != "loop_return"]
    return found


def _passes_on(node: Mapping[str, Any], source: str) -> bool:
    if node["component_type"] != "reply":
        return False
    text = str((node.get("config") or {}).get("text") or "").strip()
    return not text or bool(re.fullmatch(rf"\{{\{{\s*{re.escape(source)}\.output\s*\}}\}}", text))
