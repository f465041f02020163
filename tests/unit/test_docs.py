"""The documentation that people write: nothing in it leads nowhere, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("docs/decisions/*.md"),
    *ROOT.glob("docs/triggers/*.md"),
    *ROOT.glob("apps/**/*.md"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_every_command_is_described() -> None:
    ours = {
        name
        for name, app in get_commands().items()
        if isinstance(app, str) and app.split(".")[0] in {"apps", "pipelit"}
    }
    text = "".join(
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md", "docs/operations.md")
    )
    assert not {name for name in ours if not re.search(rf"\b{name}\b", text)}


def test_every_dependency_has_its_reason() -> None:
    named = re.findall(r"^([A-Za-z0-9-]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    reasons = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text().lower()
    assert not [name for name in named if name.lower() not in reasons]


def test_every_target_of_make_is_described() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    targets = {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:(?!=)", line)}
    described = {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:.*## ", line)}
    assert targets - described <= {"setup", "setup-dev"}
