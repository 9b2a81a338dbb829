"""Parts of the pages in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_GENERATED = "<!-- Written by `make reference` from the code's own tables; change those instead. -->"


def page(title: str, lead: str, *parts: Iterable[str]) -> str:
    """Return a page with a title, the note that it is generated, a first paragraph and further lines."""
    lines = [f"# {title}", "", _GENERATED, "", lead.strip(), ""]
    lines += [line for part in parts for line in part]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table, without the columns that are empty in every row."""
    found = [[cell.replace("|", r"\|").replace("\n", " ") for cell in row] for row in rows]
    kept = [number for number in range(len(head)) if any(row[number] for row in found)]
    if not found:
        return
    yield _row([head[number] for number in kept])
    yield "|" + "---|" * len(kept)
    for row in found:
        yield _row([row[number] for number in kept])
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def anchor(heading: str) -> str:
    """Return the fragment by which GitHub and MkDocs find a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
