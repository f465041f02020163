"""workflows/: lists, the objects themselves, who may see them, and the registry."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.workflows.models import Workflow
from pipelit import events
from tests.drawing import WORKFLOWS, Canvas, canvas, with_switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(api: Any, users: Any) -> Any:
    return api(users.ben)


def slugs(client: Any, query: str = "") -> list[str]:
    answer = client.get(f"{WORKFLOWS}?{query}")
    assert answer.status_code == 200, answer.content
    return [item["slug"] for item in answer.json()["items"]]


def test_a_workflow_has_its_shape(ben: Any) -> None:
    body = {
        "name": "Daily sums", "description": "Adds up.", "tags": ["a", "b"], "budgets": {"tokens": 5, "usd": "0.50"},
        "concurrency": 2, "max_execution_seconds": 60, "input_schema": {"type": "object"},
    }  # fmt: skip
    answer = ben.post(WORKFLOWS, body)
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    made = answer.json()
    assert {**made, **body, "budgets": made["budgets"]} == made
    assert made["budgets"]["tokens"] == 5
    assert float(made["budgets"]["usd"]) == 0.5
    assert (made["slug"], made["owner"], made["is_active"], made["is_public"]) == ("daily-sums", "ben", True, False)
    assert (made["node_count"], made["edge_count"], made["trigger_count"]) == (0, 0, 0)
    assert (made["nodes"], made["edges"], made["published_version"], made["last_execution"]) == ([], [], None, None)
    shown = ben.get(f"{WORKFLOWS}daily-sums/").json()
    assert {**shown, "budgets": made["budgets"]} == made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "colour": 1}, "colour"),
        ({"name": "x", "slug": "Über"}, "slug"),
        ({"name": "x", "slug": "Big"}, "slug"),
        ({"name": "x", "slug": "42"}, "slug"),
        ({"name": "x", "slug": "import"}, "slug"),
        ({"name": "x", "slug": "node-types"}, "slug"),
        ({"name": "x", "slug": "batch-delete"}, "slug"),
        ({"name": "x", "tags": "a"}, "tags"),
        ({"name": "x", "tags": [{}]}, "tags.0"),
        ({"name": "x", "is_active": "perhaps"}, "is_active"),
        ({"name": "x", "input_schema": [1]}, "input_schema"),
        ({"name": "x", "input_schema": {"type": "word"}}, "input_schema"),
        ({"name": "x", "output_schema": {"required": "n"}}, "output_schema"),
        ({"name": "x", "concurrency": 0}, "concurrency"),
        ({"name": "x", "max_execution_seconds": -1}, "max_execution_seconds"),
        ({"name": "x", "max_execution_seconds": 10**30}, "max_execution_seconds"),
        ({"name": "x", "budgets": 5}, "budgets"),
        ({"name": "x", "budgets": {"euros": 1}}, "budgets"),
        ({"name": "x", "budgets": {"tokens": -1}}, "budgets.tokens"),
        ({"name": "x", "budgets": {"tokens": 10**30}}, "budgets.tokens"),
        ({"name": "x", "budgets": {"usd": "NaN"}}, "budgets.usd"),
        ({"name": "x", "error_handler_workflow": "ghost"}, "error_handler_workflow"),
        ({"name": "x", "error_handler_workflow": "²"}, "error_handler_workflow"),
        ({"name": "x", "error_handler_workflow": "9" * 5000}, "error_handler_workflow"),
    ],
)
def test_bad_fields_are_refused(ben: Any, body: dict[str, Any], field: str) -> None:
    answer = ben.post(WORKFLOWS, body, format="json")
    assert answer.status_code in (400, 422), answer.content
    assert any(name.startswith(field) for name in answer.json()["fields"]), answer.json()
    assert not Workflow.objects.exists()


def test_invalid_json_is_refused(ben: Any) -> None:
    answer = ben.post(WORKFLOWS, '{"name": ', content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_a_body_of_more_than_10_mb_is_refused(ben: Any) -> None:
    body = '{"name": "x", "description": "' + "y" * (10 * 1024 * 1024) + '"}'
    assert ben.post(WORKFLOWS, body, content_type="application/json").status_code == 413


def test_slugs_are_made_and_unique(ben: Any) -> None:
    for name, slug in (("Sums", "sums"), ("sums!", "sums-2"), ("日本", "workflow"), ("Import", "import-2")):
        assert canvas(ben, name).slug == slug
    assert not canvas(ben, "42").slug.isdigit()
    taken = ben.post(WORKFLOWS, {"name": "x", "slug": "sums"})
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    assert "sums-3" in taken.json()["detail"]
    assert ben.patch(f"{WORKFLOWS}sums/", {"slug": "sums-2"}).status_code == 409


def test_patch_changes_what_is_named(ben: Any) -> None:
    drawn = canvas(ben, "sums", description="old", budgets={"tokens": 7, "usd": None})
    canvas(ben, "mender")
    answer = drawn.patch("", {"name": "Sums", "slug": "adding", "error_handler_workflow": "mender"})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["name"], body["slug"], body["description"]) == ("Sums", "adding", "old")
    assert body["budgets"]["tokens"] == 7
    assert body["error_handler_workflow_id"] == Workflow.objects.get(slug="mender").pk
    assert (body["revision"], answer["ETag"]) == (2, '"2"')
    assert drawn.get().status_code == 404
    moved = Canvas(ben, "adding")
    assert moved.patch("", {"error_handler_workflow": None, "budgets": None}).status_code == 200
    assert moved.shown()["error_handler_workflow_id"] is None
    assert moved.shown()["budgets"] == {"tokens": None, "usd": None}


def test_deleting_hides_and_frees_the_slug(ben: Any) -> None:
    drawn = with_switch(ben)
    assert drawn.delete().status_code == 204
    assert slugs(ben) == []
    for answer in (drawn.get(), drawn.delete(), drawn.patch("", {"name": "x"}), drawn.get("nodes/")):
        assert answer.status_code == 404
    assert Workflow.objects.get().is_active is False
    assert canvas(ben, "sums").slug == "sums"


def test_a_workflow_that_has_changed_is_not_deleted(ben: Any) -> None:
    drawn = with_switch(ben)
    revision = drawn.shown()["revision"]
    refused = drawn.delete(**{"If-Match": f'"{revision - 1}"'})
    assert (refused.status_code, refused.json()["current"]["revision"]) == (412, revision)
    assert drawn.delete(**{"If-Match": f'"{revision}"'}).status_code == 204


def test_batch_delete_is_all_or_none(api: Any, users: Any, ben: Any) -> None:
    for name in ("one", "two"):
        canvas(ben, name)
    canvas(api(users.eve), "hers")
    answer = ben.post(f"{WORKFLOWS}batch-delete/", {"slugs": ["one", "hers"]})
    assert answer.status_code == 404
    assert len(slugs(ben)) == 2
    answer = ben.post(f"{WORKFLOWS}batch-delete/", {"slugs": ["one", "two", "one"]})
    assert (answer.status_code, answer.json()) == (200, {"deleted": 2})
    assert ben.post(f"{WORKFLOWS}batch-delete/", {"slugs": []}, format="json").status_code == 400
    assert ben.post(f"{WORKFLOWS}batch-delete/", {"slugs": "one"}, format="json").status_code == 400


# --- lists ---


def test_lists_are_filtered_and_ordered(ben: Any) -> None:
    canvas(ben, "beta", tags=["büro", "x"], description="adds")
    canvas(ben, "alpha", tags=["x", 'say "hi"'], is_active=False)
    canvas(ben, "gamma", tags=["xy"])
    assert slugs(ben) == ["gamma", "alpha", "beta"]
    assert slugs(ben, "ordering=name") == ["alpha", "beta", "gamma"]
    assert slugs(ben, "ordering=-name&limit=1&offset=1") == ["beta"]
    assert slugs(ben, "search=ADD") == ["beta"]
    assert slugs(ben, "search=alp") == ["alpha"]
    assert slugs(ben, "search=100%25") == []
    assert slugs(ben, "tags=x&ordering=name") == ["alpha", "beta"]
    assert slugs(ben, "tags=x,büro") == ["beta"]
    assert slugs(ben, 'tags=say "hi"') == ["alpha"]
    assert slugs(ben, "active=false") == ["alpha"]
    assert ben.get(f"{WORKFLOWS}?search=alp").json()["total"] == 1


@pytest.mark.parametrize("query", ["ordering=owner", "active=maybe", "limit=0", "limit=x", "offset=-1", "page=2"])
def test_unknown_parameters_are_refused(ben: Any, query: str) -> None:
    assert ben.get(f"{WORKFLOWS}?{query}").status_code == 400


def test_lists_count_and_cost_a_constant_number_of_queries(ben: Any) -> None:
    with_switch(ben, "w0")
    with CaptureQueriesContext(connection) as one:
        (item,) = ben.get(WORKFLOWS).json()["items"]
    assert (item["node_count"], item["edge_count"], item["trigger_count"]) == (4, 3, 1)
    assert "nodes" not in item
    for number in range(1, 30):
        canvas(ben, f"w{number}")
    with CaptureQueriesContext(connection) as thirty:
        assert ben.get(WORKFLOWS).json()["total"] == 30
    assert len(thirty) == len(one), [query["sql"] for query in thirty]


def test_a_graph_costs_a_constant_number_of_queries(ben: Any) -> None:
    drawn = with_switch(ben)
    counts = []
    for more in range(2):
        for number in range(5 * more):
            drawn.must_node(f"n{number}", "set")
            drawn.must_edge("calc", f"n{number}")
        spent = []
        for path in ("", "nodes/", "edges/", "export/"):
            with CaptureQueriesContext(connection) as queries:
                assert drawn.get(path).status_code == 200
            spent.append(len(queries))
        counts.append(spent)
    assert counts[0] == counts[1]


def test_a_graph_tells_from_where_to_listen(ben: Any, django_capture_on_commit_callbacks: Any) -> None:
    drawn = canvas(ben, "listened")
    with django_capture_on_commit_callbacks(execute=True):
        drawn.must_node("before", "set")
    seq = drawn.get("").json()["seq"]
    with django_capture_on_commit_callbacks(execute=True):
        drawn.must_node("after", "set")
    assert [event["data"]["node_id"] for event in events.read("workflow:listened", seq)] == ["after"]


# --- access ---

PATHS = [
    ("get", ""), ("patch", ""), ("delete", ""), ("post", "validate/"), ("get", "export/"), ("post", "duplicate/"),
    ("post", "bulk/"), ("get", "nodes/"), ("post", "nodes/"), ("get", "nodes/calc/"), ("patch", "nodes/calc/"),
    ("delete", "nodes/calc/"), ("get", "edges/"), ("post", "edges/"), ("get", "edges/{edge}/"),
    ("patch", "edges/{edge}/"), ("delete", "edges/{edge}/"), ("get", "versions/"), ("post", "versions/publish/"),
    ("post", "versions/restore/"), ("get", "versions/1/"), ("get", "versions/1/diff/"), ("get", "collaborators/"),
    ("post", "collaborators/"), ("delete", "collaborators/ada/"),
]  # fmt: skip
BODIES: dict[str, Any] = {
    "": {"name": "stolen"},
    "bulk/": {"operations": [{"op": "delete_node", "node_id": "calc"}]},
    "nodes/": {"component_type": "set"},
    "nodes/calc/": {"label": "x"},
    "edges/": {"source_node_id": "start", "target_node_id": "answer"},
    "edges/{edge}/": {"priority": 1},
    "versions/restore/": {"number": 1},
    "collaborators/": {"username": "eve"},
}
READS = {"validate/", "duplicate/"}


@pytest.fixture
def owned(ben: Any) -> Canvas:
    """Ben's, with a version and a collaborator."""
    drawn = with_switch(ben)
    drawn.post("versions/publish/")
    drawn.post("collaborators/", {"username": "ada"})
    return drawn


