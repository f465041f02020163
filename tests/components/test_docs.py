from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.workflows.components import _pages, registry


def test_pages_are_up_to_date() -> None:
    call_command("component_docs", "--check")


def test_writes_and_checks(tmp_path: Path) -> None:
    call_command("component_docs", "--dir", str(tmp_path), stdout=StringIO())
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.md" for name in registry.all_components()} | {
        "README.md"
    }
    call_command("component_docs", "--check", "--dir", str(tmp_path))
    (tmp_path / "set.md").write_text("old")
    (tmp_path / "gone.md").write_text("left over")
    with pytest.raises(CommandError, match=r"gone\.md, set\.md"):
        call_command("component_docs", "--check", "--dir", str(tmp_path))
    call_command("component_docs", "--dir", str(tmp_path), stdout=StringIO())
    call_command("component_docs", "--check", "--dir", str(tmp_path))


@pytest.mark.parametrize("name", sorted(registry.all_components()))
def test_page_says_it_all(name: str) -> None:
    component = registry.get(name)
    page = _pages.page(component)
    for port in (*component.inputs, *component.outputs):
        assert f"| `{port.name}` |" in page
    assert all(len(line.split(" | ")) > 1 for line in page.splitlines() if line.startswith("| "))
