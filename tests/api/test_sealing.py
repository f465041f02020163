"""Secrets in configs: encrypted at rest, write-only, and of their own workflow."""

from __future__ import annotations

import json
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client

from apps.credentials.encryption import newest_key_id
from apps.workflows import sealing, snapshot
from apps.workflows.models import AppliedEdit, ComponentConfig, Workflow, WorkflowSecret, WorkflowVersion
from tests.engine import harness

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "canary-s3aled"


def made(client: Any, slug: str = "sealed", secret: str = SECRET) -> dict[str, Any]:
    client.post("/api/v1/workflows/", {"name": slug, "slug": slug}, format="json")
    body = {
        "operations": [
            {
                "op": "create_node", "node_id": "hook", "component_type": "trigger_webhook",
                "config": {"extra_config": {"path": "in", "secret": secret}},
            },
            {"op": "create_node", "node_id": "end", "component_type": "set"},
            {"op": "create_edge", "source_node_id": "hook", "target_node_id": "end"},
        ]
    }  # fmt: skip
    answer = client.post(f"/api/v1/workflows/{slug}/bulk/", body, format="json", headers={"Idempotency-Key": slug})
    assert answer.status_code == 200, answer.content
    return config_of(client, slug)


def config_of(client: Any, slug: str = "sealed", node_id: str = "hook") -> dict[str, Any]:
    nodes = client.get(f"/api/v1/workflows/{slug}/").json()["nodes"]
    found: dict[str, Any] = next(one for one in nodes if one["node_id"] == node_id)["config"]["extra_config"]
    return found


def call(slug: str = "sealed", secret: str = SECRET) -> int:
    answer = Client().post(f"/webhooks/{slug}/in", {}, "application/json", headers={"X-Webhook-Secret": secret})
    return int(answer.status_code)


def database() -> str:
    """All that the tables hold, as SQL text would show it."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])


def test_a_secret_can_be_used_and_is_never_shown(users: Any, api: Any) -> None:
    client = api(users.ben)
    assert made(client)["secret"].startswith(sealing.SEAL)
    assert call() == 202
    assert call(secret="wrong") == 401
    harness.work()
    client.post("/api/v1/workflows/sealed/publish/", {}, format="json")
    execution = client.get("/api/v1/executions/").json()["items"][0]["execution_id"]
    for path in (
        "workflows/sealed/", "workflows/sealed/export/", "workflows/sealed/versions/", "workflows/sealed/versions/1/",
        f"executions/{execution}/", f"executions/{execution}/graph/",
    ):  # fmt: skip
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        assert SECRET not in answer.content.decode(), path
    assert SECRET not in database()


def test_a_seal_sent_back_is_kept_and_so_is_the_same_text(users: Any, api: Any) -> None:
    client = api(users.ben)
    seal = made(client)["secret"]
    for value in (seal, SECRET):
        body = {"config": {"extra_config": {"path": "in", "secret": value, "header_name": "X-Own"}}}
        assert client.patch("/api/v1/workflows/sealed/nodes/hook/", body, format="json").status_code == 200
        assert config_of(client)["secret"] == seal
    client.patch(
        "/api/v1/workflows/sealed/nodes/hook/",
        {"config": {"extra_config": {"path": "in", "secret": "new"}}},
        format="json",
    )
    assert (call(), call(secret="new")) == (401, 202)
    assert WorkflowSecret.objects.count() == 2


def test_a_node_that_is_made_again_keeps_its_secret(users: Any, api: Any) -> None:
    client = api(users.ben)
    config = made(client)
    client.delete("/api/v1/workflows/sealed/nodes/hook/")
    body = {"node_id": "hook", "component_type": "trigger_webhook", "config": {"extra_config": config}}
    assert client.post("/api/v1/workflows/sealed/nodes/", body, format="json").status_code == 201
    assert call() == 202


def test_a_seal_does_not_open_in_another_workflow(users: Any, api: Any) -> None:
    client = api(users.ben)
    seal = made(client)["secret"]
    for secret in (seal, "sealed.rubbish", f"sealed.{'0' * 32}"):
        made(client, "other", secret)
        assert config_of(client, "other")["secret"] == ""
        assert call("other") != 202
        client.delete("/api/v1/workflows/other/")
    copy = client.post("/api/v1/workflows/sealed/duplicate/", {}, format="json").json()["slug"]
    assert config_of(client, copy)["secret"] == ""
    found = client.post(f"/api/v1/workflows/{copy}/validate/", {}, format="json").json()
    assert "Give the secret" in json.dumps(found)
    exported = client.get("/api/v1/workflows/sealed/export/").json()
    assert "secret" not in exported["nodes"][0]["config"]["extra_config"]


def test_an_import_in_clear_is_sealed(users: Any, api: Any) -> None:
    client = api(users.ben)
    made(client)
    exported = client.get("/api/v1/workflows/sealed/export/").json()
    exported["nodes"][0]["config"]["extra_config"]["secret"] = SECRET
    answer = client.post("/api/v1/workflows/import/", exported, format="json")
    assert answer.status_code == 201, answer.content
    slug = json.loads(answer.content)["workflow"]["slug"] if "workflow" in answer.json() else answer.json()["slug"]
    assert config_of(client, slug)["secret"].startswith(sealing.SEAL)
    assert call(slug) == 202


def test_rotation_covers_them(users: Any, settings: Any) -> None:
    graph = [harness.node("hook", "trigger_webhook", path="in", secret=SECRET)]
    harness.store(users.ben, "sealed", graph, [])
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    call_command("rotate_encryption_key", stdout=StringIO())
    found = WorkflowSecret.objects.get()
    assert (found.value, found.key_id) == (SECRET, newest_key_id())


def test_what_lay_in_clear_is_sealed(users: Any, api: Any) -> None:
    client = api(users.ben)
    made(client)
    workflow = Workflow.objects.get(slug="sealed")
    snapshot.draft_version(workflow)
    WorkflowSecret.objects.all().delete()
    clear = {"path": "in", "secret": SECRET}
    ComponentConfig.objects.filter(component_type="trigger_webhook").update(extra_config=clear)
    version = WorkflowVersion.objects.get()
    version.snapshot["nodes"][0]["config"] |= clear
    WorkflowVersion.objects.filter(pk=version.pk).update(snapshot=version.snapshot)
    assert SECRET in database()
    import_module("apps.workflows.migrations.0009_seal_secrets").seal_all(apps, None)
    assert SECRET not in database()
    assert not AppliedEdit.objects.exists()
    assert WorkflowSecret.objects.count() == 1
    assert WorkflowVersion.objects.get().drawing_hash == snapshot.drawing_hash(snapshot.take(workflow))
    assert call() == 202
