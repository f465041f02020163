from __future__ import annotations

import json
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from apps.executions import diagnosis
from apps.executions.models import WorkflowExecution
from apps.executions.scheduler import BEAT_KEY
from pipelit import doctor, health, launch, redis
from tests.engine import harness


def levels(found: Any) -> dict[str, str]:
    return {finding.subject: finding.level for finding in found}


@pytest.mark.django_db
def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(doctor.connection, "cursor", refuse)
    (finding,) = doctor.database()
    assert (finding.level, finding.detail) == ("error", "connection refused")
    assert "DATABASE_URL" in finding.remedy


def test_redis_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise redis.DOWN[0]("refused")

    monkeypatch.setattr(redis, "client", refuse)
    (finding,) = doctor.redis_server()
    assert finding.level == "error"


@pytest.mark.parametrize(
    ("version", "policy", "level"),
    [("7.2.0", "noeviction", "ok"), ("6.2.0", "noeviction", "warning"), ("8.0.0", "allkeys-lru", "error")],
)
def test_redis_that_does_not_fit(monkeypatch: pytest.MonkeyPatch, version: str, policy: str, level: str) -> None:
    fake = SimpleNamespace(
        info=lambda: {"redis_version": version, "used_memory": 0}, config_get=lambda _: {"maxmemory-policy": policy}
    )
    monkeypatch.setattr(redis, "client", lambda: fake)
    assert levels(doctor.redis_server()) == {"redis": level}


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    assert levels(doctor.disk()) == {"disk": "error"}


def test_a_setting_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.checks, "run_checks", lambda: [Error("No.", hint="Do this.", id="x.E1")])
    (finding,) = doctor.system_checks()
    assert (finding.level, finding.detail, finding.remedy) == ("error", "No. (x.E1)", "Do this.")


def test_workers() -> None:
    assert levels(doctor.workers()) == {"workers": "error"}
    health.beat("one", {})
    assert levels(doctor.workers()) == {"workers": "ok"}


def test_the_web_process_is_found_where_it_was_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env = replace(settings.ENV, var_dir=tmp_path, port=9)
    monkeypatch.setattr(settings, "ENV", env)
    monkeypatch.setattr(launch, "ask_ready", lambda asked: (200 if asked.port == 4711 else 0, ""))
    assert levels(doctor.web()) == {"web": "error"}
    with launch.lock(replace(env, port=4711)):
        (finding,) = doctor.web()
        with pytest.raises(ImproperlyConfigured, match=rf"process {os.getpid()}:"):
            launch.lock(env)
    assert (finding.level, finding.detail) == ("ok", f"It answers at {env.host}:4711 and is ready.")


@pytest.mark.django_db
def test_the_scheduler() -> None:
    assert levels(diagnosis.findings())["scheduler"] == "error"
    redis.client().set(BEAT_KEY, 1)
    assert levels(diagnosis.findings()) == {"scheduler": "ok", "executions": "ok"}


@pytest.mark.django_db
def test_a_held_execution_that_records_nothing(users: Any) -> None:
    version = harness.store(users.ada, "held", [harness.node("start", "trigger_manual")], [])
    execution = harness.start(version)
    long_ago = timezone.now() - diagnosis.SILENT * 2
    values = {"status": "running", "lease_owner": "host:1:1", "started_at": long_ago}
    WorkflowExecution.objects.filter(pk=execution.pk).update(**values)
    (finding,) = diagnosis.held(timezone.now() - diagnosis.SILENT)
    assert (finding.level, finding.detail) == ("warning", "1 run but have recorded nothing for 30 minutes.")
    assert list(diagnosis.held(long_ago)) == []


@pytest.mark.django_db
def test_the_command_prints_json_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "findings", lambda: iter([doctor.Finding("error", "web", "Nothing answers.", "Start it.")])
    )
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)
    assert ended.value.code == 1
    assert json.loads(out.getvalue()) == [
        {"level": "error", "subject": "web", "detail": "Nothing answers.", "remedy": "Start it."}
    ]


def test_a_subject_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "findings", lambda: iter([]))
    with pytest.raises(CommandError, match="no subject"):
        call_command("doctor", "--only", "moon")
