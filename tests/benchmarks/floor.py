"""The floor: what the same parts cost without Pipelit around them, measured in the same run.

A job on RQ, a bare LangGraph graph of N nodes, one insert into SQLite (WAL) and one publish per step.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from langgraph.graph import START, StateGraph
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from typing_extensions import TypedDict

from pipelit.embedded import program

_state: dict[str, Any] = {}


class State(TypedDict):
    n: int


def bare_graph(steps: int, step: Callable[[State], State]) -> Any:
    graph = StateGraph(State)
    names = [f"n{i}" for i in range(steps)]
    for name in names:
        graph.add_node(name, step)
    for source, target in zip([START, *names], names, strict=False):
        graph.add_edge(source, target)
    return graph.compile()


def job(steps: int) -> None:
    """What the RQ job of the floor does."""
    client, path = _state["redis"], _state["db"]
    database = sqlite3.connect(path, isolation_level=None)

    def step(state: State) -> State:
        database.execute("INSERT INTO step (n) VALUES (?)", (state["n"],))
        client.publish("step", str(state["n"]))
        return {"n": state["n"] + 1}

    key = f"graph{steps}"
    if key not in _state:
        _state[key] = bare_graph(steps, lambda state: _state["step"](state))
    _state["step"] = step
    _state[key].invoke({"n": 0}, {"recursion_limit": 1000})
    database.close()
    client.publish("done", str(steps))


class _Worker(SimpleWorker):  # type: ignore[misc]
    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """A thread can have none."""


def measure(sizes: tuple[int, ...] = (1, 5, 20, 100), runs: int = 15) -> dict[int, float]:
    """Milliseconds (median) from enqueue to the message that the job is done, by number of steps."""
    work = tempfile.mkdtemp(prefix="pipelit-floor-")
    sock = f"{work}/redis.sock"
    server = subprocess.Popen(
        [program(), "--port", "0", "--unixsocket", sock, "--save", "", "--dir", work],
        stdout=subprocess.DEVNULL,
    )
    try:
        while not Path(sock).exists():
            time.sleep(0.01)
        client = redis.Redis(unix_socket_path=sock)
        database = sqlite3.connect(f"{work}/db")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, n INTEGER)")
        _state.update(redis=client, db=f"{work}/db")
        queue = Queue("floor", connection=client, serializer=JSONSerializer)
        worker = _Worker([queue], connection=redis.Redis(unix_socket_path=sock), serializer=JSONSerializer)
        threading.Thread(target=worker.work, kwargs={"logging_level": "WARNING"}, daemon=True).start()
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe("done")
        pubsub.get_message(timeout=1)
        found = {}
        for size in sizes:
            times = []
            for _ in range(runs):
                begun = time.perf_counter()
                queue.enqueue("tests.benchmarks.floor.job", size, result_ttl=0)
                while not pubsub.get_message(timeout=5):
                    pass
                times.append((time.perf_counter() - begun) * 1000)
            found[size] = statistics.median(times[3:])
        return found
    finally:
        server.terminate()
        server.wait(5)


if __name__ == "__main__":
    from tests.benchmarks import floor  # the module that the jobs name, not this __main__

    print(json.dumps(floor.measure()), flush=True)
    os._exit(0)  # RQ's worker would wait for its Redis to come back
