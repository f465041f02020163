"""The README's tour, followed word for word in bash; only port and data directory differ."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.launcher import ROOT, Product, environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WAIT_SECONDS = 150


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    password = re.search(r"make run ADMIN_PASSWORD=(\S+)", README)
    assert password
    made = Product(tmp_path, ADMIN_PASSWORD=password[1])
    try:
        made.wait_ready()
        yield made
    finally:
        made.stop()


def test_the_tour(product: Product) -> None:
    start, *blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert start.startswith("make run")
    script = "\n".join(f"echo '=== part'\n{block}" for block in blocks)
    script = script.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{product.port}").replace(
        "var/", f"{product.var}/"
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment(PORT=str(product.port)),
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )
    told = done.stdout + done.stderr + product.output()
    assert done.returncode == 0, told
    _, me, built, ran, watched, read, broken = done.stdout.split("=== part\n")
    assert json.loads(me)["id"] == 1
    assert json.loads(built.splitlines()[-1]) == {"valid": True, "errors": [], "warnings": []}
    assert json.loads(ran)["final_output"] == "SUM: The result is 42."
    for seen in (watched, (product.var / "events.txt").read_text()):
        assert {"execution_started", "node_status", "tool_status", "token", "execution_completed"} <= set(
            re.findall(r'"type": ?"(\w+)"', seen)
        )
    execution = json.loads(read)
    assert {log["node_id"]: log["status"] for log in execution["logs"]} == {
        **dict.fromkeys(["chat", "agent", "kind", "sum", "merge", "sentence", "reply"], "success"),
        "talk": "skipped",
    }
    assert (execution["llm_calls"], execution["total_tokens"] > 0) == (2, True)
    assert "The worker process was killed by SIGKILL" in product.output()
    assert broken.splitlines()[-2:] == ["completed", "50 steps recorded, 50 different ones"]
