"""manage.py run_workflow and seed_demo."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.executions import actions
from apps.executions.models import WorkflowExecution
from apps.workflows.models import Workflow
from pipelit import sandbox
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chain(users: Any) -> Any:
    nodes = [harness.node("start", "trigger_manual"), harness.node("a", "set", values={"n": "{{ trigger.payload.n }}"})]
    return harness.store(users.ben, "chain", nodes, [("start", "a")])


def run(*args: str, worker: bool = True) -> tuple[int, str]:
    """Exit code and output; a worker runs what is started."""
    out = io.StringIO()
    thread = threading.Thread(target=_work_once)
    if worker:
        thread.start()
    try:
        with pytest.raises(SystemExit) as ended:
            call_command("run_workflow", *args, "--no-color", stdout=out)
    finally:
        if worker:
            thread.join(20)
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue()


def _work_once() -> None:
    try:
        while not WorkflowExecution.objects.exists():
            threading.Event().wait(0.01)
        harness.work()
    finally:
        connection.close()


def test_steps_and_result(users: Any, chain: Any) -> None:
    code, text = run("chain", "--payload", '{"n": 3}', "--text", "hi", "--version", "published")
    assert code == 0, text
    lines = text.splitlines()
    assert any(line.startswith("success start") for line in lines)
    assert any(line.startswith("success a") for line in lines)
    assert "completed in" in text
    assert text.rstrip().endswith(json.dumps({"n": 3}, indent=2))
    assert WorkflowExecution.objects.get().user == users.ben


def test_failure_is_one(chain: Any, tmp_path: Path) -> None:
    payload = tmp_path / "payload.json"
    payload.write_text('{"m": 1}')
    code, text = run("chain", "--payload", f"@{payload}", "--trigger", "start")
    assert code == 1
    assert "failed at a (expression_error)" in text


def test_what_does_not_end_is_three(chain: Any) -> None:
    code, text = run("chain", "--payload", '{"n": 1}', "--timeout", "0.05", worker=False)
    assert code == 3
    assert "still pending" in text


def test_a_cancelled_one_is_three(users: Any) -> None:
    nodes = [harness.node("start", "trigger_manual"), harness.node("ask", "human_confirmation", prompt="Well?")]
    harness.store(users.ben, "asks", nodes, [("start", "ask")])

    def cancel() -> None:
        try:
            while not WorkflowExecution.objects.filter(status="interrupted").exists():
                threading.Event().wait(0.02)
            actions.cancel(WorkflowExecution.objects.get())
        finally:
            connection.close()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    code, text = run("asks")
    canceller.join(20)
    assert code == 3
    assert "Well?" in text
    assert "/respond/" in text
    assert "cancelled" in text


def test_ctrl_c_cancels(chain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("apps.executions.watching.Watcher.watch", interrupted)
    code, text = run("chain", "--payload", '{"n": 1}', worker=False)
    assert (code, WorkflowExecution.objects.get().status) == (3, "cancelled")
    assert "cancelled" in text


@pytest.mark.parametrize(
    "args",
    [
        ["nowhere"],
        ["chain", "--payload", "{oops"],
        ["chain", "--payload", "[1]"],
        ["chain", "--payload", "@/no/such/file"],
        ["chain", "--trigger", "zzz"],
        ["chain", "--version", "99"],
        ["chain", "--user", "nobody"],
    ],
)
def test_wrong_usage_is_two(chain: Any, args: list[str]) -> None:
    with pytest.raises(CommandError) as error:
        call_command("run_workflow", *args)
    assert error.value.returncode == 2
    assert not WorkflowExecution.objects.exists()


def test_detached(chain: Any) -> None:
    out = io.StringIO()
    call_command("run_workflow", "chain", "--detach", stdout=out)
    assert out.getvalue().strip() == str(WorkflowExecution.objects.get().pk)


def _silence(*args: Any) -> list[Any]:
    """A stream on which nothing comes."""
    threading.Event().wait(0.01)
    return []


def test_the_journal_tells_what_events_do_not(chain: Any, redis_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.executions.waiting._look", _silence)
    code, text = run("chain", "--payload", '{"n": 3}')
    assert code == 0
    assert "success a" in text


def test_the_demo_runs(users: Any) -> None:
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    call_command("seed_demo", stdout=out)
    assert "already" in out.getvalue()
    workflow = Workflow.objects.get(slug="demo")
    assert workflow.owner == users.ada
    code, text = run("demo", "--text", "What is 6 * 7?")
    assert code == 0, text
    assert "42" in text
    rows = {row.node_id: row.status for row in WorkflowExecution.objects.get().logs.filter(final=True)}
    assert (rows["numbers"], rows["words"], rows["joined"]) == ("success", "skipped", "success")


def test_the_demo_does_without_a_sandbox(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "unavailable_reason", lambda: "none here")
    call_command("seed_demo", stdout=io.StringIO())
    code, text = run("demo", "--text", "good morning")
    assert code == 0, text
    assert "good morning" in text


def test_the_demo_needs_an_admin(db: None) -> None:
    with pytest.raises(CommandError, match="create_admin"):
        call_command("seed_demo")
