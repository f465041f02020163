"""An execution as a terminal shows it: steps, tokens and the result as they happen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .models import ExecutionLog, PendingTask, Status, WorkflowExecution
from .serializers.stored import masked
from .waiting import follow

Say = Callable[[str, str, str], None]
"""Writes a text in a style (`success`, `error`, `warning`, `note` or none), followed by an ending."""
SHOWN = 300
MARKS = {"success": "success", "failed": "error", "skipped": "note", "waiting": "warning"}
PATIENCE = 5
"""Looks at a pending execution after which the absence of a worker is told."""


class Watcher:
    """Tells what happens. The events are quick; what is missed is read from the journal, which is the truth."""

    def __init__(self, execution: WorkflowExecution, say: Say) -> None:
        self._execution = execution
        self._say = say
        self._told: set[tuple[str, int, str]] = set()
        self._asked: set[int] = set()
        self._last_row = 0
        self._speaker = ""
        self._looks = 0

    def watch(self, seconds: float) -> WorkflowExecution:
        """Until it has ended or the time is up; the execution as it then stands."""
        for event in follow(self._execution.pk, seconds):
            if event is None:
                self._catch_up()
            else:
                self._event(event)
        self._catch_up()
        self._execution.refresh_from_db()
        return self._execution

    def _event(self, event: Mapping[str, Any]) -> None:
        data = event["data"]
        match event["type"]:
            case "token":
                self._token(data)
            case "node_status" if data["status"] in MARKS:
                self._step(data["step_key"], data.get("attempt", 0), data["status"], data)
            case "tool_status":
                self._line(f"  {data.get('name', 'tool')} {data.get('status', '')}", "note")
            case "execution_interrupted" | "execution_waiting":
                self._tasks()

    def _token(self, data: Mapping[str, Any]) -> None:
        if self._speaker != data["step_key"]:
            self._end_speech()
            self._speaker = data["step_key"]
            self._say(f"  {self._speaker}: ", "note", "")
        self._say(str(data.get("delta", "")), "", "")

    def _step(self, key: str, attempt: int, status: str, data: Mapping[str, Any]) -> None:
        if (key, attempt, status) in self._told:
            return
        self._told.add((key, attempt, status))
        took = f" {data['duration_ms']:.0f} ms" if data.get("duration_ms") is not None else ""
        self._line(f"{status:<8}{key}{took}", MARKS[status])
        if data.get("error"):
            self._line(f"  {data['error']}", "error")
        elif status == "success" and data.get("output"):
            self._line(f"  {short(data['output'])}", "")

    def _catch_up(self) -> None:
        """Steps that the journal has and no event told, and questions that wait for somebody."""
        rows = ExecutionLog.objects.filter(execution=self._execution, pk__gt=self._last_row).exclude(status="running")
        for row in rows.order_by("pk"):
            self._last_row = row.pk
            data = {"duration_ms": row.duration_ms, "error": row.error, "output": masked(row.output)}
            self._step(row.step_key, row.attempt, row.status, data)
        self._tasks()
        self._looks += 1
        if self._looks == PATIENCE and WorkflowExecution.objects.filter(
            pk=self._execution.pk, status=Status.PENDING, started_at__isnull=True
        ):
            self._line("No worker has taken it yet. Is one running? (make run, or manage.py worker)", "warning")

    def _tasks(self) -> None:
        open_tasks = PendingTask.objects.filter(execution=self._execution, status=PendingTask.Status.PENDING)
        for task in open_tasks.exclude(pk__in=self._asked).order_by("pk"):
            self._asked.add(task.pk)
            until = f" until {task.until:%Y-%m-%d %H:%M:%S} UTC" if task.until else ""
            self._line(f"waiting {task.step_key} ({task.kind}{until}) {masked(task.prompt)}", "warning")
            if task.kind in (PendingTask.Kind.APPROVAL, PendingTask.Kind.OUTCOME_UNKNOWN):
                self._line(f"  answer: POST /api/v1/tasks/{task.pk}/respond/ with a decision", "note")

    def _line(self, text: str, style: str) -> None:
        self._end_speech()
        self._say(text, style, "\n")

    def _end_speech(self) -> None:
        if self._speaker:
            self._speaker = ""
            self._say("", "", "\n")


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
