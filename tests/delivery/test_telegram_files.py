"""The files of messages to a bot: when they are fetched, and what becomes of those that cannot be."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from apps.credentials import actions as credentials
from apps.executions.models import WorkflowExecution
from apps.executions.telegram import files
from tests.delivery.polling import OWNER, answering, known, poll, poll_as
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = (502, {"ok": False, "description": "Bad Gateway"})


def test_files_come_with_the_message(users: Any, bot: int, telegram: Any) -> None:
    telegram.files = {"big": b"large photo", "doc": b"a,b\n1,2\n"}
    answering(users.ben, bot, harness.node("seen", "transform", template="{{ trigger.files }}"))
    telegram.said("", caption="look", photo=[{"file_id": "small", "file_size": 3}, {"file_id": "big", "file_size": 11}])
    telegram.said("", document={"file_id": "doc", "file_name": "t.csv", "mime_type": "text/csv", "file_size": 8})
    telegram.said("", document={"file_id": "huge", "file_name": "huge.bin", "file_size": 10**9})
    poll(bot)
    photo, sheet, huge = (one.final_output[0] for one in WorkflowExecution.objects.order_by("created_at"))
    assert base64.b64decode(photo["data"]) == b"large photo"
    assert (sheet["name"], sheet["mime_type"], base64.b64decode(sheet["data"])) == ("t.csv", "text/csv", b"a,b\n1,2\n")
    assert (huge["size"], huge["data"]) == (10**9, None)


@pytest.mark.parametrize(
    ("answers", "data", "reason"),
    [
        ([BROKEN], base64.b64encode(b"x").decode(), ""),
        ([BROKEN] * files.TRIES, None, "Bad Gateway"),
        ([(400, {"ok": False, "description": "file is too big"})], None, "file is too big"),
        ([(429, {"ok": False, "description": "wait", "parameters": {"retry_after": 10**30}})], None, "wait"),
        ([(200, {"ok": True, "result": {"file_id": "doc"}})], None, "larger"),
    ],
)
def test_a_file_that_cannot_be_fetched_loses_no_message(
    users: Any, bot: int, telegram: Any, monkeypatch: Any, answers: list[Any], data: str | None, reason: str
) -> None:
    monkeypatch.setattr(files, "PAUSE_SECONDS", 0.0)
    telegram.files = {"doc": b"x"}
    answering(users.ben, bot, harness.node("seen", "transform", template="{{ trigger.files }}"))
    telegram.said("", document={"file_id": "doc", "file_name": "t", "file_size": 1})
    telegram.said("and so do others")
    telegram.refuse = list(answers)
    assert poll(bot) == 2
    first, second = (one.final_output for one in WorkflowExecution.objects.order_by("created_at"))
    assert (first[0]["data"], reason in first[0]["reason"], second) == (data, True, [])


def test_nobody_waits_for_the_files_of_others(users: Any, bot: int, telegram: Any) -> None:
    """The message is stored, and Telegram told so, before anything is fetched; once that is done it is kept."""
    telegram.files = {"doc": b"x"}
    answering(users.ben, bot)
    known(bot)
    telegram.said("", document={"file_id": "doc", "file_name": "t", "file_size": 1})
    assert poll_as(bot, OWNER) == 1
    assert (WorkflowExecution.objects.get().status, telegram.sent) == ("pending", [])
    harness.work()
    execution = WorkflowExecution.objects.get()
    assert (execution.status, execution.trigger_payload["files"][0]["size"]) == ("completed", 1)
    files.fetch(execution)  # as another worker would that goes on with it
    assert [method for method, _ in telegram.sent] == ["getFile"]


def test_the_files_of_a_bot_that_is_gone(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot, harness.node("seen", "transform", template="{{ trigger.files }}"))
    known(bot)
    telegram.said("", document={"file_id": "doc", "file_name": "t", "file_size": 1})
    poll_as(bot, OWNER)
    credentials.delete(users.ada, [bot], force=True)
    harness.work()
    (file,) = WorkflowExecution.objects.get().final_output
    assert (file["data"], len(file["reason"]) > 10) == (None, True)
