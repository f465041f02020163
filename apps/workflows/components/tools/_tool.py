"""What agents get from a node: a tool that knows its node and what calling it twice may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._calls import current_call
from ..base import Ctx, Effect

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool
    from pydantic import BaseModel


def tool(
    ctx: Ctx, name: str, description: str, arguments: type[BaseModel], call: Callable[..., Any], effect: Effect
) -> BaseTool:
    """A tool for an agent. `call` takes the validated arguments by name and answers a JSON value."""
    from langchain_core.tools import StructuredTool  # takes long to import; needed in workers only

    return StructuredTool(
        name=tool_name(name),
        description=description,
        args_schema=arguments,
        func=call,
        metadata={"node_id": ctx.node_id, "effect": effect.value},
    )


def tool_name(name: str) -> str:
    """A name that every provider takes."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]


def call_key(ctx: Ctx) -> str:
    """The idempotency key of the tool call that runs now: stable over retries, different for each call of an agent."""
    return f"{ctx.idempotency_key}:{current_call.get()}"
