"""Questions to people: who is asked where, how they answer, who wins; quorum and delegation."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts import telegram as people
from apps.accounts.models import AuditEntry, UserProfile
from apps.executions import access
from apps.executions.models import Delivery, PendingTask, TaskAnswer, WorkflowExecution
from apps.workflows.models import WorkflowCollaborator
from pipelit import events
from tests.delivery.asking import asking, on_telegram, outcome
from tests.delivery.polling import poll
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/tasks/"


def test_by_button_on_telegram(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    _, question = telegram.sent[-1]
    keys = [key["callback_data"] for key in question["reply_markup"]["inline_keyboard"][0]]
    assert (question["text"], keys) == ("Ship it?", [f"task:{task.pk}:confirmed", f"task:{task.pk}:cancelled"])
    telegram.press(keys[0])
    poll(bot)
    assert outcome()["confirmed"] is True
    assert ("answerCallbackQuery", "Thank you: confirmed.") in [(m, p.get("text")) for m, p in telegram.sent]
    vote = TaskAnswer.objects.get()
    assert (vote.actor, vote.via) == ("telegram:42", "telegram")
    telegram.press(keys[1])  # too late
    poll(bot)
    assert "was answered by telegram:42" in telegram.sent[-1][1]["text"]
    assert AuditEntry.objects.filter(action="task.refused").count() == 1
    deliver()
    assert telegram.texts("editMessageText") == ["Ship it?\n\nconfirmed by telegram:42"]


@pytest.mark.parametrize(
    ("text", "confirmed"),
    [("/confirm_{id} with care", True), ("/cancel_{id}", False), ("yes!", True), ("not yet", False)],
)
def test_by_command_or_in_words(users: Any, bot: int, telegram: Any, deliver: Any, text: str, confirmed: bool) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    telegram.said(text.format(id=task.pk))
    poll(bot)
    found = outcome()
    assert found["confirmed"] is confirmed
    if "care" in text:
        assert found["user_response"] == "with care"
    assert WorkflowExecution.objects.count() == 1  # the words started nothing


def test_pending(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    telegram.said("/pending")
    telegram.said("/pending", chat=77, sender=77)
    poll(bot)
    mine, others = telegram.texts()[-2:]
    assert "Ship it?" in mine
    assert f"/confirm_{task.pk}" in mine
    assert others == "Nothing waits for you."


def test_strangers_answer_nothing(users: Any, bot: int, telegram: Any, deliver: Any) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    telegram.said(f"/confirm_{task.pk}", chat=77, sender=77)
    telegram.press(f"task:{task.pk}:confirmed", chat=77, sender=77)
    poll(bot)
    task.refresh_from_db()
    assert task.status == "pending"
    assert "not yours to answer" in telegram.texts()[-1]


def test_the_first_answer_wins_whatever_the_way(users: Any, bot: int, telegram: Any, deliver: Any, api: Any) -> None:
    task = on_telegram(users, bot, telegram, deliver)
    assert api(users.ben).post(f"{URL}{task.pk}/respond/", {"decision": "cancelled"}).status_code == 200
    telegram.press(f"task:{task.pk}:confirmed")
    poll(bot)
    assert "answered by ben" in telegram.sent[-1][1]["text"]
    assert outcome()["confirmed"] is False


def test_a_linked_person_is_asked_and_known(users: Any, bot: int, telegram: Any, deliver: Any, api: Any) -> None:
    code = api(users.eve).post("/api/v1/auth/me/telegram/").json()["code"]
    telegram.said(f"/link {code}", sender=500, chat=500)
    telegram.said(f"/link {code}", sender=501, chat=501)
    poll(bot)
    assert telegram.texts()[0].startswith("You are eve now")
    assert "used already" in telegram.texts()[1]
    asking(users.ben, "elsewhere", assignees=["eve"], telegram_credential_id=bot, prompt="Eve?")
    harness.run(PendingTask._meta.apps.get_model("workflows", "WorkflowVersion").objects.get())
    deliver()
    assert telegram.sent[-1][1]["chat_id"] == 500
    task = PendingTask.objects.get()
    telegram.said(f"/confirm_{task.pk}", sender=500, chat=500)
    poll(bot)
    assert TaskAnswer.objects.get().user == users.eve
    assert api(users.eve).delete("/api/v1/auth/me/telegram/").status_code == 204
    users.eve.refresh_from_db()
    assert users.eve.telegram_user_id is None
    with pytest.raises(Exception, match="not valid"):
        people.link("nonsense", 1)


def test_assignees_by_role_and_mail(users: Any, bot: int, mailbox: Any, deliver: Any) -> None:
    for person in (users.ada, users.eve):
        person.email = f"{person.username}@example.org"
        person.save()
    assignees = ["role:admin", "eve", "email:boss@example.org", "ben", "nobody", "telegram:--5"]
    harness.run(asking(users.ben, assignees=assignees, prompt="Pay 10 EUR?", telegram_credential_id=bot))
    deliver()
    to = sorted(str(message["To"]) for message in mailbox.messages)
    assert to == ["ada@example.org", "boss@example.org", "eve@example.org"]
    (message,) = [one for one in mailbox.messages if one["To"] == "boss@example.org"]
    text = message.get_payload(decode=True).decode()
    assert "Pay 10 EUR?" in text
    assert "/answer/" in text
    assert message["Subject"] == "asks: a question"


def test_mail_troubles(users: Any, mailbox: Any, deliver: Any, later: Any, settings: Any) -> None:
    harness.run(asking(users.ben, assignees=["email:boss@example.org"]))
    mailbox.refuse = ["451 Busy, come back later", "550 No such person"]
    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.error_code) == ("pending", "mail_error")
    later()
    deliver()
    row.refresh_from_db()
    assert (row.status, "550" in row.error) == ("failed", True)
    settings.EMAIL_HOST = ""
    Delivery.objects.update(status="pending")
    later()
    deliver()
    row.refresh_from_db()
    assert row.error_code == "mail_unconfigured"


def test_a_quorum(users: Any, api: Any) -> None:
    harness.run(asking(users.ben, assignees=["ada", "ben", "eve"], quorum=2))
    task = PendingTask.objects.get()
    url = f"{URL}{task.pk}/respond/"
    first = api(users.eve).post(url, {"decision": "confirmed", "comment": "fine"})
    assert (first.status_code, first.json()["status"], len(first.json()["answers"])) == (200, "pending", 1)
    again = api(users.eve).post(url, {"decision": "confirmed"})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert "1 more" in again.json()["detail"]
    last = api(users.ben).post(url, {"decision": "confirmed", "comment": "ok"})
    assert (last.status_code, last.json()["status"]) == (200, "answered")
    assert outcome() == {"confirmed": True, "user_response": "eve: fine\nben: ok", "data": {}}


def test_one_who_cancels_is_enough(users: Any, api: Any) -> None:
    harness.run(asking(users.ben, assignees=["ada", "ben", "eve"], quorum=3))
    url = f"{URL}{PendingTask.objects.get().pk}/respond/"
    api(users.eve).post(url, {"decision": "confirmed"})
    assert api(users.ben).post(url, {"decision": "cancelled", "comment": "no"}).json()["status"] == "answered"
    assert outcome()["confirmed"] is False


def test_delegation(users: Any, api: Any, mailbox: Any, deliver: Any) -> None:
    users.eve.email = "eve@example.org"
    users.eve.save()
    harness.run(asking(users.ben, assignees=["ben"]))
    task = PendingTask.objects.get()
    url = f"{URL}{task.pk}/delegate/"
    assert api(users.eve).post(url, {"to": "eve"}).status_code == 404
    assert api(users.ben).post(url, {"to": "nobody"}).status_code == 422
    handed = api(users.ben).post(url, {"to": "eve", "comment": "on leave"})
    assert (handed.status_code, handed.json()["assignees"]) == (200, ["eve"])
    deliver()
    assert [str(one["To"]) for one in mailbox.messages] == ["eve@example.org"]
    assert api(users.ben).post(f"{URL}{task.pk}/respond/", {"decision": "confirmed"}).status_code == 404
    assert api(users.eve).post(f"{URL}{task.pk}/respond/", {"decision": "confirmed"}).status_code == 200
    assert AuditEntry.objects.filter(action="task.delegated", actor="ben").exists()
    refused = AuditEntry.objects.filter(action="task.refused").order_by("pk")
    assert [(one.actor, one.data["reason"]) for one in refused] == [("eve", "not_theirs"), ("ben", "not_theirs")]


def test_agents_decide_nothing(users: Any, api: Any) -> None:
    harness.run(asking(users.ben, assignees=["eve"]))
    users.eve.is_agent = True
    users.eve.save()
    url = f"{URL}{PendingTask.objects.get().pk}/"
    assert api(users.eve).post(f"{url}respond/", {"decision": "confirmed"}).status_code in (403, 404)
    assert api(users.ben).get(url).json()["status"] == "pending"


def test_tasks_are_told_live(users: Any, api: Any) -> None:
    execution = harness.run(asking(users.ben, assignees=["eve"]))
    task = PendingTask.objects.get()
    api(users.eve).post(f"{URL}{task.pk}/respond/", {"decision": "confirmed"})
    for channel in (f"user:{users.eve.pk}", f"execution:{execution.pk}", "workflow:asks"):
        told = [one["data"] for one in events.read(channel, None) if one["type"] == "task_updated"]
        assert [(one["id"], one["status"]) for one in told] == [(task.pk, "pending"), (task.pk, "answered")], channel


def test_a_question_to_nobody_in_particular_is_told_to_who_may_answer(users: Any, api: Any) -> None:
    def told(person: Any) -> list[str]:
        return [
            one["data"]["status"] for one in events.read(f"user:{person.pk}", None) if one["type"] == "task_updated"
        ]

    version = asking(users.ben)
    editor, viewer = WorkflowCollaborator.Role.EDITOR, WorkflowCollaborator.Role.VIEWER
    WorkflowCollaborator.objects.create(workflow=version.workflow, user=users.eve, role=editor)
    stranger = UserProfile.objects.create(username="someone")
    viewing = UserProfile.objects.create(username="looker")
    WorkflowCollaborator.objects.create(workflow=version.workflow, user=viewing, role=viewer)
    harness.run(version)
    task = PendingTask.objects.get()
    assert all(task in access.answerable(one) for one in (users.ben, users.eve))
    assert told(users.ben) == told(users.eve) == ["pending"]
    assert told(viewing) == told(stranger) == []
    api(users.ben).post(f"{URL}{task.pk}/delegate/", {"to": "someone"})
    assert told(stranger) == ["pending"]
    assert told(users.eve) == ["pending", "pending"], "it is no longer theirs"


def link_in(message: Any) -> str:
    """The path of the link in a mail."""
    text = message.get_payload(decode=True).decode()
    return "/answer/" + text.partition("/answer/")[2].split()[0]


def test_by_a_link_in_a_mail(users: Any, api: Any, mailbox: Any, deliver: Any) -> None:
    schema = {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "integer", "title": "How much"}}}
    harness.run(asking(users.ben, assignees=["email:boss@example.org"], prompt="Pay <b>10</b>?", schema=schema))
    deliver()
    path, nobody = link_in(mailbox.messages[0]), api(None)
    page = nobody.get(path)
    assert page.status_code == 200
    assert "Pay &lt;b&gt;10&lt;/b&gt;?" in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert PendingTask.objects.get().status == "pending"  # looking changes nothing
    for given, says in (({}, "press one of the two"), ({"_decision": "confirmed"}, "This field is required")):
        refused = nobody.post(path, given, format="multipart")
        assert refused.status_code in (400, 422)
        assert says in refused.content.decode()
    kept = nobody.post(path, {"_decision": "confirmed", "_comment": "what I <wrote>"}, format="multipart")
    assert "what I &lt;wrote&gt;</textarea>" in kept.content.decode()
    done = nobody.post(path, {"_decision": "confirmed", "sum": "7", "_comment": "fine"}, format="multipart")
    assert (done.status_code, "has arrived" in done.content.decode()) == (200, True)
    assert outcome() == {"confirmed": True, "user_response": "fine", "data": {"sum": 7}}
    for again in (nobody.get(path), nobody.post(path, {"_decision": "cancelled"}, format="multipart")):
        assert again.status_code == 409
        assert "answered by email:boss@example.org" in again.content.decode()
    assert TaskAnswer.objects.get().via == "link"


def test_a_link_that_is_none(users: Any, api: Any, mailbox: Any, deliver: Any) -> None:
    harness.run(asking(users.ben, assignees=["email:boss@example.org"]))
    deliver()
    path = link_in(mailbox.messages[0])
    for bad in (f"{path[:-3]}x/", "/answer/nonsense/", f"{path[:9]}x{path[9:]}"):
        for verb in (api(None).get, api(None).post):
            assert verb(bad).status_code == 404
    assert api(None).delete(path).status_code == 405


def test_a_link_for_a_person_is_that_person(users: Any, api: Any, mailbox: Any, deliver: Any) -> None:
    users.eve.email = "eve@example.org"
    users.eve.save()
    harness.run(asking(users.ben, assignees=["eve"], quorum=2))
    deliver()
    path = link_in(mailbox.messages[0])
    first = api(None).post(path, {"_decision": "confirmed"}, format="multipart")
    assert "Others must confirm" in first.content.decode()
    again = api(None).post(path, {"_decision": "confirmed"}, format="multipart")
    assert (again.status_code, "You have answered" in again.content.decode()) == (409, True)
    assert TaskAnswer.objects.get().user == users.eve


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_a_question_that_nobody_answered_is_withdrawn(
    users: Any, bot: int, telegram: Any, deliver: Any, api: Any, how: str
) -> None:
    task = on_telegram(users, bot, telegram, deliver, expires_in=3600)
    if how == "expired":
        PendingTask.objects.update(until=task.created_at)
        harness.work()
    else:
        api(users.ben).post(f"/api/v1/executions/{task.execution_id}/cancel/")
    deliver()
    (edited,) = telegram.texts("editMessageText")
    assert ("in time" if how == "expired" else "No longer asked") in edited
    told = [one["data"]["status"] for one in events.read("workflow:asks", None) if one["type"] == "task_updated"]
    assert told == ["pending", "expired" if how == "expired" else "closed"]
