"""manage.py component_docs [--check]: write the documentation pages of all components, or tell which are stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.workflows.components import _pages, registry


class Command(BaseCommand):
    help = "Write docs/components/*.md from what the components declare."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if a page is missing, stale or left over"
        )
        parser.add_argument(
            "--dir", type=Path, default=Path(settings.BASE_DIR) / "docs" / "components", help="where the pages are"
        )

    def handle(self, *args: Any, check: bool, dir: Path, **options: Any) -> None:
        wanted = _pages.pages(registry.all_components())
        found = {path.name: path.read_text(encoding="utf-8") for path in dir.glob("*.md")} if dir.is_dir() else {}
        stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        if check:
            if stale:
                raise CommandError(f"Stale pages in {dir}: {', '.join(stale)}. Run: manage.py component_docs")
            return
        dir.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (dir / name).write_text(wanted[name], encoding="utf-8")
            else:
                (dir / name).unlink()
        self.stdout.write(f"{len(wanted)} pages in {dir}, {len(stale)} changed.")
