"""The journal of one running execution: what is recorded already, and the recording of what happens."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.executions import addresses
from apps.executions.models import ExecutionLog, StoredValue, WorkflowExecution
from pipelit import events
from pipelit.errors import PipelitError
from pipelit.fields import dumps

from .recorder import Entry, Lane, recorder
from .secrets import Seals
from .state import Outcome

LARGE = 64 * 1024
"""Bytes of JSON above which a value is stored once and passed by reference."""
SHOWN = 2_000
"""Characters of an output that a live event carries."""
PREVIEW = 200


@dataclass(slots=True)
class Attempt:
    """One attempt of a step while it runs."""

    node_id: str
    step_key: str
    number: int
    started_at: dt.datetime
    started: float
    row: ExecutionLog | None = None


class Journal:
    """Looks up, else records. Written under the epoch of the lease; see recorder."""

    def __init__(self, execution: WorkflowExecution, slug: str, seals: Seals) -> None:
        self.lane = Lane(execution.pk, execution.epoch)
        self.seals = seals
        self.group = execution.attempt_group
        self._execution = execution
        self._channels = (f"workflow:{slug}", f"execution:{execution.pk}")
        self._finals: dict[str, ExecutionLog] = {}
        self._attempts: dict[str, list[ExecutionLog]] = {}
        self._values: dict[str, Any] = {}
        self._large: dict[int, tuple[Any, dict[str, Any]]] = {}
        """Large values that were stored, by identity, with what stands for them. Values are never changed in place."""
        self.usage_rows: list[Mapping[str, Any]] = []
        self.length = 0

    def load(self) -> None:
        """Read what earlier workers recorded."""
        for row in ExecutionLog.objects.filter(execution=self._execution).order_by("id"):
            self.length += 1
            self.usage_rows.append(row.metadata)
            if row.superseded:
                continue
            if row.final:
                self._finals[row.step_key] = row
            elif row.attempt_group == self.group:
                self._attempts.setdefault(row.step_key, []).append(row)
        if self.length:
            rows = StoredValue.objects.filter(execution=self._execution).values_list("digest", "data")
            self._values = {digest: json.loads(data) for digest, data in rows}

    def final(self, step_key: str) -> Outcome | None:
        """How a step ended, if that is recorded."""
        row = self._finals.get(step_key)
        if row is None:
            return None
        return Outcome(
            status=row.status,  # type: ignore[arg-type]
            ports=self._decode(row.output or {}),
            state=self._decode(row.state or {}),
            error=row.error,
            error_code=row.error_code,
            failed_step=(row.metadata or {}).get("failed_step", ""),
        )

    def last_reply(self) -> Any:
        """What the last `reply` that ran has sent; None if none ran."""
        rows = [row for row in self._finals.values() if row.status == "success" and "_reply" in (row.state or {})]
        if not rows:
            return None
        return self._decode(max(rows, key=lambda row: row.timestamp).state)["_reply"]

    def usage_of(self, step_key: str) -> Mapping[str, Any]:
        row = self._finals.get(step_key)
        return row.metadata.get("token_usage", {}) if row else {}

    def attempts(self, step_key: str) -> Sequence[ExecutionLog]:
        """The attempts of this group that did not settle the step, oldest first; one of status `running` broke off."""
        return self._attempts.get(step_key, ())

    def running(self, attempt: Attempt, inputs: Mapping[str, Any], *, durable: bool) -> None:
        """A step starts. `durable`: its attempt is journalled before it runs."""
        event = self._event(attempt.node_id, attempt.step_key, "running")
        live = (attempt.step_key, attempt.node_id)
        if not durable:
            self._submit(
                Entry(self.lane, events=(event,), live=live, superseded_by_final=True, step_key=attempt.step_key)
            )
            return
        stored, values = self._encode(inputs)
        attempt.row = self._row(attempt, "running", final=False, input=stored)
        self._submit(Entry(self.lane, attempt.row, values, events=(event,), live=live, step_key=attempt.step_key))
        self.lane.barrier()

    def record(
        self,
        attempt: Attempt,
        outcome: Outcome,
        *,
        inputs: Mapping[str, Any] | None = None,
        final: bool = True,
        metadata: Mapping[str, Any] | None = None,
        duration_ms: float = 0.0,
        extra: Sequence[Model] = (),
        silent: bool = False,
    ) -> None:
        """A step or an attempt has ended."""
        taken, values_in = self._encode(inputs) if inputs else (inputs, [])
        given, values_out = self._encode(outcome.ports)
        state, values_state = self._encode(outcome.state) if outcome.state else (None, [])
        row = attempt.row or self._row(attempt, outcome.status, final=final)
        row.status, row.final, row.timestamp = outcome.status, final, timezone.now()
        row.input, row.output, row.state = taken if inputs is not None else row.input, given, state
        row.error, row.error_code = self.seals.mask(outcome.error), outcome.error_code
        row.metadata, row.duration_ms = dict(metadata or {}), round(duration_ms, 3)
        if outcome.failed_step:
            row.metadata["failed_step"] = outcome.failed_step
        if final:
            self._finals[attempt.step_key] = row
        else:
            self._attempts.setdefault(attempt.step_key, []).append(row)
        self.length += 1
        self.usage_rows.append(row.metadata)
        told = () if silent else (self._event(attempt.node_id, attempt.step_key, outcome.status, row),)
        values = [*values_in, *values_out, *values_state]
        live = (attempt.step_key, "")
        self._submit(Entry(self.lane, row, values, extra, None, told, live, step_key=attempt.step_key))

    def waiting(self, node_id: str, step_key: str) -> None:
        """Tell that a step waits (nothing is settled)."""
        event = self._event(node_id, step_key, "waiting")
        self._submit(Entry(self.lane, events=(event,), live=(step_key, ""), step_key=step_key))

    def transact(self, call: Callable[[], Sequence[events.Event]], *, last: bool = False) -> None:
        """Write in one transaction under the lease, after all that was recorded, and wait for it; `call` returns the
        events to publish then. `last` drops the live copy. Raises the PipelitError that `call` raised: then nothing of
        it is written, and the execution goes on."""
        refused: list[PipelitError] = []

        def guarded() -> Sequence[events.Event]:
            refused.clear()  # a commit that is tried again starts afresh
            try:
                with transaction.atomic():
                    return call()
            except PipelitError as error:
                refused.append(error)
                return ()

        self._submit(Entry(self.lane, call=guarded, live=("", "") if last else None))
        self.lane.barrier()
        if refused:
            raise refused[0]

    def submit(self, call: Callable[[], Sequence[events.Event]]) -> None:
        """Write in the transaction of what is recorded next, without waiting for it."""
        self._submit(Entry(self.lane, call=call))

    def tell(self, event: str, data: Mapping[str, Any], channels: Sequence[str] | None = None) -> None:
        """Publish a live event in order with the others."""
        self._submit(Entry(self.lane, events=(self.event(event, data, channels),)))

    def event(self, event: str, data: Mapping[str, Any], channels: Sequence[str] | None = None) -> events.Event:
        body = {"execution_id": str(self._execution.pk), **data}
        return events.Event(event, tuple(self._channels if channels is None else channels), body)

    def barrier(self) -> None:
        self.lane.barrier()

    def _submit(self, entry: Entry) -> None:
        recorder.submit(entry)

    def _row(self, attempt: Attempt, status: str, **fields: Any) -> ExecutionLog:
        return ExecutionLog(
            execution_id=self._execution.pk,
            node_id=attempt.node_id,
            step_key=attempt.step_key,
            attempt_group=self.group,
            attempt=attempt.number,
            status=status,
            started_at=attempt.started_at,
            timestamp=attempt.started_at,
            **fields,
        )

    def _event(self, node_id: str, step_key: str, status: str, row: ExecutionLog | None = None) -> events.Event:
        data: dict[str, Any] = {"node_id": node_id, "step_key": step_key, "status": status}
        if row is not None:
            data |= {
                "attempt": row.attempt,
                "output": _shortened(row.output),
                "error": row.error,
                "error_code": row.error_code,
                "duration_ms": row.duration_ms,
                "token_usage": row.metadata.get("token_usage"),
            }
        return self.event("node_status", data)

    def _encode(self, ports: Mapping[str, Any]) -> tuple[dict[str, Any], list[StoredValue]]:
        """Ports as they are stored: secrets sealed, large values by reference."""
        stored: dict[str, Any] = {}
        values: list[StoredValue] = []
        for name, value in ports.items():
            if value is None or isinstance(value, (bool, int, float)):
                stored[name] = value
                continue
            if id(value) in self._large:  # one step's output is the next one's input
                stored[name] = self._large[id(value)][1]
                continue
            given = value
            value = self.seals.seal(value)
            if isinstance(value, str) and len(value) <= LARGE // 8:
                stored[name] = value
                continue
            text = dumps(value)
            if len(text) <= LARGE:
                stored[name] = value
                continue
            digest = hashlib.sha256(text.encode()).hexdigest()
            stored[name] = {"$ref": digest, "size": len(text), "preview": text[:PREVIEW]}
            self._large[id(given)] = given, stored[name]
            if digest not in self._values:
                self._values[digest] = value
                values.append(StoredValue(execution_id=self._execution.pk, digest=digest, size=len(text), data=text))
        return stored, values

    def _decode(self, ports: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.seals.unseal(self._resolved(value)) for name, value in ports.items()}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"$ref", "size", "preview"}:
            return self._values.get(value["$ref"], value)
        return value


def _shortened(output: Any) -> Any:
    """An output as an event shows it: itself if it is short, else the start of its text."""
    if not output:
        return output
    text = dumps(output)
    if len(text) <= SHOWN:
        return addresses.hidden_in(output, text)
    return {"$truncated": True, "size": len(text), "preview": addresses.hidden(text[:SHOWN])}