def ask(client: Any, owned: Canvas, method: str, path: str) -> int:
    edge = Workflow.objects.get(slug="sums").edges.earliest("pk").pk
    url = owned.url + path.format(edge=edge)
    body = BODIES.get(path, {})
    answer = client.get(url) if method == "get" else getattr(client, method)(url, body, format="json")
    return int(answer.status_code)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_stranger_finds_nothing(api: Any, users: Any, owned: Canvas, method: str, path: str) -> None:
    before = owned.shown()
    assert ask(api(users.eve), owned, method, path) == 404
    assert ask(api(None), owned, method, path) == 401
    assert owned.shown() == before


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_viewer_reads_and_no_more(api: Any, users: Any, owned: Canvas, method: str, path: str) -> None:
    owned.post("collaborators/", {"username": "eve", "role": "viewer"})
    before = owned.shown()
    status = ask(api(users.eve), owned, method, path)
    assert status == (404 if method != "get" and path not in READS else 201 if path == "duplicate/" else 200)
    assert owned.shown() == before


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_an_admin_may_do_everything(api: Any, users: Any, owned: Canvas, method: str, path: str) -> None:
    assert ask(api(users.ada), owned, method, path) < 300


def test_public_workflows_are_read_by_all(api: Any, users: Any, owned: Canvas) -> None:
    assert slugs(api(users.eve)) == []
    owned.patch("", {"is_public": True})
    assert slugs(api(users.eve)) == ["sums"]
    theirs = Canvas(api(users.eve), "sums")
    assert theirs.get().status_code == 200
    assert theirs.patch("", {"name": "x"}).status_code == 404


