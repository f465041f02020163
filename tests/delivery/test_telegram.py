"""Telegram, against a server that speaks the Bot API: what is taken, what is answered, how updates arrive."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.credentials import actions as credentials
from apps.executions.delivery.telegram import LONGEST, parts, typing
from apps.executions.models import Conversation, Delivery, TelegramBot, TriggerEvent, WorkflowExecution
from apps.executions.telegram import bots, poller
from pipelit.errors import PipelitError
from tests.delivery.polling import OWNER, answering, poll
from tests.doubles.telegram import TOKEN
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_answered(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    answering(users.ben, bot)
    said = telegram.said("hello", chat=7)
    assert poll(bot) == 1
    execution = WorkflowExecution.objects.get()
    assert (execution.trigger_type, execution.user, execution.status) == ("trigger_telegram", users.ben, "completed")
    assert execution.trigger_payload["chat_id"] == 7
    assert execution.conversation.channel == "telegram"
    assert deliver() == 1
    ((method, params),) = telegram.sent
    assert (method, params["chat_id"], params["text"]) == ("sendMessage", 7, "You said: hello")
    assert params["reply_parameters"]["message_id"] == said["message"]["message_id"]
    assert poll(bot) == 0  # it is confirmed to Telegram
    assert TelegramBot.objects.get().offset == said["update_id"] + 1


def test_the_same_update_again_starts_nothing(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot)
    telegram.said("once")
    poll(bot)
    TelegramBot.objects.update(offset=0)  # as after a crash between the start and the note of it
    poll(bot)
    assert WorkflowExecution.objects.count() == 1
    assert TriggerEvent.objects.get().source.startswith(f"telegram:{bot}:")


def test_which_workflow_takes_a_message(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot, slug="all")
    answering(users.ben, bot, slug="report", command="/report", priority=10)
    answering(users.ben, bot, slug="orders", pattern=r"^order \d+", priority=5)
    answering(users.ben, bot, slug="vip", allowed_user_ids=[99], priority=20)
    for text, more in (("hi", {}), ("/report june", {}), ("order 12", {}), ("/report may", {"sender": 99})):
        telegram.said(text, **more)
    poll(bot)
    found = WorkflowExecution.objects.order_by("created_at")
    assert [(one.workflow.slug, one.trigger_payload["text"]) for one in found] == [
        ("all", "hi"), ("report", "june"), ("orders", "order 12"), ("vip", "may"),
    ]  # fmt: skip


def test_only_those_who_may(users: Any, bot: int, telegram: Any, api: Any) -> None:
    answering(users.ben, bot)
    credentials.update(users.ada, bot, detail={"allowed_user_ids": [1]})
    telegram.said("let me in", sender=2)
    telegram.said("from a bot", **{"from": {"id": 1, "is_bot": True}})
    telegram.said("hello", sender=1)
    assert poll(bot) == 3
    assert WorkflowExecution.objects.get().trigger_payload["text"] == "hello"


def test_commands_to_other_bots(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot)
    bots.register(bot)
    telegram.said("/report@another_bot june")
    telegram.said("/pending@another_bot")
    telegram.said("/report@Pipelit_Test_Bot may")
    assert poll(bot) == 3
    assert WorkflowExecution.objects.get().trigger_payload["text"] == "may"
    assert telegram.texts() == []


def test_a_chat_is_one_conversation(users: Any, bot: int, telegram: Any) -> None:
    answering(users.ben, bot)
    telegram.said("one", chat=5)
    telegram.said("two", chat=5)
    telegram.said("three", chat=6)
    poll(bot)
    assert sorted(one.executions.count() for one in Conversation.objects.all()) == [1, 2]


def test_long_markdown_becomes_several_messages(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    text = "**bold** _and_ [a link](https://example.org) <b>not html</b> * lone _ marks " + "word 🙂 " * 1500
    answering(users.ben, bot, harness.node("say", "reply", text=text))
    telegram.said("go")
    poll(bot)
    deliver()
    sent = [params for method, params in telegram.sent if method == "sendMessage"]
    assert len(sent) == 3
    assert all(len(one["text"].encode("utf-16-le")) // 2 <= LONGEST for one in sent)
    assert {entity["type"] for entity in sent[0]["entities"]} >= {"bold", "italic", "text_link"}
    assert "<b>not html</b>" in sent[0]["text"]
    assert "".join(one["text"] for one in sent).count("🙂") == 1500
    assert [("reply_parameters" in one) for one in sent] == [True, False, False]
    assert Delivery.objects.count() == 1  # the reply was the answer: the result is not said again


def test_a_long_reply_goes_on_where_it_broke_off(users: Any, bot: int, telegram: Any, deliver: Any, later: Any) -> None:
    answering(users.ben, bot, harness.node("say", "reply", text="word " * 1500))
    telegram.said("go")
    poll(bot)
    flood = (429, {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 9}})
    row = Delivery.objects.get()
    telegram.call("sendMessage", {})  # so that the first part is not number one of the server
    telegram.sent.clear()
    original, calls = telegram.call, []

    def second_is_refused(method: str, params: dict[str, Any]) -> Any:
        calls.append(method)
        return flood if len(calls) == 2 else original(method, params)

    telegram.call = second_is_refused
    deliver()
    row.refresh_from_db()
    assert (row.status, row.error_code, len(row.receipt["message_ids"])) == ("pending", "rate_limited", 1)
    assert (row.due_at - timezone.now()).total_seconds() > 7
    later()
    deliver()
    row.refresh_from_db()
    assert (row.status, len(row.receipt["message_ids"])) == ("sent", 2)
    assert "".join(telegram.texts()).count("word") == 1500


def test_whoever_blocked_the_bot_is_not_asked_again(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    answering(users.ben, bot)
    telegram.said("hi")
    poll(bot)
    telegram.refuse = [(403, {"ok": False, "description": "Forbidden: bot was blocked by the user"})]
    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.error_code) == ("failed", "telegram_error")
    assert "blocked" in row.error


def test_an_empty_text_can_be_sent() -> None:
    assert parts("")[0]["text"]


def test_the_bot_types_while_a_run_is_on(bot: int, telegram: Any) -> None:
    seen = threading.Event()
    original = telegram.call

    def call(method: str, params: dict[str, Any]) -> Any:
        if method == "sendChatAction":
            seen.set()
        return original(method, params)

    telegram.call = call
    with typing({"channel": "telegram", "credential_id": bot, "chat_id": 3}):
        assert seen.wait(10)
    with typing(None):
        pass


@pytest.mark.parametrize(
    ("method", "body", "right", "status", "reason"),
    [
        ("POST", "{}", False, 404, "secret token"),
        ("GET", "", True, 405, "POST only"),
        ("POST", "nonsense", True, 400, "not valid JSON"),
    ],
)
def test_refusals_of_the_webhook_are_audited(
    users: Any, bot: int, api: Any, method: str, body: str, right: bool, status: int, reason: str
) -> None:
    credentials.update(users.ada, bot, detail={"updates": "webhook"})
    given = {"X-Telegram-Bot-Api-Secret-Token": bots.secret_of(bot, TOKEN) if right else "wrong"}
    for _ in range(2):
        answer = api(None).generic(method, f"/telegram/{bot}/", body, "application/json", headers=given)
        assert (answer.status_code, len(answer.json()["detail"]) > 10) == (status, True)
    entry = AuditEntry.objects.get(action="telegram.refused")  # one a minute
    assert (entry.object, reason in entry.data["reason"]) == (f"credential:{bot}", True)


def test_updates_by_webhook(users: Any, bot: int, telegram: Any, api: Any, settings: Any, deliver: Any) -> None:
    answering(users.ben, bot)
    url = f"/telegram/{bot}/"
    update = telegram.said("by webhook")
    assert api(None).post(url, update).status_code == 404  # it is polled
    credentials.update(users.ada, bot, detail={"updates": "webhook"})
    with pytest.raises(PipelitError, match="https"):
        bots.register(bot)
    assert "https" in TelegramBot.objects.get().error
    settings.PUBLIC_URL = "https://pipelit.example.org"
    bots.register(bot)
    assert telegram.webhook["url"] == f"https://pipelit.example.org{url}"
    secret = telegram.webhook["secret_token"]
    bots.register(bot)  # nothing has changed: nothing is called
    assert [method for method, _ in telegram.sent] == ["setWebhook", "getMe"]
    assert api(None).post(url, update).status_code == 404
    assert api(None).post(url, update, headers={"X-Telegram-Bot-Api-Secret-Token": "wrong"}).status_code == 404
    given = {"X-Telegram-Bot-Api-Secret-Token": secret}
    for body in ("[]", "{}", "nonsense"):
        refused = api(None).generic("POST", url, body, "application/json", headers=given)
        assert refused.status_code == 400, body
    wrong = api(None).get(url, headers=given)
    assert (wrong.status_code, wrong["Allow"], wrong.json()["code"]) == (405, "POST", "method_not_allowed")
    for _ in range(2):  # Telegram may bring it again
        assert api(None).post(url, update, headers=given).status_code == 200
    harness.work()
    assert WorkflowExecution.objects.get().status == "completed"
    deliver()
    assert telegram.texts() == ["You said: by webhook"]


@pytest.mark.parametrize(
    "update", [{"message": {"from": {"id": 1}}}, {"message": "words"}, {"edited_message": {}}, {"callback_query": {}}]
)
def test_an_update_that_is_not_understood_holds_nothing_up(
    users: Any, bot: int, telegram: Any, update: dict[str, Any]
) -> None:
    answering(users.ben, bot)
    telegram.update(**update)
    telegram.said("after it")
    assert poll(bot) == 2
    assert WorkflowExecution.objects.get().trigger_payload["text"] == "after it"


def test_the_token_is_told_nobody(users: Any, bot: int, telegram: Any, api: Any, deliver: Any, caplog: Any) -> None:
    answering(users.ben, bot)
    telegram.said("hi")
    poll(bot)
    telegram.shutdown()
    telegram.server_close()  # nobody answers any more
    deliver()
    with pytest.raises(PipelitError) as caught:
        poller.poll_once(bot, OWNER, 0)
    client = api(users.ada)
    shown = [
        str(caught.value), caplog.text, client.get("/api/v1/deliveries/").content.decode(),
        json.dumps(client.post(f"/api/v1/credentials/{bot}/test/").json()),
        client.get(f"/api/v1/credentials/{bot}/").content.decode(),
        *(json.dumps(row.event) for row in TriggerEvent.objects.all()),
        *(json.dumps(row.trigger_payload) for row in WorkflowExecution.objects.all()),
        json.dumps(list(AuditEntry.objects.values_list("data", flat=True))),
    ]  # fmt: skip
    assert not any(TOKEN.partition(":")[2] in text for text in shown)


def test_the_credential(users: Any, bot: int, telegram: Any, api: Any) -> None:
    client = api(users.ada)
    assert client.post(f"/api/v1/credentials/{bot}/test/").json()["ok"] is True
    bad = client.post(
        "/api/v1/credentials/", {"name": "b", "credential_type": "telegram", "detail": {"bot_token": "nonsense"}}
    )
    assert (bad.status_code, list(bad.json()["fields"])) == (400, ["detail.bot_token"])
    other = {"bot_token": "999999:BBBB-another-token-000000000000", "api_url": telegram.url}
    wrong = credentials.create(users.ada, "wrong", "telegram", other)
    said = client.post(f"/api/v1/credentials/{wrong.pk}/test/").json()
    assert said["ok"] is False
    assert "token is not valid" in said["error"]
