"""Which call of a tool runs now, for tools that need a key of their own per call."""

from __future__ import annotations

from contextvars import ContextVar

current_call: ContextVar[str] = ContextVar("current_call", default="")
"""The sub-step of the agent (`tool[2.0]`) while it calls a tool."""
