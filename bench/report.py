"""The report of a benchmark: a JSON file, and the tables that the documentation shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "reports"
PERFORMANCE = ROOT / "docs" / "performance.md"


def write_report(path: Path, figures: Mapping[str, Any]) -> None:
    """Keep figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; columns after the first are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in [header, rule, *rows])


def section_text(page: str, name: str) -> str:
    """Return the text between the marks ``<!-- name -->`` and ``<!-- end of name -->`` of a page. Raises ValueError."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    return page[page.index(start) + len(start) : page.index(end)].strip("\n")


def show(path: Path, name: str, text: str) -> bool:
    """Have a file show ``text`` between the marks ``name``; whether that changed it."""
    page = path.read_text()
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    changed = page[: page.index(start) + len(start)] + "\n" + text + "\n\n" + page[page.index(end) :]
    path.write_text(changed)
    return changed != page


def say(line: str) -> None:
    """Progress, away from the figures."""
    print(line, file=sys.stderr, flush=True)
