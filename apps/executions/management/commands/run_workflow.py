"""manage.py run_workflow SLUG: run a workflow and watch it."""

from __future__ import annotations

import json
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.accounts.models import UserProfile
from apps.executions import actions, starting
from apps.executions.models import Status, WorkflowExecution
from apps.executions.serializers.stored import masked
from apps.executions.watching import Watcher
from apps.workflows.models import Workflow
from pipelit.errors import Conflict, PipelitError

COMPLETED, FAILED, USAGE, UNFINISHED = 0, 1, 2, 3
CODES = {Status.COMPLETED: COMPLETED, Status.FAILED: FAILED}
TIMEOUT = 3600.0
EPILOG = """exit code:
  0  completed
  1  failed
  2  nothing was started: wrong usage, no such workflow, or one that cannot run
  3  cancelled, or not ended in time

Ctrl-C cancels the execution."""


class Command(BaseCommand):
    help = "Run a workflow; print its steps, tokens and result as they happen."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's own --version makes way for the workflow's."""
        kwargs |= {"conflict_handler": "resolve", "epilog": EPILOG, "formatter_class": RawDescriptionHelpFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The workflow.")
        parser.add_argument("--text", default="", help="The text of the event.")
        parser.add_argument("--payload", default="{}", help="The payload: a JSON object, @file, or @- for stdin.")
        parser.add_argument("--trigger", help="A trigger's node id. Default: the first manual trigger, else the first.")
        parser.add_argument("--version", help="draft, published or a number. Default: published if there is one.")
        parser.add_argument("--user", help="The user name to run as. Default: the workflow's owner.")
        parser.add_argument("--timeout", type=float, default=TIMEOUT, help="Seconds to watch (default %(default)g).")
        parser.add_argument("--detach", action="store_true", help="Start it, print its id, and do not watch.")

    def handle(self, *args: Any, **options: Any) -> None:
        execution = self._start(options)
        if options["detach"]:
            self.stdout.write(str(execution.pk))
            return
        self._say(f"execution {execution.pk}", "note")
        try:
            execution = Watcher(execution, self._say).watch(options["timeout"])
        except KeyboardInterrupt:
            execution = self._cancel(execution)
        sys.exit(self._end(execution))

    def _start(self, options: dict[str, Any]) -> WorkflowExecution:
        payload = read_payload(options["payload"])
        try:
            workflow = Workflow.objects.select_related("owner").filter(slug=options["slug"], deleted_at=None).first()
            if workflow is None:
                raise CommandError(f'There is no workflow "{options["slug"]}".', returncode=USAGE)
            return starting.execute(
                self._user(options["user"], workflow), workflow, text=options["text"], payload=payload,
                trigger_node_id=options["trigger"], version=options["version"],
            )  # fmt: skip
        except PipelitError as error:
            faults = [f"\n  {fault['message']}" for fault in error.data.get("validation_errors", [])[1:]]
            raise CommandError(error.detail + "".join(faults), returncode=USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}", returncode=USAGE) from None

    def _user(self, name: str | None, workflow: Workflow) -> UserProfile:
        if name is None:
            return workflow.owner
        found = UserProfile.objects.filter(username__iexact=name, is_active=True).first()
        if found is None:
            raise CommandError(f'There is no active user "{name}".', returncode=USAGE)
        return found

    def _cancel(self, execution: WorkflowExecution) -> WorkflowExecution:
        self._say("")
        try:
            return actions.cancel(execution)
        except Conflict:  # it ended in the same moment
            execution.refresh_from_db()
            return execution

    def _end(self, execution: WorkflowExecution) -> int:
        """Say how it ended; the exit code."""
        if execution.status == Status.COMPLETED:
            took = execution.completed_at and execution.started_at and execution.completed_at - execution.started_at
            seconds = f" in {took.total_seconds():.3f} s" if took else ""
            tokens = execution.total_input_tokens + execution.total_output_tokens
            used = f", {tokens} tokens, {execution.total_cost_usd:.6f} USD" if tokens else ""
            self._say(f"completed{seconds}{used}", "success")
            output = masked(execution.final_output)
            self._say(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2))
        elif execution.status == Status.FAILED:
            where = f" at {execution.failed_step_key or execution.failed_node_id}" if execution.failed_node_id else ""
            self._say(f"failed{where} ({execution.error_code}): {execution.error_message}", "error")
        elif execution.status == Status.CANCELLED:
            self._say("cancelled", "warning")
        else:
            self._say(f"still {execution.status}; it goes on without this command", "warning")
        return CODES.get(Status(execution.status), UNFINISHED)

    def _say(self, text: str, style: str = "", ending: str = "\n") -> None:
        styles = {
            "success": self.style.SUCCESS,
            "error": self.style.ERROR,
            "warning": self.style.WARNING,
            "note": self.style.HTTP_INFO,
        }
        self.stdout.write(styles[style](text) if style and text else text, ending=ending)
        self.stdout.flush()


def read_payload(text: str) -> dict[str, Any]:
    """The object that --payload means; raises CommandError."""
    try:
        if text.startswith("@"):
            text = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise CommandError(f"--payload: {error.strerror}: {error.filename}", returncode=USAGE) from None
    except ValueError as error:
        raise CommandError(f"--payload is no JSON: {error}", returncode=USAGE) from None
    if not isinstance(found, dict):
        raise CommandError('--payload must be a JSON object, such as \'{"name": "Ada"}\'.', returncode=USAGE)
    return found
