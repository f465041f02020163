"""The LangGraph graph of an execution: one entrypoint whose body is a ready queue, one task per chain of steps.

LangGraph's functional API runs the tasks and carries context, streaming and tracing. A StateGraph would run in
supersteps, and a fast branch would wait for a slow one; here a step starts as soon as its own sources are settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from langgraph.func import entrypoint, task
from langgraph.pregel import Pregel

if TYPE_CHECKING:
    from .orchestrator import Orchestrator, Step

MAX_PARALLEL = 128
"""Chains that one execution may have under way at once."""


def build() -> Pregel[Any, Any, Any, Any]:
    """Compile a graph; invoke it with an Orchestrator."""

    def run_chain(orchestrator: Orchestrator, step: Step) -> None:
        try:
            orchestrator.work(step)
        finally:
            connections.close_all()  # the thread ends; a pooled connection goes back

    chain: Any = task(name="chain")(run_chain)  # type: ignore[arg-type]  # typed for coroutines

    @entrypoint()
    def execution(orchestrator: Orchestrator) -> None:
        for step in orchestrator.ready():
            chain(orchestrator, step)

    execution.stream_eager = False  # nobody listens to LangGraph's own stream; this saves a thread per run
    return execution


def run(graph: Pregel[Any, Any, Any, Any], orchestrator: Orchestrator) -> None:
    """Drive an execution until nothing of it is left to run in this process."""
    graph.invoke(orchestrator, {"max_concurrency": MAX_PARALLEL, "recursion_limit": 10})
