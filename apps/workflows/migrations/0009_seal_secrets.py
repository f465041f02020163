"""Seal the secrets of triggers that lie in configs and versions in clear. One text of a workflow gets one seal, so that
a version that was the draft still is."""

import hashlib
import json
from typing import Any

from django.db import migrations

TYPES = ("trigger_webhook", "trigger_form")
SEAL = "sealed."
DRAWN_ONLY = ("position_x", "position_y", "label")


def seal_all(apps: Any, schema_editor: Any) -> None:
    Secret = apps.get_model("workflows", "WorkflowSecret")
    seals: dict[tuple[int, str], str] = {}

    def sealed(workflow_id: int, config: dict[str, Any]) -> dict[str, Any] | None:
        text = config.get("secret")
        if not isinstance(text, str) or not text or text.startswith(SEAL):
            return None
        if (workflow_id, text) not in seals:
            made = Secret.objects.create(workflow_id=workflow_id, value=text)
            seals[workflow_id, text] = f"{SEAL}{made.pk}"
        return {**config, "secret": seals[workflow_id, text]}

    Config = apps.get_model("workflows", "ComponentConfig")
    for pk, workflow_id, extra in Config.objects.filter(component_type__in=TYPES).values_list(
        "pk", "node__workflow_id", "extra_config"
    ):
        if fresh := sealed(workflow_id, extra):
            Config.objects.filter(pk=pk).update(extra_config=fresh)
    Version = apps.get_model("workflows", "WorkflowVersion")
    for version in Version.objects.only("workflow_id", "snapshot").iterator(chunk_size=100):
        fresh = [
            (node, config)
            for node in version.snapshot["nodes"]
            if node["component_type"] in TYPES and (config := sealed(version.workflow_id, node["config"]))
        ]
        for node, config in fresh:
            node["config"] = config
        if fresh:
            Version.objects.filter(pk=version.pk).update(snapshot=version.snapshot, **hashes(version.snapshot))
    apps.get_model("workflows", "AppliedEdit").objects.all().delete()  # answers that may hold secrets, kept for retries


def hashes(snapshot: dict[str, Any]) -> dict[str, str]:
    """As versions were hashed when this was written."""
    nodes = [{name: value for name, value in node.items() if name not in DRAWN_ONLY} for node in snapshot["nodes"]]
    rest = {name: value for name, value in snapshot.items() if name != "notes"}
    content = {**rest, "nodes": sorted(nodes, key=lambda node: str(node["node_id"]))}
    return {"drawing_hash": digest(snapshot), "content_hash": digest(content)}


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Migration(migrations.Migration):
    dependencies = [("workflows", "0008_secrets")]

    operations = [migrations.RunPython(seal_all, migrations.RunPython.noop)]
