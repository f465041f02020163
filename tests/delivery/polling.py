"""A bot that answers, polled once as the scheduler's thread does it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apps.executions.models import TelegramBot
from apps.executions.telegram import bots, poller
from apps.workflows.models import WorkflowVersion
from tests.engine import harness

OWNER = "tests:poller:1"


def answering(user: Any, bot: int, *then: dict[str, Any], slug: str = "bot", **config: Any) -> WorkflowVersion:
    """A workflow that answers what people write to a bot."""
    nodes = [harness.node("start", "trigger_telegram", credential_id=bot, **config)]
    nodes += then or [harness.node("say", "transform", template="You said: {{ trigger.text }}")]
    return harness.store(user, slug, nodes, [(a["node_id"], b["node_id"]) for a, b in pairwise(nodes)])


def known(bot: int) -> None:
    """Registered already, so that no test has the calls of that among its own."""
    identity = bots.fingerprint(bots.fields(bot))
    TelegramBot.objects.get_or_create(credential_id=bot, defaults={"fingerprint": identity, "webhook_url": ""})


def poll_as(bot: int, owner: str) -> int:
    """How many updates came; none if another process holds the bot."""
    return poller.poll_once(bot, owner, 0) if poller.hold(bot, owner) else 0


def poll(bot: int) -> int:
    """Fetch what came, and run what it starts."""
    known(bot)
    found = poll_as(bot, OWNER)
    harness.work()
    return found
