"""Who may answer what is asked on Telegram, and as whom: chats, linked people, those whom the bot does not know."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from apps.accounts import telegram as people
from apps.accounts.models import AuditEntry
from apps.credentials import actions as credentials
from apps.executions.models import PendingTask, TaskAnswer, TelegramBot, WorkflowExecution
from apps.executions.telegram import updates
from tests.delivery.asking import asking, on_telegram, outcome
from tests.delivery.polling import answering, poll
from tests.doubles import telegram as double
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"type": "object", "properties": {"sum": {"type": "integer"}}}
BROKEN = (502, {"ok": False, "description": "Bad Gateway"})


def linked(person: Any, telegram_id: int) -> None:
    people.link(people.code_for(person), telegram_id)


def link_in(telegram: Any) -> str:
    """The path of the page on which the last question is answered."""
    *_, question = (params for _, params in telegram.sent if "reply_markup" in params)
    return urllib.parse.urlsplit(question["reply_markup"]["inline_keyboard"][0][0]["url"]).path


@pytest.mark.parametrize("other", [4, 421])
def test_a_chat_whose_number_begins_alike_is_another(
    users: Any, bot: int, telegram: Any, deliver: Any, other: int
) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    telegram.said("/pending", chat=other, sender=other)
    telegram.press(f"task:{task.pk}:confirmed", chat=other, sender=other)
    telegram.said("yes", chat=other, sender=other)
    poll(bot)
    assert telegram.texts() == ["Ship it?", "Nothing waits for you."]
    assert PendingTask.objects.get(pk=task.pk).status == "pending"
    assert WorkflowExecution.objects.count() == 2  # "yes" was a message like any other


def test_an_answer_that_comes_again_starts_nothing(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    """What thanks for it fails, and the process dies before it has noted the update."""
    on_telegram(users, bot, telegram, deliver)
    telegram.said("yes")
    telegram.refuse = [BROKEN]
    assert poll(bot) == 1
    assert outcome()["confirmed"] is True
    TelegramBot.objects.update(offset=0)
    poll(bot)
    assert WorkflowExecution.objects.count() == 1
    assert not AuditEntry.objects.filter(action="task.refused").exists()


@pytest.mark.parametrize("text", ["/pending", "/start", "/link nonsense"])
def test_a_command_whose_answer_fails_holds_nothing_up(bot: int, telegram: Any, text: str) -> None:
    telegram.said(text)
    telegram.refuse = [BROKEN]
    assert poll(bot) == 1


def test_one_person_counts_once_whatever_the_way(users: Any, bot: int, telegram: Any, deliver: Any, api: Any) -> None:
    """By the link that was sent to the linked account, then signed in."""
    linked(users.eve, 500)
    harness.run(asking(users.ben, assignees=["eve", "ben"], quorum=2, schema=FORM, telegram_credential_id=bot))
    deliver()
    page = api(None).post(link_in(telegram), {"_decision": "confirmed"}, format="multipart")
    assert "Others must confirm" in page.content.decode()
    vote = TaskAnswer.objects.get()
    assert (vote.actor, vote.user, vote.via) == ("eve", users.eve, "link")
    assert AuditEntry.objects.get(action="task.answered").actor == "eve"
    url = f"/api/v1/tasks/{vote.task_id}/respond/"
    again = api(users.eve).post(url, {"decision": "confirmed"})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert api(users.ben).post(url, {"decision": "confirmed"}).json()["status"] == "answered"


def test_who_links_an_account_after_it_has_answered_counts_once(
    users: Any, bot: int, telegram: Any, deliver: Any, api: Any
) -> None:
    task = on_telegram(users, bot, telegram, deliver, quorum=2)
    telegram.press(f"task:{task.pk}:confirmed")
    poll(bot)
    assert TaskAnswer.objects.get().actor == "telegram:42"
    linked(users.ben, 42)
    again = api(users.ben).post(f"/api/v1/tasks/{task.pk}/respond/", {"decision": "confirmed"})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")


def test_the_linked_account_of_an_agent_decides_nothing(
    users: Any, bot: int, telegram: Any, deliver: Any, api: Any
) -> None:
    linked(users.eve, 500)
    users.eve.refresh_from_db()
    users.eve.is_agent = True
    users.eve.save()
    on_telegram(users, bot, telegram, deliver, chat=500, sender=500, schema=FORM)
    page = api(None).post(link_in(telegram), {"_decision": "confirmed"}, format="multipart")
    assert page.status_code == 403
    assert AuditEntry.objects.get(action="task.refused").actor == "eve"


@pytest.mark.parametrize("way", ["task:{id}:confirmed", "/confirm_{id}"])
def test_an_assignee_whom_the_bot_does_not_answer_may_answer(
    users: Any, bot: int, telegram: Any, deliver: Any, way: str
) -> None:
    credentials.update(users.ada, bot, detail={"allowed_user_ids": [1]})
    harness.run(asking(users.ben, assignees=["telegram:42"], telegram_credential_id=bot))
    deliver()
    text = way.format(id=PendingTask.objects.get().pk)
    telegram.press(text) if text.startswith("task") else telegram.said(text)
    telegram.said("and what now?")
    poll(bot)
    assert outcome()["confirmed"] is True
    assert WorkflowExecution.objects.count() == 1
    assert AuditEntry.objects.get(action="telegram.refused").data["who"] == "telegram:42"  # the question behind it


def test_strangers_are_told_that_a_button_is_not_theirs(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    """In a group, where everybody sees the question of the one who began the run."""
    credentials.update(users.ada, bot, detail={"allowed_user_ids": [1]})
    task = on_telegram(users, bot, telegram, deliver, chat=-100, sender=1)
    telegram.press(f"task:{task.pk}:confirmed", chat=-100, sender=77)
    telegram.said("yes", chat=-100, sender=77)
    poll(bot)
    assert ("answerCallbackQuery", updates.NOT_ALLOWED) in [
        (name, params.get("text")) for name, params in telegram.sent
    ]
    assert PendingTask.objects.get().status == "pending"
    entry = AuditEntry.objects.get(action="telegram.refused")  # one a minute
    assert (entry.object, entry.data["who"]) == (f"credential:{bot}", "telegram:77")
    telegram.press(f"task:{task.pk}:confirmed", chat=-100, sender=1)
    poll(bot)
    assert PendingTask.objects.get().status == "answered"


def test_a_question_of_one_bot_is_not_answered_at_another(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    """A private chat has the same number with each bot, and its messages may have the same."""
    task = on_telegram(users, bot, telegram, deliver)
    with double.running() as second:
        detail = {"bot_token": double.TOKEN, "api_url": second.url}
        other = int(credentials.create(users.ada, "other", "telegram", detail).pk)
        answering(users.ben, other)
        second.said("weather")
        (asked,) = task.deliveries.get().receipt["message_ids"]
        second.said("no", reply_to_message={"message_id": asked})
        second.said("/pending")
        second.press(f"task:{task.pk}:confirmed")
        poll(other)
        deliver()
        assert sorted(second.texts()) == ["Nothing waits for you.", "You said: no", "You said: weather"]
    assert PendingTask.objects.get(pk=task.pk).status == "pending"


def test_a_command_for_a_workflow_answers_nothing(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    telegram.said("/report june")
    poll(bot)
    assert PendingTask.objects.get(pk=task.pk).status == "pending"
    assert WorkflowExecution.objects.count() == 2


def test_words_answer_no_question_that_is_one_of_several(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    on_telegram(users, bot, telegram, deliver)
    telegram.said("/go on")  # a command starts another run
    poll(bot)
    deliver()
    telegram.said("no")
    poll(bot)
    assert list(PendingTask.objects.values_list("status", flat=True)) == ["pending"] * 3, "it was a message"


def test_a_question_that_was_handed_on_leaves_its_chat_free(
    users: Any, bot: int, telegram: Any, deliver: Any, api: Any
) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    assert api(users.ben).post(f"/api/v1/tasks/{task.pk}/delegate/", {"to": "eve"}).status_code == 200
    telegram.said("and now?")
    poll(bot)
    assert WorkflowExecution.objects.count() == 2, "the message started another"
    assert "not yours" not in " ".join(telegram.texts())
