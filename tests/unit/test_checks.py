"""System checks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipelit import checks, env

GOOD = Fernet.generate_key().decode()


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_debug(settings: Any) -> None:
    assert checks.debug_is_off_in_production() == []
    settings.PIPELIT_ENV, settings.DEBUG = "production", True
    assert ids(checks.debug_is_off_in_production()) == ["pipelit.E001"]


@pytest.mark.parametrize("key", ["short", "a" * 60, "django-insecure-" + "abcdefghij" * 5])
def test_secret_key(settings: Any, key: str) -> None:
    settings.SECRET_KEY = key
    [found] = checks.secret_key_is_strong()
    assert (found.id, found.is_serious()) == ("pipelit.E002", False)
    settings.PIPELIT_ENV = "production"
    assert checks.secret_key_is_strong()[0].is_serious()


@pytest.mark.parametrize("keys", [[], ["nonsense"], [GOOD, GOOD[:-4]], ["\u00e9"]])
def test_encryption_keys(settings: Any, keys: list[str]) -> None:
    assert checks.encryption_keys_are_fernet_keys() == []
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert ids(checks.encryption_keys_are_fernet_keys()) == ["pipelit.E003"]


def test_encryption_keys_differ(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [GOOD, GOOD]
    assert ids(checks.encryption_keys_differ()) == ["pipelit.E004"]


def test_var_dir(settings: Any) -> None:
    settings.VAR_DIR = Path("/proc/nowhere")
    assert ids(checks.var_dir_is_writable()) == ([] if os.access("/proc", os.W_OK) else ["pipelit.E005"])
    settings.VAR_DIR = Path(__file__)
    assert ids(checks.var_dir_is_writable()) == ["pipelit.E005"]


def test_secrets_are_private(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    assert checks.secrets_are_private() == []
    env.kept_secret(tmp_path / "secrets" / "x", "value")
    assert checks.secrets_are_private() == []
    (tmp_path / "secrets" / "x").chmod(0o644)
    assert ids(checks.secrets_are_private()) == ["pipelit.E006"]


@pytest.mark.parametrize("hosts", [["*"], ["pipelit.example.org"]])
def test_hosts(settings: Any, hosts: list[str]) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert checks.hosts_are_named_in_production() == []
    settings.PIPELIT_ENV = "production"
    assert ids(checks.hosts_are_named_in_production()) == ["pipelit.E007"]


def test_admin_password(settings: Any) -> None:
    settings.PIPELIT_ENV, settings.ADMIN_PASSWORD = "production", "admin"
    assert ids(checks.admin_password_is_no_example()) == ["pipelit.E008"]


@pytest.mark.slow
def test_a_production_installation_is_clean(tmp_path: Path) -> None:
    given = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "PIPELIT_ENV": "production",
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "kZ8-" + GOOD + GOOD,
        "FIELD_ENCRYPTION_KEY": GOOD,
        "ALLOWED_HOSTS": "pipelit.test",
        "BEHIND_HTTPS": "1",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=env.BASE_DIR, env=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced" in done.stdout or "0 issues" in done.stdout or "no issues" in done.stdout


@pytest.mark.slow
def test_manage_says_one_sentence(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "VAR_DIR": str(tmp_path), "PORT": "http"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=env.BASE_DIR, env=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "pipelit: PORT must be a whole number from 1 to 65535, not 'http'.\n"
