"""Notes and groups: written by bulk operations, carried wherever the graph goes, and without weight for its content."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows import notes
from apps.workflows.models import Workflow, WorkflowVersion
from pipelit import events
from tests.drawing import WORKFLOWS, Canvas, canvas, made, with_switch

pytestmark = pytest.mark.django_db
NOTE: dict[str, Any] = {
    "id": "note-1", "kind": "note", "text": "Mind\nthe gap", "x": 1.5, "y": -20, "width": 200, "height": 120,
    "color": "blue",
}  # fmt: skip
GROUP: dict[str, Any] = {"id": "group-1", "kind": "group", "x": 0, "y": 0, "width": 900, "height": 400}


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    return with_switch(api(users.ben))


def bulk(drawn: Canvas, *operations: Any) -> Any:
    return drawn.post("bulk/", {"operations": list(operations)})


def put(note: dict[str, Any]) -> dict[str, Any]:
    return {"op": "put_note", "note": note}


def test_notes_come_change_and_go(drawn: Canvas) -> None:
    answer = made(bulk(drawn, put(NOTE), put(GROUP)))
    assert answer["results"] == [NOTE, {**GROUP, "text": "", "color": "amber"}]
    assert drawn.shown()["notes"] == answer["results"]
    made(bulk(drawn, put({**NOTE, "text": "changed"}), {"op": "delete_note", "id": "group-1"}))
    assert drawn.shown()["notes"] == [{**NOTE, "text": "changed"}]
    assert bulk(drawn, {"op": "delete_note", "id": "group-1"}).status_code == 404


def test_a_moved_note_is_no_new_revision(drawn: Canvas) -> None:
    revisions = [
        made(bulk(drawn, put(note)))["revision"]
        for note in (NOTE, {**NOTE, "x": 7}, {**NOTE, "x": 7, "text": "other"}, {**NOTE, "x": 7, "text": "other"})
    ]
    assert [one - revisions[0] for one in revisions] == [0, 0, 1, 1]


def test_a_text_that_somebody_else_has_written_is_not_overwritten(drawn: Canvas) -> None:
    made(bulk(drawn, put({**NOTE, "text": "theirs"})))
    refused = bulk(drawn, {**put({**NOTE, "text": "mine"}), "old_text": NOTE["text"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "note_changed")
    assert drawn.shown()["notes"] == [{**NOTE, "text": "theirs"}]
    made(bulk(drawn, {**put({**NOTE, "text": "mine"}), "old_text": "theirs"}))
    made(bulk(drawn, {**put({**NOTE, "text": "mine", "x": 9}), "old_text": "theirs"}))  # it is so already
    assert bulk(drawn, {**put(NOTE), "old_text": 5}).status_code == 400
    assert bulk(drawn, {"op": "delete_note", "id": NOTE["id"], "old_text": "mine"}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "poster"},
        {"id": "calc"},
        {"id": "note-" + "x" * 33},
        {"id": 7},
        {"id": "note-1\n"},
        {"text": "x" * 2001},
        {"text": 5},
        {"x": "left"},
        {"x": "nan"},
        {"y": 1e300},
        {"width": 1},
        {"height": 1e9},
        {"color": "#ff0000"},
        {"url": "https://example.com"},
    ],
)
def test_a_bad_note_is_refused(drawn: Canvas, change: dict[str, Any]) -> None:
    answer = bulk(drawn, put({**NOTE, **change}))
    assert answer.status_code == 400, answer.content
    assert drawn.shown()["notes"] == []


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "put_note"},
        {"op": "put_note", "note": [NOTE]},
        {"op": "put_note", "note": NOTE, "id": "note-1"},
        {"op": "put_note", "note": {name: NOTE[name] for name in ("id", "kind")}},
        {"op": "delete_note"},
        {"op": "delete_note", "id": 1},
        {"op": "delete_note", "id": "note-1", "note": NOTE},
    ],
)
def test_malformed_operations_are_refused(drawn: Canvas, operation: dict[str, Any]) -> None:
    assert bulk(drawn, operation).status_code == 400


def test_there_are_not_too_many(drawn: Canvas) -> None:
    many = [put({**NOTE, "id": f"note-{number}"}) for number in range(notes.MAX_NOTES)]
    made(bulk(drawn, *many))
    refused = bulk(drawn, put({**NOTE, "id": "note-x"}))
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_notes")
    made(bulk(drawn, put({**NOTE, "id": "note-3", "text": "still"})))


def test_notes_are_all_or_nothing_with_the_rest(drawn: Canvas) -> None:
    assert bulk(drawn, put(NOTE), {"op": "delete_node", "node_id": "ghost"}).status_code == 404
    assert drawn.shown()["notes"] == []


def test_a_live_event_tells(drawn: Canvas, django_capture_on_commit_callbacks: Any) -> None:
    before = len(events.read(f"workflow:{drawn.slug}", None))
    with django_capture_on_commit_callbacks(execute=True):
        made(bulk(drawn, put(NOTE), put(GROUP)))
    told = events.read(f"workflow:{drawn.slug}", None)[before:]
    assert [one["type"] for one in told] == ["workflow_updated"]
    assert [note["id"] for note in told[0]["data"]["notes"]] == ["note-1", "group-1"]
    assert told[0]["data"]["actor"] == "ben"


def test_versions_carry_notes_and_their_content_is_the_same(drawn: Canvas) -> None:
    plain = made(drawn.post("versions/publish/"))
    made(bulk(drawn, put(NOTE)))
    noted = made(drawn.post("versions/publish/"))
    assert noted["content_hash"] == plain["content_hash"]
    assert [row.snapshot.get("notes") for row in WorkflowVersion.objects.order_by("number")] == [None, [NOTE]]
    made(drawn.post("versions/restore/", {"number": plain["number"]}))
    assert drawn.shown()["notes"] == []
    assert made(drawn.post("versions/restore/", {"number": noted["number"]}))["notes"] == [NOTE]


def test_copies_and_exports_carry_notes(drawn: Canvas) -> None:
    made(bulk(drawn, put(NOTE), put(GROUP)))
    there = drawn.shown()["notes"]
    assert made(drawn.post("duplicate/"))["notes"] == there
    export = drawn.get("export/").json()
    assert export["notes"] == there
    imported = made(drawn.client.post(f"{WORKFLOWS}import/", export, format="json"))
    assert imported["notes"] == there
    del export["notes"]
    assert made(drawn.client.post(f"{WORKFLOWS}import/", export, format="json"))["notes"] == []


@pytest.mark.parametrize("bad", [[{**NOTE, "x": "left"}], [NOTE, NOTE], [{**NOTE, "text": "x" * 2001}], {"a": 1}, [1]])
def test_an_export_with_bad_notes_is_refused(drawn: Canvas, bad: Any) -> None:
    export = {**drawn.get("export/").json(), "notes": bad}
    assert drawn.client.post(f"{WORKFLOWS}import/", export, format="json").status_code == 400
    assert Workflow.objects.count() == 1


def test_what_somebody_is_to_a_workflow(api: Any, users: Any) -> None:
    made_here = canvas(api(users.ben), "mine", is_public=False)
    assert made_here.shown()["role"] == "owner"
    for role in ("viewer", "editor"):
        made_here.post("collaborators/", {"username": users.eve.username, "role": role})
        assert Canvas(api(users.eve), made_here.slug).shown()["role"] == role
    assert Canvas(api(users.ada), made_here.slug).shown()["role"] == "admin"


def test_a_viewer_writes_no_notes(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.post("collaborators/", {"username": users.eve.username, "role": "viewer"})
    assert bulk(Canvas(api(users.eve), drawn.slug), put(NOTE)).status_code == 404
