"""`make run` with the real processes: a start that several tests look at, a second one, starts that are refused."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.launcher import Product, free_port, run

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("launcher")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("launcher")


@pytest.fixture(scope="module")
def product(folder: Path) -> Iterator[Product]:
    """A first start on an empty directory."""
    made = Product(folder)
    try:
        made.wait_ready()
        yield made
    finally:
        made.kill()


def test_each_process_tells_its_role(product: Product) -> None:
    commands = product.processes().values()
    for word in ("web", "worker", "scheduler", "redis-server"):
        assert len(product.of_role(word)) == 1, commands
    assert sum("worker" in command for command in commands) == 1


def test_first_start_creates_an_admin_and_the_demo(product: Product) -> None:
    found = re.search(r"Created admin (\w+)\.\s+Password \(shown this once\): (\S+)", product.output())
    assert found, product.output()
    status, answer = product.call("/api/v1/auth/token/", {"username": found[1], "password": found[2]})
    assert (status, bool(answer["key"])) == (200, True)


def test_it_says_where_to_go(product: Product) -> None:
    product.wait(lambda: "Ready after" in product.output())
    assert f"Pipelit is at http://127.0.0.1:{product.port}/" in product.output()


def test_secrets_are_private(product: Product) -> None:
    assert product.var.stat().st_mode & 0o777 == 0o700
    assert (product.var / "prepared.json").stat().st_mode & 0o777 == 0o600


def test_doctor_finds_nothing_wrong(product: Product) -> None:
    done = run("manage.py", "doctor", "--json", VAR_DIR=str(product.var))  # it finds the port
    assert done.returncode == 0, done.stdout + done.stderr
    subjects = {finding["subject"]: finding["level"] for finding in json.loads(done.stdout)}
    assert {"database", "migrations", "encryption", "redis", "web", "workers", "scheduler", "executions"} <= set(
        subjects
    )
    assert "error" not in subjects.values()


def test_a_taken_port_is_one_sentence(product: Product, tmp_path: Path) -> None:
    done = run("-m", "pipelit.supervisor", VAR_DIR=str(tmp_path), PORT=str(product.port))
    assert done.returncode == 1
    sentence = "is taken by another program: stop it, or set PORT to another number."
    assert done.stderr == f"pipelit: Port {product.port} on 127.0.0.1 {sentence}\n"


def test_a_directory_in_use_is_one_sentence(product: Product) -> None:
    done = run("-m", "pipelit.supervisor", VAR_DIR=str(product.var), PORT=str(free_port()))
    assert done.returncode == 1
    assert re.fullmatch(r"pipelit: Pipelit already runs on VAR_DIR \(.*\), process \d+: stop it, .*\n", done.stderr)


@pytest.mark.parametrize("word", ["web", "worker"])
def test_a_killed_process_is_started_again(product: Product, word: str) -> None:
    victim = product.of_role(word)[0]
    os.kill(victim, signal.SIGKILL)
    product.wait(lambda: product.of_role(word) not in ([], [victim]))
    product.wait_ready()
    assert f"The {word} process was killed by SIGKILL" in product.output()


def test_stops_cleanly_and_starts_again_without_preparing(product: Product, folder: Path) -> None:
    pids = list(product.processes())
    prepared = (product.var / "prepared.json").stat().st_mtime_ns
    product.stop()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in product.output()
    second = Product(folder)
    try:
        second.wait_ready()
        assert (product.var / "prepared.json").stat().st_mtime_ns == prepared
        pids = list(second.processes())
    finally:
        second.kill()  # even so nothing stays behind
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < end, "processes outlived make"
        time.sleep(0.05)


def test_a_wrong_encryption_key_is_one_sentence(product: Product) -> None:
    product.stop()
    key = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMDE="
    given = {"VAR_DIR": str(product.var), "PORT": str(free_port())}
    done = run("-m", "pipelit.supervisor", FIELD_ENCRYPTION_KEY=key, **given)
    assert done.returncode == 1
    assert "FIELD_ENCRYPTION_KEY does not fit the database" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_directory_that_cannot_be_written_is_one_sentence() -> None:
    done = run("-m", "pipelit.supervisor", VAR_DIR="/proc/pipelit", PORT=str(free_port()))
    assert done.returncode == 1
    assert re.fullmatch(r"pipelit: VAR_DIR.*set VAR_DIR\.\n", done.stderr)


def test_a_malformed_setting_is_one_sentence(tmp_path: Path) -> None:
    done = run("-m", "pipelit.supervisor", VAR_DIR=str(tmp_path), PORT="many")
    assert done.returncode == 1
    assert done.stderr == "pipelit: PORT must be a whole number from 1 to 65535, not 'many'.\n"
