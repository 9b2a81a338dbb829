"""A hook of mkdocs: ``FOLDER/*`` in the menu of ``mkdocs.yml`` stands for the pages there that no other line names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Return mkdocs' configuration with a whole menu."""
    folder = Path(config["docs_dir"])
    pages = [page.relative_to(folder).as_posix() for page in sorted(folder.rglob("*.md"))]
    config["nav"] = expand(config["nav"], pages)
    return config


def expand(menu: list[Any], pages: list[str]) -> list[Any]:
    """Return a menu with the pages in the place of each ``FOLDER/*``."""
    named = set(_named(menu))

    def entries(menu: list[Any]) -> Iterator[Any]:
        for entry in menu:
            if isinstance(entry, dict):
                ((title, inner),) = entry.items()
                yield {title: list(entries(inner)) if isinstance(inner, list) else inner}
            elif entry.endswith("/*"):
                below = re.compile(re.escape(entry[:-1]) + r"[^/]+")
                yield from (page for page in pages if below.fullmatch(page) and page not in named)
            else:
                yield entry

    return list(entries(menu))


def _named(menu: list[Any]) -> Iterator[str]:
    for entry in menu:
        if isinstance(entry, str):
            yield entry
        else:
            ((_, inner),) = entry.items()
            yield from _named(inner) if isinstance(inner, list) else (inner,)
