"""Search for source files in the folder of a project whose tool does not list them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path


def find_sources(root: Path, is_source: Callable[[str], object], skipped: Collection[str], most: int) -> Iterator[Path]:
    """Yield the files below ``root`` whose names are a source's, ``most`` of them at the most.

    Folders that are ``skipped`` by name, and those whose names begin with a dot, are left out.
    """
    return islice(_walk(root, is_source, skipped), most)


def _walk(root: Path, is_source: Callable[[str], object], skipped: Collection[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in skipped and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if is_source(name))
