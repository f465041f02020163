"""workflows/{slug}/versions/, export, import, duplicate and collaborators."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.workflows.models import WorkflowVersion
from tests.drawing import WORKFLOWS, Canvas, canvas, made, with_switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(api: Any, users: Any) -> Canvas:
    return with_switch(api(users.ben))


def graph(drawn: Canvas) -> Any:
    """What a graph says, without what is each copy's own."""
    found = drawn.get("export/").json()
    return found["nodes"], found["edges"]


# --- versions ---


def test_publishing_makes_a_version(drawn: Canvas) -> None:
    assert drawn.get("versions/").json() == {"items": [], "total": 0}
    published = made(drawn.post("versions/publish/", {"note": "first"}))
    assert (published["number"], published["note"], published["created_by"]) == (1, "first", "ben")
    assert published["published_at"]
    assert (published["is_published"], published["is_draft"]) == (True, True)
    assert drawn.shown()["published_version"] == 1
    again = made(drawn.post("versions/publish/"))
    assert (again["number"], again["note"]) == (1, "first")


def test_an_edit_after_publishing_is_a_draft(drawn: Canvas) -> None:
    drawn.post("versions/publish/")
    drawn.patch("nodes/answer/", {"config": {"extra_config": {"text": "new"}}})
    (first,) = drawn.get("versions/").json()["items"]
    assert (first["is_published"], first["is_draft"]) == (True, False)
    second = made(drawn.post("versions/publish/"))
    assert second["number"] == 2
    listed = drawn.get("versions/").json()["items"]
    assert [(v["number"], v["is_published"]) for v in listed] == [(2, True), (1, False)]
    assert all("snapshot" not in version for version in listed)
    back = made(drawn.post("versions/publish/", {"number": 1}))
    assert (back["number"], back["is_published"], back["is_draft"]) == (1, True, False)
    detail = drawn.get("versions/1/").json()
    assert [node["node_id"] for node in detail["snapshot"]["nodes"]] == ["start", "calc", "pick", "answer"]
    assert drawn.get("versions/3/").status_code == 404
    assert drawn.post("versions/publish/", {"number": 3}).status_code == 404


@pytest.mark.parametrize(
    "body", [{"number": 0}, {"number": "one"}, {"number": None}, {"note": "x" * 201}, {"nmuber": 1}, [1]]
)
def test_malformed_publishing_is_refused(drawn: Canvas, body: Any) -> None:
    assert drawn.post("versions/publish/", body).status_code == 400
    assert not WorkflowVersion.objects.exists()


def test_restoring_brings_the_graph_back(drawn: Canvas) -> None:
    drawn.post("versions/publish/")
    before, entries = graph(drawn), [node["is_entry_point"] for node in drawn.get("nodes/").json()]
    drawn.delete("nodes/pick/")
    drawn.patch("nodes/calc/", {"node_id": "sum"})
    revision = drawn.shown()["revision"]
    answer = drawn.post("versions/restore/", {"number": 1})
    assert answer.status_code == 200, answer.content
    assert graph(drawn) == before
    assert [node["is_entry_point"] for node in drawn.get("nodes/").json()] == entries
    assert (answer.json()["revision"], answer.json()["previous_version"]) == (revision + 1, 2)
    assert drawn.get("versions/").json()["total"] == 2  # what was replaced is not lost
    assert made(drawn.post("versions/publish/"))["number"] == 1
    made(drawn.post("versions/restore/", {"number": 2}))
    assert {node["node_id"] for node in drawn.get("nodes/").json()} == {"start", "sum", "answer"}
    assert drawn.post("versions/restore/", {"number": 9}).status_code == 404
    assert drawn.post("versions/restore/", {}).status_code == 400


def test_a_diff_tells_what_changed(drawn: Canvas) -> None:
    drawn.post("versions/publish/")
    nothing = drawn.get("versions/1/diff/").json()
    assert not any(found for part in nothing.values() for found in (part.values() if isinstance(part, dict) else part))
    drawn.patch("nodes/answer/", {"config": {"extra_config": {"text": "new"}}})
    drawn.must_node("more", "set")
    drawn.must_edge("calc", "more")
    drawn.delete(f"edges/{drawn.shown()['edges'][0]['id']}/")
    shown = drawn.get("versions/1/diff/").json()
    (changed,) = shown["nodes"]["changed"]
    assert changed["fields"] == ["config"]
    ((field, after),) = ((one["field"], one["after"]) for one in changed["changes"])
    assert (field, after) == ("config.text", "new")
    text = json.dumps(shown)
    assert "more" in text
    assert "answer" in text
    made(drawn.post("versions/publish/"))
    assert json.dumps(drawn.get("versions/1/diff/?to=2").json()) == text
    assert json.dumps(drawn.get("versions/1/diff/?to=published").json()) == text
    for wanted, status in (("7", 404), ("latest", 422), ("²", 422), ("9" * 30, 422)):
        assert drawn.client.get(f"{drawn.url}versions/1/diff/", {"to": wanted}).status_code == status


def test_versions_cost_a_constant_number_of_queries(drawn: Canvas) -> None:
    made(drawn.post("versions/publish/"))
    with CaptureQueriesContext(connection) as one:
        drawn.get("versions/")
    for number in range(8):
        drawn.patch("nodes/answer/", {"label": f"v{number}"})
        made(drawn.post("versions/publish/"))
    with CaptureQueriesContext(connection) as nine:
        assert drawn.get("versions/").json()["total"] == 9
    assert len(nine) == len(one)
    assert drawn.get("versions/?limit=2&offset=1").json()["items"][0]["number"] == 8


# --- copies ---


