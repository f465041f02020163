"""make bench: how fast Pipelit is, end to end from outside, beside its own floor.

Each row is measured over HTTP and a WebSocket against a product started by the launcher: POST of a trigger to the
event that the execution has ended. Ratios within one run are what counts: absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import rows
from tests.benchmarks.product import ROOT, product

Row = dict[str, Any]
QUIET_FLOOR = {1: 7.0, 5: 9.0, 20: 16.0, 100: 45.0}
"""Milliseconds by number of steps: the floor on the machine for which the targets were set."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--json", default="", help="where the figures go (default bench-<database>.json)")
    parser.add_argument("--only", default="", help="comma-separated names of rows")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    new_database: Callable[[], str] = str
    if options.database == "postgres":
        from tests import scratch

        new_database = scratch.start_postgres
    floors = bare_floor() if not only or "steps" in only else {}
    found = measure(new_database, only, floors)
    report = {"machine": machine(floors), "database": options.database, "rows": found}
    target = Path(options.json or f"bench-{options.database}.json")
    target.write_text(json.dumps(report, indent=1))
    print(table(report))


def measure(new_database: Callable[[], str], only: set[str], floors: Mapping[int, float]) -> list[Row]:
    found: list[Row] = []
    for group in rows.GROUPS:
        chosen = [check for check in group.checks if not only or check.__name__ in only]
        if not chosen:
            continue
        with product(DATABASE_URL=new_database(), **group.environment) as (running, ready):
            for check in chosen:
                print(f"  {group.name}: {check.__name__}", file=sys.stderr, flush=True)
                found += _guarded(check, running, ready, floors)
    return found


def bare_floor() -> dict[int, float]:
    """The floor by number of steps, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.floor"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout
    return {int(steps): ms for steps, ms in json.loads(told.splitlines()[-1]).items()}


def _guarded(check: Callable[..., list[Row]], running: Any, ready: float, floors: Mapping[int, float]) -> list[Row]:
    try:
        made = check(running, ready)
    except (RuntimeError, TimeoutError, OSError) as error:
        return [{"name": check.__name__, "value": None, "unit": "", "target": "", "error": str(error)[:300]}]
    for row in made:
        bottom = floors.get(row.pop("floor_steps", 0))
        if bottom:
            row |= {"floor": round(bottom, 2), "ratio": round(row["value"] / bottom, 2)}
    return made


def machine(floors: Mapping[int, float]) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "cores": len(os.sched_getaffinity(0)), "python": platform.python_version(), "system": platform.system(),
        "commit": commit.stdout.strip(),
        "slower": round(statistics.median(floors[steps] / ms for steps, ms in QUIET_FLOOR.items()), 2) if floors else 1,
    }  # fmt: skip


def table(report: dict[str, Any]) -> str:
    """The rows as a Markdown table."""
    lines = [
        f"Database: {report['database']}; {report['machine']['cores']} cores, Python {report['machine']['python']}, "
        f"commit {report['machine']['commit']}. Its floor took {report['machine']['slower']} times as long as on the "
        "machine of the targets.",
        "",
        "| what | measured | floor | ratio | target |",
        "|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        value = row.get("error") or f"{_short(row['value'])} {row['unit']}"
        lines.append(f"| {row['name']} | {value} | {row.get('floor', '')} | {row.get('ratio', '')} | {row['target']} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    main()
