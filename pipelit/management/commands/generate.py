"""manage.py generate: write the documentation that derives from the code, or check that it is up to date."""

from __future__ import annotations

import io
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from pipelit.env import BASE_DIR

SETTINGS_HEAD = """\
# Settings

Generated from `.env.example` by `make docs`.

Settings are read once, at the start, from the environment, over a file `.env` in the project's directory (another
file: `ENV_FILE`). Each may also be given to make: `make run PORT=9000 VAR_DIR=../data`. A value that cannot be right
stops the start with a sentence that says so.
"""


class Command(BaseCommand):
    help = "Write docs/openapi.yaml, docs/settings.md and docs/components/; with --check only say what is out of date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; the exit code is 1 if a file is stale"
        )
        parser.add_argument("--only", choices=sorted(GENERATORS), help="one of the files")

    def handle(self, *args: Any, check: bool, only: str | None, **options: Any) -> None:
        stale = []
        for name, generator in GENERATORS.items():
            if only not in {None, name}:
                continue
            path, text = BASE_DIR / "docs" / name, generator()
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(f"docs/{name}")
            if not check:
                path.write_text(text, encoding="utf-8")
                self.stdout.write(f"docs/{name} written")
        if only is None and COMPONENTS in get_commands():
            call_command(COMPONENTS, *(["--check"] if check else []))
        if check and stale:
            self.stderr.write(f"Out of date: {', '.join(stale)}. Run: make docs")
            sys.exit(1)


def openapi() -> str:
    """The OpenAPI schema as YAML."""
    out = io.StringIO()
    call_command("spectacular", validate=True, stdout=out)
    return out.getvalue().rstrip() + "\n"


def settings_page() -> str:
    """`.env.example` as Markdown: a heading for each `# --- part ---`, a paragraph for each setting."""
    example = (BASE_DIR / ".env.example").read_text(encoding="utf-8")
    return SETTINGS_HEAD + "".join(_blocks(example)) + "\n"


def _blocks(example: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", example.strip())[1:]:
        lines = [line.removeprefix("#").strip() for line in block.splitlines()]
        if part := re.fullmatch(r"--- (.+) ---", lines[0]):
            yield f"\n## {part[1].capitalize()}\n"
            continue
        names = [found for line in lines if (found := re.fullmatch(r"([A-Z_]+)=(.*)", line))]
        text = [line for line in lines if not re.fullmatch(r"[A-Z_]+=.*", line)]
        values = ", ".join(f"`{name[1]}`" + (f" (`{name[2]}`)" if name[2] else "") for name in names)
        yield "\n" + ": ".join(part for part in (values, " ".join(text)) if part) + "\n"


GENERATORS: dict[str, Callable[[], str]] = {"openapi.yaml": openapi, "settings.md": settings_page}
COMPONENTS = "component_docs"
"""The command of the component library; it knows --check too."""