def test_a_duplicate_is_mine_and_inactive(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.patch("", {"is_public": True, "description": "Adds.", "tags": ["x"]})
    eve = api(users.eve)
    answer = Canvas(eve, "sums").post("duplicate/")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["slug"], body["name"], body["owner"]) == ("sums-copy", "sums (copy)", "eve")
    assert (body["is_active"], body["is_public"], body["description"], body["tags"]) == (False, False, "Adds.", ["x"])
    theirs = Canvas(eve, "sums-copy")
    assert graph(theirs) == graph(drawn)
    assert [node["is_entry_point"] for node in body["nodes"]] == [True, False, False, False]
    assert made(Canvas(eve, "sums").post("duplicate/"))["slug"] == "sums-copy-2"


def test_a_long_slug_is_copied(api: Any, users: Any) -> None:
    long = canvas(api(users.ben), "long", slug="x" * 200)
    copied = made(long.post("duplicate/"))["slug"]
    assert len(copied) <= 200


def imported(client: Any, body: Any) -> Any:
    return client.post(f"{WORKFLOWS}import/", body, format="json")


def test_export_and_import_are_a_round_trip(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.must_node(
        "ask", "agent", {"system_prompt": "Be terse.", "temperature": 0.5}, interrupt_before=True, label="A"
    )
    drawn.patch("", {"tags": ["x"], "description": "Adds.", "input_schema": {"type": "object"}})
    exported = drawn.get("export/").json()
    assert exported["format"] == "pipelit/1"
    eve = api(users.eve)
    answer = imported(eve, exported)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["slug"], body["owner"], body["warnings"]) == ("sums-2", "eve", [])
    assert (body["tags"], body["description"], body["input_schema"]) == (["x"], "Adds.", {"type": "object"})
    assert [node["is_entry_point"] for node in body["nodes"]][:2] == [True, False]
    theirs = Canvas(eve, "sums-2")
    assert graph(theirs) == graph(drawn)
    again = theirs.get("export/").json()
    assert {**again, "workflow": {**again["workflow"], "slug": "sums"}} == exported


def test_an_export_names_credentials_and_an_import_tells_of_missing_ones(api: Any, users: Any, drawn: Canvas) -> None:
    drawn.must_node("model", "ai_model", {"llm_credential_id": 4711, "model_name": "m"})
    (warning,) = imported(api(users.eve), drawn.get("export/").json()).json()["warnings"]
    assert (warning["code"], warning["node_id"]) == ("missing_credential", "model")
    assert "4711" in warning["message"]


def broken(change: Any) -> Any:
    def apply(exported: dict[str, Any]) -> dict[str, Any]:
        changed = copy.deepcopy(exported)
        change(changed)
        return changed

    return apply


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.pop("workflow"),
        lambda x: x.pop("nodes"),
        lambda x: x.update(format="pipelit/9"),
        lambda x: x.update(secrets=1),
        lambda x: x.update(nodes={"a": 1}),
        lambda x: x["workflow"].update(owner="ada"),
        lambda x: x["nodes"][0].pop("node_id"),
        lambda x: x["nodes"][0].update(node_id="trigger"),
        lambda x: x["nodes"][0].update(node_id="calc"),
        lambda x: x["nodes"][0].update(component_type="teleporter"),
        lambda x: x["nodes"][0].update(colour="red"),
        lambda x: x["nodes"][0].update(version="new"),
        lambda x: x["nodes"][0].update(version=-1),
        lambda x: x["nodes"][0].update(config={"extra_config": {"no": 1}}),
        lambda x: x["nodes"][0].update(config={"priority": 10**30}),
        lambda x: x["edges"][0].update(source_node_id="ghost"),
        lambda x: x["edges"][0].update(edge_label="wire"),
        lambda x: x["edges"][0].update(target_node_id="start"),
        lambda x: x["edges"].append(x["edges"][0]),
        lambda x: x["edges"].append({"source_node_id": "pick", "target_node_id": "calc", "condition_value": "big"}),
    ],
)
def test_a_broken_export_is_refused_whole(drawn: Canvas, change: Any) -> None:
    body = broken(change)(drawn.get("export/").json())
    answer = imported(drawn.client, body)
    assert answer.status_code in (400, 409, 422), answer.content
    assert drawn.client.get(WORKFLOWS).json()["total"] == 1


# --- collaborators ---


def test_collaborators_come_change_and_go(api: Any, users: Any, drawn: Canvas) -> None:
    theirs = Canvas(api(users.eve), "sums")
    assert theirs.get().status_code == 404
    answer = drawn.post("collaborators/", {"username": "eve", "role": "viewer"})
    assert (answer.status_code, answer.json()["role"]) == (201, "viewer")
    assert theirs.get().status_code == 200
    assert theirs.patch("", {"name": "x"}).status_code == 404
    assert drawn.post("collaborators/", {"username": "eve", "role": "editor"}).json()["role"] == "editor"
    assert theirs.patch("", {"name": "x"}).status_code == 200
    assert [(c["username"], c["role"]) for c in theirs.get("collaborators/").json()] == [("eve", "editor")]
    assert drawn.delete("collaborators/eve/").status_code == 204
    assert theirs.get().status_code == 404
    assert drawn.delete("collaborators/eve/").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "ghost"}, 422),
        ({"username": "ben"}, 409),
        ({"username": "eve", "role": "boss"}, 400),
        ({"role": "viewer"}, 400),
        ({"username": ["eve"]}, 400),
    ],
)
def test_bad_collaborators_are_refused(drawn: Canvas, body: Any, status: int) -> None:
    assert drawn.post("collaborators/", body).status_code == status
    assert drawn.get("collaborators/").json() == []
