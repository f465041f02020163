"""The ready queue: hands steps out when all their sources are settled, until nothing is left to run.

All state is behind one lock, held for bookkeeping only. A task goes on inline while a finished step has a ready
successor, and with all successors that are quick; further ones are queued and become tasks of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from pipelit.errors import UserError

from .state import SKIPPED, LoopState, Outcome, Scope, final_value, iteration_result

MAX_STEPS = 100_000
"""Steps that one execution may run."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node to run in a scope; `key` is its path, e.g. `loop_1[3]/agent_2`."""

    scope: Scope
    node_id: str

    @property
    def key(self) -> str:
        return self.scope.prefix + self.node_id


class Orchestrator:
    """Runs the steps of one execution. `run_step` answers the outcome, or None if the step waits."""

    def __init__(
        self,
        root: Scope,
        run_step: Callable[[Step], Outcome | None],
        record: Callable[[Step, Outcome], None],
        answered: Callable[[str], bool],
        is_quick: Callable[[Step], bool] = lambda step: False,
        abandon: Callable[[str], None] = lambda prefix: None,
    ) -> None:
        self.root = root
        self._run_step = run_step
        self._record = record
        """For steps that settle without running: skipped ones, and loops at their end."""
        self._answered = answered
        """Whether something that the step with this key waits for has been answered since it ran."""
        self._is_quick = is_quick
        """Whether a step waits for nothing: a thread of its own would gain it nothing."""
        self._abandon = abandon
        """What the steps below this prefix wait for is needed no more."""
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Step | None] = SimpleQueue()
        self._running = 0
        self._steps = 0
        self._loops: dict[str, tuple[Step, LoopState]] = {}
        self._waiting: dict[str, Step] = {}
        self._halted = False
        self.crash: BaseException | None = None
        """What stopped the whole execution: a lost lease, a cancellation, an error of our own."""

    @property
    def failure(self) -> Outcome | None:
        return self.root.failure

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def ready(self) -> Iterator[Step]:
        """The steps that want a task of their own, until nothing is left to run."""
        with self._lock:
            for node_id in self.root.starts():
                self._launch(Step(self.root, node_id))
            if not self._running:
                return
        while (step := self._queue.get()) is not None:
            yield step

    def work(self, step: Step) -> None:
        """Run a step and, inline, what it makes ready."""
        todo = [step]
        while todo:
            current = todo.pop()
            try:
                # a step that was handed out before a failure counts as running: it ends and is recorded
                stopped = self.crash is not None if current is step else self._halted
                outcome = None if stopped else self._run_step(current)
                with self._lock:
                    self._after(current, outcome, todo)
            except BaseException as error:  # noqa: BLE001 - the edge of a step: nothing may leave the queue hanging
                with self._lock:
                    self.crash = self.crash or error
                    self._halted = True
                    self._after(current, None, todo)

    def wake(self) -> None:
        """Let the steps run again whose wait has been answered."""
        with self._lock:
            for key in [key for key in self._waiting if self._answered(key)]:
                if self._running:
                    self._launch(self._waiting.pop(key))

    def halt(self, error: BaseException) -> None:
        """Start nothing new; `error` is why."""
        with self._lock:
            self.crash = self.crash or error
            self._halted = True

    def _launch(self, step: Step) -> None:
        self._running += 1
        self._queue.put(step)

    def _after(self, step: Step, outcome: Outcome | None, todo: list[Step]) -> None:
        """Account for a step that ran; `todo` is what is left for its task, last first."""
        ready: list[Step] = []
        if outcome is not None and not self._halted:
            self._steps += 1
            if self._steps > MAX_STEPS:
                self._halted, self.crash = (
                    True,
                    UserError(f"The execution ran {MAX_STEPS} steps, the limit.", code="limit_exceeded"),
                )
            ready = self._settle(step, outcome)
        elif not self._halted:
            if not self._is_alive(step.scope):
                self._abandon(step.scope.prefix)
            elif self._answered(step.key):
                ready = [step]
            else:
                self._waiting[step.key] = step
        if self._halted:
            todo.clear()
        else:
            slow = [one for one in ready if not self._is_quick(one)]
            todo += [one for one in reversed(ready) if self._is_quick(one)]
            if not todo and slow:
                todo.append(slow.pop(0))
            for other in slow:
                self._launch(other)
        if not todo:
            self._running -= 1
            if not self._running:
                self._queue.put(None)

    def _settle(self, step: Step, outcome: Outcome) -> list[Step]:
        """Everything that follows from an outcome, up to the steps that must now run."""
        todo: list[tuple[Step, Outcome]] = [(step, outcome)]
        ready: list[Step] = []
        while todo:
            current, result = todo.pop()
            scope = current.scope
            if not self._is_alive(scope):
                continue  # its iteration has failed meanwhile: it is recorded, and leads nowhere
            node = scope.plan.nodes[current.node_id]
            if result.status == "success" and "_items" in result.state and "results" not in result.ports:
                self._open(current, result)
                self._turn(current.key, ready, todo)
                continue
            for node_id in scope.settle(node, result):
                if scope.failure is not None:
                    break
                following = Step(scope, node_id)
                if scope.live_edges(scope.plan.nodes[node_id]):
                    ready.append(following)
                else:
                    self._record(following, SKIPPED)
                    todo.append((following, SKIPPED))
            if scope is self.root:
                if scope.failure is not None:
                    self._halted = True
            elif not scope.unsettled or scope.failure is not None:
                self._end_iteration(scope, ready, todo)
        return ready

    def _open(self, step: Step, result: Outcome) -> None:
        config = result.state
        state = LoopState(
            items=config["_items"],
            concurrency=max(1, config.get("_concurrency", 1)),
            goes_on=config.get("_goes_on", False),
        )
        state.results = [None] * len(state.items)
        self._loops[step.key] = (step, state)

    def _turn(self, key: str, ready: list[Step], todo: list[tuple[Step, Outcome]]) -> None:
        """Start as many iterations of a loop as may run; end the loop if none is left."""
        step, state = self._loops[key]
        while (index := state.take()) is not None:
            scope = self._iteration(step, state, index)
            starts = [Step(scope, node_id) for node_id in scope.starts()]
            if not starts:
                state.active -= 1
            ready += starts
        if state.is_done:
            del self._loops[key]
            outcome = self._loop_outcome(step, state)
            self._record(step, outcome)
            if step.scope.plan.nodes[step.node_id].interrupt_after:
                ready.append(step)  # it is recorded, and asks before it settles
            else:
                todo.append((step, outcome))

    def _iteration(self, step: Step, state: LoopState, index: int) -> Scope:
        loop = {"item": state.items[index], "index": index, "total": len(state.items), "parent": step.scope.loop}
        return Scope(step.scope.plan, step.node_id, f"{step.key}[{index}]/", step.scope, index, loop)

    def _end_iteration(self, scope: Scope, ready: list[Step], todo: list[tuple[Step, Outcome]]) -> None:
        key = scope.loop_key
        _, state = self._loops[key]
        state.active -= 1
        if scope.failure is None:
            state.results[scope.index] = iteration_result(scope)
        elif state.goes_on and not scope.failure.ends_all:
            state.results[scope.index] = dict(scope.failure.ports)
            self._bury(scope.prefix)
        else:
            state.failure, state.active = scope.failure, 0
            self._bury(f"{key}[")
        scope.ended = True
        self._turn(key, ready, todo)

    def _bury(self, prefix: str) -> None:
        """Forget the waits and the open loops below a prefix whose scope has failed."""
        if any(key.startswith(prefix) for key in self._waiting):
            self._abandon(prefix)
        for book in (self._waiting, self._loops):
            for key in [key for key in book if key.startswith(prefix)]:
                del book[key]

    def _is_alive(self, scope: Scope) -> bool:
        """Whether the iterations that a scope lies in are still under way."""
        inner: Scope | None = scope
        while inner is not None and inner is not self.root:
            if inner.ended or inner.loop_key not in self._loops:
                return False
            inner = inner.parent
        return True

    @staticmethod
    def _loop_outcome(step: Step, state: LoopState) -> Outcome:
        if state.failure is None:
            return Outcome("success", {"results": state.results})
        return state.failure

    def final_output(self, leave_out: tuple[str, ...] = ()) -> Any:
        return final_value(self.root, leave_out)