def test_nobody_is_told_whether_a_slug_exists(api: Any, users: Any, owned: Canvas) -> None:
    eve = api(users.eve)
    texts = [eve.get(f"{WORKFLOWS}{slug}/").json()["detail"].replace(slug, "?") for slug in ("sums", "ghost")]
    assert texts[0] == texts[1]


def test_an_error_handler_must_be_readable(api: Any, users: Any, owned: Canvas) -> None:
    answer = api(users.eve).post(WORKFLOWS, {"name": "x", "error_handler_workflow": "sums"})
    assert answer.status_code == 422


# --- the registry, and whole graphs ---


def test_node_types_describe_every_component(ben: Any) -> None:
    found = {entry["component_type"]: entry for entry in ben.get(f"{WORKFLOWS}node-types/").json()}
    assert {"trigger_manual", "agent", "switch", "loop", "set", "calculator"} <= set(found)
    assert all(entry["label"] and entry["category"] for entry in found.values())


def test_validation_tells_what_is_missing(ben: Any) -> None:
    drawn = canvas(ben, "sums")
    assert [e["code"] for e in drawn.post("validate/").json()["errors"]] == ["no_trigger"]
    drawn.must_node("start", "trigger_manual")
    drawn.must_node("ask", "agent")
    drawn.must_node("lost", "set")
    drawn.must_edge("start", "ask")
    report = drawn.post("validate/").json()
    assert report["valid"] is False
    assert [(e["code"], e["node_id"]) for e in report["errors"]] == [("missing_attachment", "ask")]
    assert [(w["code"], w["node_id"]) for w in report["warnings"]] == [("unreachable", "lost")]


def test_a_finished_workflow_is_valid(ben: Any) -> None:
    assert with_switch(ben).post("validate/").json() == {"valid": True, "errors": [], "warnings": []}
